import type { SpecError } from "../ports.js";
import type { ServiceSpec } from "../spec.js";
import type { SpecHost } from "./parse.js";
import { validateSet } from "./set.js";
import type { SetMember, SetProblem } from "./set.js";

/** The versions of one spec file that could be used. */
export interface Candidate {
  readonly file: string;
  /** What the file says now; absent when it is bad by itself. */
  readonly current?: SetMember;
  /** The version that was last in use; the same object as `current` when nothing changed. */
  readonly lastGood?: SetMember;
  /** What a bad file calls its service. */
  readonly name?: string;
}

export interface Settled {
  readonly specs: ReadonlyMap<string, ServiceSpec>;
  readonly errors: readonly SpecError[];
  /** Files whose changed version is in use: their text is the new last good one. */
  readonly accepted: ReadonlySet<string>;
}

interface State {
  readonly byFile: ReadonlyMap<string, Candidate>;
  /** The version in use of each file. */
  readonly inUse: Map<string, SetMember>;
  /** Files whose version in use has not been in use before. */
  readonly fresh: Set<string>;
  /** Services that cannot be used, by name, with their file. */
  readonly broken: Map<string, string>;
}

/**
 * Decides which version of each file is used. Bad input changes nothing: a changed file that is bad, or that clashes
 * with the others, gives way to its last good version; a new one is left out. The one in use keeps its name and port
 * against a newcomer. A service in use whose dependency is gone stays, without waiting for what no longer exists.
 */
export function settle(candidates: readonly Candidate[], host: SpecHost): Settled {
  const state = begin(candidates);
  const errors: SpecError[] = [];
  for (;;) {
    const problems = validateSet([...state.inUse.values()], state.broken, host);
    if (problems.length === 0) break;
    const blamed = problems.filter(({ file }) => state.fresh.has(file));
    errors.push(...(blamed.length > 0 ? blamed : problems).map(({ error }) => error));
    if (blamed.length > 0) for (const { file } of blamed) giveWay(file, state);
    else for (const problem of problems) resign(problem, state);
  }
  const specs = new Map([...state.inUse.values()].map(({ spec }) => [spec.name, spec]));
  return { specs, errors, accepted: state.fresh };
}

function begin(candidates: readonly Candidate[]): State {
  const state: State = {
    byFile: new Map(candidates.map((candidate) => [candidate.file, candidate])),
    inUse: new Map(),
    fresh: new Set(),
    broken: new Map(),
  };
  for (const { file, current, lastGood, name } of candidates) {
    const member = current ?? lastGood;
    if (member !== undefined) state.inUse.set(file, member);
    else if (name !== undefined) state.broken.set(name, file);
    if (member !== undefined && member !== lastGood) state.fresh.add(file);
  }
  return state;
}

/** A fresh version with a problem makes room for the last good one: once a file, so that settling ends. */
function giveWay(file: string, state: State): void {
  const lastGood = state.byFile.get(file)?.lastGood;
  if (!state.fresh.delete(file)) return;
  if (lastGood === undefined) leaveOut(file, state);
  else state.inUse.set(file, lastGood);
}

/** A version in use that no longer fits: a dependency that is gone is dropped, a clashing service is left out. */
function resign({ file, kind }: SetProblem, state: State): void {
  const member = state.inUse.get(file);
  if (member === undefined) return;
  if (kind !== "unknown") return leaveOut(file, state);
  const names = new Set([...state.inUse.values()].map(({ spec }) => spec.name));
  const known = (list: readonly string[]): string[] => list.filter((name) => names.has(name));
  const { spec } = member;
  state.inUse.set(file, { ...member, spec: { ...spec, after: known(spec.after), requires: known(spec.requires) } });
}

function leaveOut(file: string, state: State): void {
  const member = state.inUse.get(file);
  if (member !== undefined) state.broken.set(member.spec.name, file);
  state.inUse.delete(file);
}
