import { parentOf } from "../../sync/path.js";
import type { Path } from "../../sync/entry.js";
import type { PathProblem } from "../../sync/ports.js";
import type { Held } from "../../sync/tick.js";
import type { Scanned } from "./scan.js";
import type { RootState } from "./state/state.js";

const KEPT = 100;

/**
 * What earlier ticks found and this one does not look at: its report would else say that all is well. Kept in the database,
 * so that a restart forgets nothing.
 */
export interface Standing {
  readonly problems: readonly PathProblem[];
  readonly held: Held | null;
}

export function standing({ meta }: RootState, { complete }: Pick<Scanned, "complete">, isWhole: boolean): Standing {
  if (isWhole) return { problems: [], held: null };
  const isSeen = (path: Path): boolean => complete === "all" || complete.has(path) || complete.has(parentOf(path));
  return { problems: (meta.get("problems") ?? []).filter(({ path }) => !isSeen(path)), held: meta.get("held") };
}

/** What a tick looks into, when it is asked to look into `folders`; undefined: everything. */
export function foldersOf({ meta, paths }: RootState, folders: readonly Path[] | undefined): readonly Path[] | undefined {
  const again = meta.get("again") ?? [];
  // Other rules about what is ignored concern the whole root.
  if (folders === undefined || again === "all" || folders.includes(".aura")) return undefined;
  if (folders.length === 0) return again;
  return [...new Set([...folders, ...again, ...paths.unsettledFolders()])];
}

/** A tick is over. `again`: paths that changed under its hands. */
export function remember(state: RootState, { problems, held }: Standing, again: Iterable<Path>): void {
  const { meta } = state;
  const folders = [...new Set(Array.from(again, parentOf))];
  state.transaction(() => {
    meta.set("problems", problems.length === 0 ? null : problems.slice(0, KEPT));
    meta.set("held", held);
    meta.set("again", folders.length === 0 ? null : folders);
  });
}

/** A tick is to be done over: what it has looked into counts for nothing. */
export function lookAgain({ meta }: RootState, folders: readonly Path[] | undefined, again: Iterable<Path>): void {
  meta.set("again", folders === undefined ? "all" : [...new Set([...folders, ...Array.from(again, parentOf)])]);
}
