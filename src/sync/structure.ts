import { conflictName } from "./conflict-name.js";
import { DIR, identical, isLive } from "./content.js";
import type { Entry, Path } from "./entry.js";
import { conflictCopy, holdsContent, mergeEntries } from "./merge.js";
import { parentOf } from "./path.js";
import { compareVectors } from "./vector.js";

/** What a root wants, as it is: settled, with an entry for every path that was ever heard of. */
export interface WantedView {
  get(path: Path): Entry | undefined;
  /** Paths with an entry directly in a folder, gone ones too. Asked only about directories that cease to be one. */
  childrenOf(path: Path): Iterable<Path>;
}

export interface Settled {
  /** What is wanted now, for each path of which that is something new. */
  readonly changes: ReadonlyMap<Path, Entry>;
  /** Conflict copies that came into being. */
  readonly copies: readonly { readonly path: Path; readonly of: Path }[];
}

export interface SettleOptions {
  /**
   * For a device that tells nothing (mode `pull`): where those that tell have settled a conflict in another way than it did
   * when it heard of it before them, theirs holds.
   */
  readonly mirror?: boolean;
}

/**
 * Merges versions into what a root wants, and settles what follows of it, as every device does that hears of the same:
 * a loser of a conflict gets a path of its own; above a live path all are live directories, so a deleted one is back, and
 * a file or link that has live paths below it moves to a conflict copy. What is settled keeps the vector of the version
 * that it changes: equal vectors, a higher rank, so that it holds against that version and gives way to any newer one.
 *
 * Takes time by the number of incoming versions, not by that of the paths of the root.
 */
export function settle(view: WantedView, incoming: Iterable<readonly [Path, Entry]>, { mirror = false }: SettleOptions = {}): Settled {
  const changes = new Map<Path, Entry>();
  const copies: { path: Path; of: Path }[] = [];
  /** Paths to be held to the rule, and folders that have something live in them: what is live here stays live from now on. */
  const queue: Path[] = [];
  const filled = new Set<Path>([""]);
  const get = (path: Path): Entry | undefined => changes.get(path) ?? view.get(path);

  const set = (path: Path, entry: Entry): void => {
    changes.set(path, entry);
    queue.push(path);
  };

  const merge = (path: Path, entry: Entry, of: Path): void => {
    const before = get(path);
    const { winner, loser } =
      before === undefined || (mirror && path === of && isOtherwise(before, entry))
        ? { winner: entry, loser: null }
        : mergeEntries(before, entry);
    if (winner !== before) {
      set(path, winner);
      if (path !== of && winner.content === entry.content) copies.push({ path, of });
    }
    if (loser !== null) keep(path, loser);
  };

  const keep = (path: Path, loser: Entry): void => merge(conflictName(path, loser), conflictCopy(loser), path);

  const becomeDir = (path: Path, entry: Entry): void => {
    set(path, { ...entry, content: DIR });
    if (holdsContent(entry.content)) keep(path, entry);
  };

  const hasLiveChild = (path: Path): boolean => {
    for (const child of view.childrenOf(path)) if (isLive(get(child)?.content)) return true;
    return false;
  };

  for (const [path, entry] of incoming) merge(path, entry, path);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const entry = get(path)!;
    if (isLive(entry.content)) {
      const parent = parentOf(path);
      if (!filled.has(parent)) {
        filled.add(parent);
        const above = get(parent);
        if (above?.content.type !== "dir") becomeDir(parent, above ?? NOBODYS_DIR);
      }
    }
    if (entry.content.type === "dir") continue;
    // What is live and new here sees to the paths above it itself; anything else stood below a directory until now.
    if (filled.has(path) || (view.get(path)?.content.type === "dir" && hasLiveChild(path))) becomeDir(path, entry);
  }
  return { changes, copies };
}

/** Whether two versions that have seen the same hold something else. */
function isOtherwise(a: Entry, b: Entry): boolean {
  return !identical(a.content, b.content) && compareVectors(a.vector, b.vector) === "equal";
}

/** A folder that no device has told of, though it has something in it. Whatever is told of it replaces this. */
const NOBODYS_DIR: Entry = { content: DIR, vector: {}, by: "-", mtimeMs: 0 };
