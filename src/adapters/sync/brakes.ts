import { brake, type BrakeRequest, lostFiles } from "../../sync/brake.js";
import { isLive } from "../../sync/content.js";
import type { Content, Path } from "../../sync/entry.js";
import type { Held } from "../../sync/tick.js";
import type { RootParts } from "./parts.js";
import type { Read } from "./read-files.js";
import type { Found } from "./scan.js";

/** The brake lets so few pass: no need to count what there is. */
const FEW = 20;
/** Of what it holds, so many are named. */
const NAMED = 100;

type Parts = Pick<RootParts, "state" | "limits">;

/** Whether so much is missing here that it has to be known, before anything is uploaded, what of it was only renamed. */
export function mayHold({ state, limits }: Parts, found: readonly Found[], confirmed: boolean): boolean {
  const deletes = pathsGone(found).length;
  if (deletes < FEW) return false;
  return brake({ deletes, of: state.paths.countFiles(), maxDelete: limits.maxDelete, confirmed, where: "elsewhere" }).held;
}

/** Whether what is missing here may be told to the others. `read`: what was found beside it. */
export function holdTold({ state, limits }: Parts, found: readonly Found[], read: readonly Read[], confirmed: boolean): Held | null {
  const gone = pathsGone(found).flatMap((path) => contentAt(path, state.paths.get(path)?.have?.entry.content));
  const created = read.filter(({ path }) => !isLive(state.paths.get(path)?.have?.entry.content)).map(({ content }) => content);
  return heldBy({ state, limits }, lostFiles(gone, created), confirmed, "elsewhere");
}

/** Whether files that others deleted may be deleted here, before it is known what else this tick brings. */
export function holdHere({ state, limits }: Parts, confirmed: boolean): Held | null {
  if (state.paths.countToDelete() < FEW) return null;
  const rows = state.paths.toDo();
  const gone = rows.flatMap(({ path, have, want }) => (isLive(want?.content) ? [] : contentAt(path, have?.entry.content)));
  const created = rows.flatMap(({ have, want }) => (isLive(have?.entry.content) || want === null ? [] : [want.content]));
  return holdDeletes({ state, limits }, lostFiles(gone, created), confirmed);
}

/** Whether these files and links may be deleted here. */
export function holdDeletes(parts: Parts, paths: readonly Path[], confirmed: boolean): Held | null {
  return paths.length === 0 ? null : heldBy(parts, paths, confirmed, "here");
}

export function pathsGone(found: readonly Found[]): Path[] {
  return found.filter(({ stat }) => stat === null).map(({ path }) => path);
}

function heldBy({ state, limits }: Parts, paths: readonly Path[], confirmed: boolean, where: BrakeRequest["where"]): Held | null {
  const asked = { deletes: paths.length, of: state.paths.countFiles(), maxDelete: limits.maxDelete, confirmed, where };
  const { held, deletes, of, reason } = brake(asked);
  return held ? { deletes, of, reason, paths: paths.toSorted().slice(0, NAMED) } : null;
}

function contentAt(path: Path, content: Content | undefined): [Path, Content][] {
  return content === undefined ? [] : [[path, content]];
}
