import type { RootStatus } from "../../sync/control.js";
import { lastTickText, stateWord } from "../../sync/root-status.js";

/**
 * A line a root, in columns: `work  online  3s ago via watcher (147ms)  ~/work`, with what is wrong below it. `now`: ms since
 * 1970; `home`: written as `~`.
 */
export function rootLines(roots: readonly RootStatus[], now: number, home: string): string[] {
  const rows = roots.map((root) => [root.root_id, stateWord(root), whenText(root, now), shown(root.path, home)]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.flatMap((row, index) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
    const problem = problemOf(roots[index]!);
    return problem === null ? [line] : [line, `${" ".repeat(widths[0]!)}  ${printable(problem)}`];
  });
}

function whenText(root: RootStatus, now: number): string {
  const text = lastTickText(root, now);
  return root.ticking && root.last_tick !== null ? `${text}, ticking` : text;
}

function problemOf({ error, online, last_tick }: RootStatus): string | null {
  return error ?? (online ? null : (last_tick?.detail ?? null));
}

function shown(path: string, home: string): string {
  return printable(path === home ? "~" : path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}

/** Names of folders come from anywhere; a terminal must not obey them. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}
