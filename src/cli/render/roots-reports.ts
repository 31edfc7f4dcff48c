import type { GcReport, RestoreReport, VerifyReport } from "../../sync/engine-port.js";
import { hanging } from "./roots-report.js";
import { count, formatBytes } from "./roots-words.js";
import { cut, plain, wrap } from "./text.js";

/** Objects have long names that say little: the largest are enough for a look. */
const SHOWN = 20;

/** What came back, and where that went which was there. */
export function renderRestore(root: string, path: string, report: RestoreReport, width: number): string[] {
  const { restored, unchanged, manifest } = report;
  const all = restored.length + (report.left_out ?? 0);
  const what = all === 0 ? "nothing to restore" : `restored ${count(all, "path")}`;
  const same = unchanged === 0 ? "" : `; ${unchanged} ${unchanged === 1 ? "is" : "are"} as they were then`;
  return [
    ...wrap(`${plain(root)}: ${what} of ${plain(path) || "the root"} from ${plain(manifest)}${same}`, width),
    ...restored.flatMap((one) => wrap(plain(one), width - 2).map((line) => `  ${line}`)),
    ...leftOut(report.left_out),
    ...(all === 0 ? [] : [`what was in ${all === 1 ? "its" : "their"} place is in .aura/trash`]),
  ];
}

export function renderGc(root: string, { objects, bytes, uploads, deleted, left_out }: GcReport, width: number): string[] {
  const all = objects.length + (left_out ?? 0);
  const what = [
    ...(all > 0 ? [`${count(all, "object")} (${formatBytes(bytes)}) that nothing needs`] : []),
    ...(uploads > 0 ? [`${count(uploads, "abandoned upload")}`] : []),
  ].join(", ");
  if (what === "") return [`${plain(root)}: nothing to delete`];
  const largest = objects.toSorted((a, b) => b.size - a.size).slice(0, SHOWN);
  return [
    ...wrap(`${plain(root)}: ${deleted ? "deleted " : ""}${what}`, width),
    ...largest.map(({ key, size }) => cut(`  ${formatBytes(size).padStart(8)}  ${plain(key)}`, width)),
    ...leftOut(all - largest.length),
    ...(deleted ? [] : ["nothing was deleted; the same with --apply does it"]),
  ];
}

export function renderVerify(root: string, { objects, bytes, bad, left_out }: VerifyReport, width: number): string[] {
  const all = bad.length + (left_out ?? 0);
  const verdict = all === 0 ? "all is well" : `${all} bad, ${bad.filter(({ repaired }) => repaired).length} repaired`;
  return [
    ...wrap(`${plain(root)}: read ${count(objects, "object")} (${formatBytes(bytes)}) back; ${verdict}`, width),
    ...bad.flatMap(({ path, message, repaired }) =>
      hanging(repaired ? "repaired" : "bad     ", `${plain(path)}: ${plain(message)}`, width),
    ),
    ...leftOut(left_out),
  ];
}

function leftOut(n = 0): string[] {
  return n > 0 ? [`  and ${n} more`] : [];
}
