import { isLive } from "../../sync/content.js";
import type { Operation, Plan, PlanInput } from "../../sync/operations.js";
import { plan } from "../../sync/plan.js";
import type { PlannedAction, TickRequest } from "../../sync/tick.js";
import { Applier } from "./apply.js";
import { holdDeletes } from "./brakes.js";
import type { RootParts } from "./parts.js";
import { Rows } from "./rows.js";
import type { Tally } from "./tally.js";

/** Makes the disk what is wanted. `hold`: nothing is deleted. Rejects with StoreError, or AuraError `file_write`. */
export async function bringIn(parts: RootParts, request: TickRequest, tally: Tally, hold: boolean, signal: AbortSignal): Promise<void> {
  if (!parts.state.paths.hasToDo()) return;
  const todo = makePlan(parts);
  for (const problem of todo.problems) tally.problem(problem);
  tally.held ??= holdDeletes(parts, todo.deletes, request.confirm === true);
  const remove = !hold && tally.held === null;
  if (request.dryRun === true) return show(todo, remove, parts, tally);
  await new Applier(parts, tally, signal).apply(todo, { remove });
}

/** Whether nothing is left to do on disk but what is ignored, or told to nobody (mode `pull`). */
export function isBroughtIn(parts: RootParts): boolean {
  return !parts.state.paths.hasToDo() || makePlan(parts).operations.length === 0;
}

function makePlan({ state, folder }: RootParts): Plan {
  const todo = state.paths.toDo();
  const rows = new Rows(state);
  rows.expect(todo.length);
  const input: PlanInput = {
    rows: todo.flatMap(({ path, have, want }) => (want === null ? [] : [{ path, have: have?.entry ?? null, want }])),
    have: (path) => rows.get(path).have?.entry,
    want: (path) => rows.get(path).want ?? undefined,
    childrenOf: (path) => state.paths.childrenOf(path),
    filesWith: (hash) => state.paths.filesWith(hash),
    isIgnored: (path, isDir) => folder.isIgnored(path, isDir),
    caseSensitive: folder.caseSensitive,
    normalizationSensitive: folder.normalizationSensitive,
  };
  return plan(input);
}

const ACTIONS: Readonly<Record<Operation["op"], PlannedAction>> = {
  mkdir: "download",
  move: "rename",
  copy: "download",
  link: "download",
  exec: "download",
  download: "download",
  remove: "delete",
};

/** A dry run: what would be done, for the report. */
function show({ operations }: Plan, remove: boolean, { state }: RootParts, tally: Tally): void {
  for (const operation of operations) {
    const { op, path, entry } = operation;
    if (op === "remove" && !remove) continue;
    tally.plan.push({ action: ACTIONS[op], path, ...(op === "move" ? { from: operation.from } : {}) });
    const { content } = entry;
    if (op === "move") tally.renamed++;
    if (op === "download" && content.type === "file") {
      tally.downloaded.files++;
      tally.downloaded.bytes += content.size;
    }
    if (op === "remove" && !isLive(state.paths.get(path)?.want?.content)) tally.deleted.here++;
    const aside = "aside" in operation ? operation.aside : undefined;
    if (aside?.entry === null) tally.conflict(aside.to);
  }
}
