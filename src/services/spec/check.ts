import { parseSpec } from "./parse.js";
import type { ParsedSpec, SpecHost } from "./parse.js";
import { validateSet } from "./set.js";

export interface SpecFile {
  /** Absolute path. */
  readonly file: string;
  readonly text: string | Uint8Array;
}

export interface CheckRow {
  readonly file: string;
  /** The name the file gives its service, where it could be read. */
  readonly service: string | null;
  readonly ok: boolean;
  /** One line a problem. */
  readonly errors: readonly string[];
}

/**
 * Validates spec files as a set, without running anything: one row a file, in the order given. `beside` are files that
 * are not asked for but belong to the same set, so that one file can be checked against its neighbours.
 */
export function checkFiles(files: readonly SpecFile[], host: SpecHost, beside: readonly SpecFile[] = []): CheckRow[] {
  const parsed = files.map(({ file, text }) => ({ file, result: parseSpec(text, file, host) }));
  const neighbours = beside.map(({ file, text }) => ({ file, result: parseSpec(text, file, host) }));
  const all = [...parsed, ...neighbours];
  const members = all.flatMap(({ result }) => (result.ok ? [result] : []));
  const problems = validateSet(members, new Map(), host, new Set(all.flatMap(({ result }) => nameOf(result) ?? [])));
  return parsed.map(({ file, result }) => {
    const own = result.ok ? [] : result.errors;
    const errors = [...own, ...problems.filter((problem) => problem.file === file).map(({ error }) => error)];
    return { file, service: nameOf(result) ?? null, ok: errors.length === 0, errors: errors.map(({ message }) => message) };
  });
}

function nameOf(result: ParsedSpec): string | undefined {
  return result.ok ? result.spec.name : result.name;
}
