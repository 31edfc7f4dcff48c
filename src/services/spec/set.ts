import { cyclesOf } from "../../shared/cycles.js";
import type { SpecError } from "../ports.js";
import type { ServiceSpec } from "../spec.js";
import { shownName } from "./parse.js";
import type { SpecHost } from "./parse.js";
import { nearest, specError } from "./problems.js";
import type { LineOf, Path } from "./problems.js";

/** A spec that is good by itself. */
export interface SetMember {
  readonly spec: ServiceSpec;
  readonly lineOf: LineOf;
}

/** A problem between specs, told once for each file that has a part in it. */
export interface SetProblem {
  readonly kind: "duplicate" | "unknown" | "cycle" | "port";
  readonly file: string;
  /** Every file with a part in it, this one included. */
  readonly files: readonly string[];
  readonly error: SpecError;
}

/** Services that exist but cannot be used, by name, with the file to correct. */
export type Broken = ReadonlyMap<string, string>;

/**
 * Duplicate names, unknown dependencies, cycles and fixed-port clashes, in the order of the files.
 * `alsoKnown` are names that may be depended on although no member has them.
 */
export function validateSet(
  members: readonly SetMember[],
  broken: Broken,
  host: SpecHost,
  alsoKnown: ReadonlySet<string> = new Set(),
): SetProblem[] {
  const byName = new Map<string, SetMember>();
  for (const member of members) if (!byName.has(member.spec.name)) byName.set(member.spec.name, member);
  const problems = [
    ...duplicates(members, host),
    ...unknown(members, new Set([...byName.keys(), ...alsoKnown]), broken, host),
    ...cycles(byName, host),
    ...portClashes([...byName.values()], host),
  ];
  return problems.toSorted((a, b) => compare(a.file, b.file) || a.error.line - b.error.line);
}

function duplicates(members: readonly SetMember[], host: SpecHost): SetProblem[] {
  return shared(members, ({ spec }) => spec.name).flatMap((group) =>
    group.map((member) =>
      problem("duplicate", member, group, host, {
        path: ["service", "name"],
        value: member.spec.name,
        what: `is also the name of the service in ${othersOf(member, group, host)}`,
        fix: "rename or remove one",
      }),
    ),
  );
}

function unknown(members: readonly SetMember[], names: ReadonlySet<string>, broken: Broken, host: SpecHost): SetProblem[] {
  return members.flatMap((member) =>
    member.spec.after.flatMap((name, index) => {
      if (names.has(name)) return [];
      const at = broken.get(name);
      const meant = nearest(
        name,
        [...names].filter((other) => other !== member.spec.name),
      );
      const text =
        at === undefined
          ? { what: "no such service", fix: meant === undefined ? "add its spec, or remove it here" : `did you mean ${meant}?` }
          : { what: `is left out because of an error in ${shownName(at, host)}`, fix: "correct that file" };
      return [problem("unknown", member, [member], host, { path: ["dependencies", "after", index], value: name, ...text })];
    }),
  );
}

function portClashes(members: readonly SetMember[], host: SpecHost): SetProblem[] {
  const fixed = members.filter(({ spec }) => spec.type !== "external" && spec.port !== undefined && spec.port > 0);
  return shared(fixed, ({ spec }) => String(spec.port)).flatMap((group) =>
    group.map((member) => {
      const others = group
        .filter((other) => other !== member)
        .map(({ spec }) => spec.name)
        .join(", ");
      return problem("port", member, group, host, {
        path: ["network", "port"],
        value: member.spec.port,
        what: `is also the port of ${others} (${othersOf(member, group, host)})`,
        fix: "choose another port, or 0 for a free one",
      });
    }),
  );
}

function cycles(byName: ReadonlyMap<string, SetMember>, host: SpecHost): SetProblem[] {
  return findCycles(new Map([...byName].map(([name, { spec }]) => [name, spec.after]))).flatMap((cycle) => {
    const group = cycle.map((name) => byName.get(name)).filter((member) => member !== undefined);
    return group.map((member, index) => {
      const next = cycle[(index + 1) % cycle.length] ?? "";
      const round = [...cycle.slice(index), ...cycle.slice(0, index), member.spec.name].join(" -> ");
      return problem("cycle", member, group, host, {
        path: ["dependencies", "after", member.spec.after.indexOf(next)],
        value: next,
        what: `the dependencies form a cycle: ${round}`,
        fix: "remove one of them",
      });
    });
  });
}

/** Cycles that share no service, each as the names in order of dependency. Names that no entry has are ignored. */
export function findCycles(after: ReadonlyMap<string, readonly string[]>): string[][] {
  const sorted = new Map([...after].toSorted(([a], [b]) => compare(a, b)));
  return cyclesOf(sorted).map((cycle) => {
    const first = cycle.indexOf([...cycle].sort(compare)[0] ?? "");
    return [...cycle.slice(first), ...cycle.slice(0, first)];
  });
}

function problem(
  kind: SetProblem["kind"],
  { spec, lineOf }: SetMember,
  group: readonly SetMember[],
  host: SpecHost,
  text: { path: Path; value: unknown; what: string; fix: string },
): SetProblem {
  return {
    kind,
    file: spec.file,
    files: group.map((member) => member.spec.file),
    error: specError(text, spec.file, shownName(spec.file, host), lineOf),
  };
}

function othersOf(member: SetMember, group: readonly SetMember[], host: SpecHost): string {
  return group
    .filter((other) => other !== member)
    .map(({ spec }) => shownName(spec.file, host))
    .join(", ");
}

/** Groups of two and more with the same key. */
function shared(members: readonly SetMember[], key: (member: SetMember) => string): SetMember[][] {
  const groups = new Map<string, SetMember[]>();
  for (const member of members) groups.set(key(member), [...(groups.get(key(member)) ?? []), member]);
  return [...groups.values()].filter((group) => group.length > 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
