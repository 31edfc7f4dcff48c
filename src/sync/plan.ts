import { caseRenames } from "./case-renames.js";
import { afterRename, byPath, classify, isFile, type Removed, type Target } from "./classify.js";
import { GONE } from "./content.js";
import type { Path } from "./entry.js";
import { holdsContent } from "./merge.js";
import { namesOf } from "./names.js";
import type { Operation, Plan, PlanInput } from "./operations.js";
import { parentOf } from "./path.js";
import { findSources, type Sourced } from "./sources.js";

/**
 * What to do on disk so that it is as it is wanted. The order: directories, parents first; moves; copies; what has to go so
 * that something of another type can take its place; links, downloads, exec bits; other removals, children first. So what
 * never comes to pass (a kill, a full disk, the brake) leaves too much, never too little.
 */
export function plan(input: PlanInput): Plan {
  const names = namesOf(input);
  const { found, folders, files, early } = caseRenames(classify(input, names), names.fold);
  const lost = new Set([...files.values(), ...early.map(({ path }) => path)]);
  const sources = findSources(input, found, lost);

  const making: Operation[] = found.dirs.map((target) => {
    const from = folders.get(target.path);
    return from === undefined ? place("mkdir", target) : { op: "move", from, path: target.path, entry: target.want };
  });
  const renamed = [...files].map(([path, from]): Operation => ({
    op: "move",
    from,
    path,
    entry: afterRename(input.have(from)!, input.want(path)!),
  }));
  const moving = [
    ...renamed,
    ...sources.moves.map(({ from, target: { path, want } }): Operation => ({
      op: "move",
      from,
      path,
      entry: afterRename(input.have(from)!, want),
    })),
  ].sort(byPath);

  const displaced = [...found.files, ...found.links].flatMap(({ path, have }) => (have?.content.type === "dir" ? [{ path, have }] : []));
  const inTheWay = new Set(displaced.map(({ path }) => path));
  const moved = new Set(sources.moves.map(({ from }) => from));
  const removed = found.removed.filter(({ path }) => !moved.has(path));
  const makingRoom = [
    ...removed.filter(({ path }) => isIn(path, inTheWay)).map(remove),
    // Not the wanted version yet: what a person puts in its place meanwhile has not seen that.
    ...displaced.map(({ path, have }) => remove({ path, have, want: { ...have, content: GONE } })),
  ];
  const execs = [...found.execs, ...changedExec(input, [...sources.moves, ...sources.setAside])].sort(byPath);
  const placing = [
    ...found.links.map((target) => place("link", target)),
    ...sources.downloads.map((target) => place("download", target)),
    ...sources.lateCopies.map(copy),
    ...execs.map(({ path, want }): Operation => ({ op: "exec", path, entry: want })),
  ];
  return {
    operations: [
      ...early.map(remove).sort(childrenFirst),
      ...making.sort(byPath),
      ...moving,
      ...sources.copies.map(copy),
      ...makingRoom.sort(childrenFirst),
      ...placing,
      ...removed
        .filter(({ path }) => !isIn(path, inTheWay))
        .map(remove)
        .sort(childrenFirst),
    ],
    noted: found.noted,
    problems: found.problems,
    deletes: [...early, ...removed].filter(({ have }) => holdsContent(have.content)).map(({ path }) => path),
  };
}

function place(op: "mkdir" | "link" | "download", { path, want, aside }: Target): Operation {
  return { op, path, entry: want, ...(aside === undefined ? {} : { aside }) };
}

function copy({ from, target: { path, want, aside } }: Sourced): Operation {
  return { op: "copy", from, path, entry: want, ...(aside === undefined ? {} : { aside }) };
}

function remove({ path, have, want }: Removed): Operation {
  return { op: "remove", path, entry: want, isDir: have.content.type === "dir" };
}

/** Of what keeps its bytes and gets another name, that of which the exec bit is to be another too. */
function changedExec(input: PlanInput, sourced: readonly Sourced[]): Target[] {
  return sourced.flatMap(({ from, target }) => {
    const have = input.have(from);
    return isFile(have) && have.content.exec !== target.want.content.exec ? [target] : [];
  });
}

function childrenFirst(a: { readonly path: Path }, b: { readonly path: Path }): number {
  return byPath(b, a);
}

function isIn(path: Path, folders: ReadonlySet<Path>): boolean {
  if (folders.size === 0) return false;
  for (let folder = path; folder !== ""; folder = parentOf(folder)) if (folders.has(folder)) return true;
  return false;
}
