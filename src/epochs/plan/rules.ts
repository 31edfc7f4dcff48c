import { findCycles } from "./cycles.js";
import { meant, type Report } from "./problems.js";
import type { PlanDocument } from "./schema.js";
import { MOST_COMMAND } from "./schema.js";
import { seconds } from "./seconds.js";

type SliceDocument = PlanDocument["slices"][number];

/** Timers of the platform hold at most 24 days; nothing a slice does takes a week. */
const LONGEST_S = 7 * 24 * 3600;

/** Rules inside and between slices of a document that has the right shape. */
export function checkRules({ slices }: PlanDocument, report: Report): void {
  const ids = slices.map(({ id }) => id);
  slices.forEach((slice, index) => {
    checkCommand(slice, index, report);
    checkTimes(slice, index, report);
    if (slice.working_dir !== undefined && /\$[A-Za-z_{]/.test(slice.working_dir))
      report({
        path: ["slices", index, "working_dir"],
        value: slice.working_dir,
        what: "variables are not expanded here",
        fix: "write the path, or ~/ for the home",
      });
    checkNeeds(slice, index, ids, report);
  });
  reportTwice(ids, "id", "is also the id of", slices, report);
  const paths = slices.map(({ path }) => (path === undefined ? undefined : plainPath(path)));
  reportTwice(paths, "path", "is also the path of", slices, report);
  for (const cycle of findCycles(new Map(slices.map(({ id, needs = [] }) => [id, needs])))) {
    const index = ids.indexOf(cycle[0]!);
    const need = (slices[index]?.needs ?? []).indexOf(cycle[1] ?? cycle[0]!);
    report({
      path: ["slices", index, "needs", need],
      what: `the slices need each other in a circle: ${[...cycle, cycle[0]].join(" -> ")}`,
      fix: "remove one of these needs",
    });
  }
}

function checkCommand({ command, mode }: SliceDocument, index: number, report: Report): void {
  const path = ["slices", index, "command"];
  if (command === undefined) {
    if (mode !== "mock") report({ path, what: "is missing", fix: "add command: TEXT, or set mode: mock for a slice that runs nothing" });
    return;
  }
  const words = typeof command === "string" ? [command] : command;
  const size = words.reduce((sum, word) => sum + word.length, 0);
  if (words[0]!.trim() === "") report({ path, what: "names no program", fix: "write the program first" });
  else if (words.some((word) => word.includes("\0"))) report({ path, what: "contains a NUL character", fix: "remove it" });
  else if (size > MOST_COMMAND) report({ path, what: `is longer than ${MOST_COMMAND / 1024}KB`, fix: "put it in a script and run that" });
}

function checkTimes(slice: SliceDocument, index: number, report: Report): void {
  for (const [key, least] of [
    ["timeout", 0],
    ["heartbeat", 1],
  ] as const) {
    const value = slice[key];
    const time = value === undefined ? undefined : seconds(value);
    const path = ["slices", index, key];
    if (time === undefined) continue;
    if (time <= 0 || time < least)
      report({ path, value, what: least === 0 ? "must be more than 0" : `must be at least ${least}s`, fix: "write it as 30s" });
    else if (time > LONGEST_S) report({ path, value, what: `is longer than ${LONGEST_S / 3600}h`, fix: "write a shorter time" });
  }
}

function checkNeeds({ id, needs = [] }: SliceDocument, index: number, ids: readonly string[], report: Report): void {
  needs.forEach((need, at) => {
    const path = ["slices", index, "needs", at];
    if (need === id) report({ path, value: need, what: "a slice cannot need itself", fix: "remove it" });
    else if (!ids.includes(need)) {
      const others = ids.filter((other) => other !== id);
      report({ path, value: need, what: "no such slice", fix: meant(need, others, "add it to the plan, or remove it here") });
    } else if (needs.indexOf(need) < at) report({ path, value: need, what: "stands here a second time", fix: "remove it" });
  });
}

function reportTwice(
  values: readonly (string | undefined)[],
  key: "id" | "path",
  what: string,
  slices: readonly SliceDocument[],
  report: Report,
): void {
  values.forEach((value, index) => {
    const first = values.indexOf(value);
    if (value === undefined || first === index) return;
    const other = key === "id" ? `slice ${first + 1} of the plan` : `slice ${slices[first]!.id}`;
    const fix = key === "id" ? "rename one" : "one production path belongs to one slice: join the two, or split the path";
    report({ path: ["slices", index, key], value: slices[index]![key], what: `${what} ${other}`, fix });
  });
}

/** `./src/api/` and `src/api` are the same path. */
function plainPath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}
