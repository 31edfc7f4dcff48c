import type { SpecError } from "../ports.js";
import type { ServiceSpec } from "../spec.js";
import { buildSpec } from "./build.js";
import { problemsOf } from "./issues.js";
import { baseName } from "./paths.js";
import { specError } from "./problems.js";
import type { LineOf, Problem } from "./problems.js";
import { raw } from "./raw.js";
import { checkRules } from "./rules.js";
import { specDocument } from "./schema.js";
import { decode, readSource } from "./source.js";
import { checkTypeRules } from "./type-rules.js";

/** What a spec file needs from the host that is not in its text. */
export interface SpecHost {
  readonly home: string;
  /** The environment that `$VAR` is expanded from: that of aurad. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** SHA-256 in hex. */
  hash(text: string): string;
  /** How a file is named in messages; its last path part when absent. */
  show?(file: string): string;
}

export type ParsedSpec =
  | { readonly ok: true; readonly spec: ServiceSpec; readonly lineOf: LineOf }
  /** `name` is what the file calls its service, where that much could be read. */
  | { readonly ok: false; readonly errors: readonly SpecError[]; readonly name?: string };

const MOST_ERRORS = 50;

/**
 * One spec file, from its text or bytes. `file` is its absolute path: relative paths in it are seen from its directory.
 * Reports every problem of the file, each as one line, in the order of the lines. Never throws.
 */
export function parseSpec(text: string | Uint8Array, file: string, host: SpecHost): ParsedSpec {
  const shown = shownName(file, host);
  const errors: SpecError[] = [];
  const fileReport = ({ what, fix }: Problem): void => {
    errors.push(specError({ path: [], what, fix }, file, shown, () => 0));
  };
  const decoded = decode(text, fileReport);
  const source =
    decoded === undefined
      ? undefined
      : readSource(decoded, (line, what, fix) => errors.push(specError({ path: [], what, fix }, file, shown, () => line)));
  if (source === undefined) return { ok: false, errors };

  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const parsed = specDocument.safeParse(source.data);
  if (!parsed.success) for (const problem of problemsOf(parsed.error.issues, source.data)) report(problem);
  const data = raw(source.data);
  checkTypeRules(data, report);
  const { home, env, isRoot } = host;
  checkRules(data, { home, env, isRoot, file }, report);
  if (problems.length === 0 && parsed.success) {
    const spec = buildSpec(parsed.data, { home, env, file, hash: (canonical) => host.hash(canonical) });
    return { ok: true, spec, lineOf: source.lineOf };
  }
  const lines = problems.map((problem) => specError(problem, file, shown, source.lineOf)).toSorted((a, b) => a.line - b.line);
  const name = data.text(["service", "name"]);
  return { ok: false, errors: lines.slice(0, MOST_ERRORS), ...(name === undefined ? {} : { name }) };
}

export function shownName(file: string, host: SpecHost): string {
  return host.show?.(file) ?? baseName(file);
}
