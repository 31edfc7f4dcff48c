import { isLive } from "./content.js";
import type { Path } from "./entry.js";
import type { PlanInput } from "./operations.js";
import { nameOf, parentOf } from "./path.js";

type Folder = Pick<PlanInput, "have" | "want" | "childrenOf" | "caseSensitive" | "normalizationSensitive">;

/** Names as a folder tells them apart. */
export interface Names {
  /** Equal for paths that are one and the same there. */
  fold(path: Path): string;
  /** The path that has the name in place of this one, when this one (or a folder above it) is held back. */
  heldBy(path: Path): { readonly held: Path; readonly by: Path } | null;
}

/**
 * In a folder that takes two wanted names for one, one of them is there and the other is held back: the one that is on
 * disk already, else the lesser by code units. What is below a held directory is held with it.
 */
export function namesOf(folder: Folder): Names {
  const { caseSensitive, normalizationSensitive } = folder;
  if (caseSensitive && normalizationSensitive) return { fold: (path) => path, heldBy: () => null };
  const fold = (path: Path): string => {
    const composed = normalizationSensitive ? path : path.normalize("NFC");
    if (caseSensitive) return composed;
    const lower = composed.toLowerCase();
    return normalizationSensitive ? lower : lower.normalize("NFC");
  };
  /** By folder: who has each folded name for which there are several. */
  const holders = new Map<Path, ReadonlyMap<string, Path>>();
  const answers = new Map<Path, { readonly held: Path; readonly by: Path } | null>();

  const holderOf = (path: Path): Path => {
    const parent = parentOf(path);
    let known = holders.get(parent);
    if (known === undefined) holders.set(parent, (known = holdersIn(folder, parent, fold)));
    return known.get(fold(nameOf(path))) ?? path;
  };

  const heldBy: Names["heldBy"] = (path) => {
    if (path === "") return null;
    const before = answers.get(path);
    if (before !== undefined) return before;
    const by = holderOf(path);
    const answer = by === path ? heldBy(parentOf(path)) : { held: path, by };
    answers.set(path, answer);
    return answer;
  };
  return { fold, heldBy };
}

function holdersIn(folder: Folder, parent: Path, fold: (name: string) => string): ReadonlyMap<string, Path> {
  const first = new Map<string, Path>();
  const clashes = new Map<string, Path>();
  for (const path of folder.childrenOf(parent)) {
    if (!isLive(folder.want(path)?.content)) continue;
    const name = fold(nameOf(path));
    const other = first.get(name);
    const chosen = other === undefined || goesBefore(folder, path, other) ? path : other;
    first.set(name, chosen);
    if (other !== undefined) clashes.set(name, chosen);
  }
  return clashes;
}

function goesBefore(folder: Folder, path: Path, other: Path): boolean {
  const [here, there] = [path, other].map((one) => isLive(folder.have(one)?.content));
  return here === there ? path < other : here!;
}
