import type { PlannedSlice, SlicePlan } from "../slice.js";
import { problemsOf } from "./issues.js";
import { type Problem, problemLine } from "./problems.js";
import { checkRules } from "./rules.js";
import { planDocument, type PlanDocument } from "./schema.js";
import { seconds } from "./seconds.js";
import { decoded, readSource } from "./source.js";

/** What a plan needs to know that is not in its text. */
export interface PlanPlace {
  /** How the file is named in problems. */
  readonly file: string;
  /** The plan's folder, absolute: relative working directories are seen from it. */
  readonly dir: string;
  /** For `~/`. */
  readonly home: string;
}

export type ParsedPlan = { readonly plan: SlicePlan } | { readonly problems: readonly string[] };

const MOST_PROBLEMS = 50;
const DEFAULTS = { maxParallel: 4, timeout: 300, heartbeat: 30 } as const;

/** A slice plan from its text or bytes: every problem of the file, each as one line in the order of the lines, or the plan. Never throws. */
export function parsePlan(text: string | Uint8Array, place: PlanPlace): ParsedPlan {
  const problems: Problem[] = [];
  const report = (problem: Problem): void => void problems.push(problem);
  const fileLines: string[] = [];
  const reportAt = (line: number, what: string, fix: string): void => {
    fileLines.push(problemLine({ path: [], what, fix }, place.file, () => line));
  };
  const content = decoded(text, ({ what, fix }) => reportAt(0, what, fix));
  const source = content === undefined ? undefined : readSource(content, reportAt);
  if (source === undefined) return { problems: fileLines.slice(0, MOST_PROBLEMS) };
  const parsed = planDocument.safeParse(source.data);
  if (parsed.success) checkRules(parsed.data, report);
  else problems.push(...problemsOf(parsed.error.issues, source.data));
  if (parsed.success && problems.length === 0) return { plan: build(parsed.data, place) };
  const sorted = problems.toSorted((a, b) => source.lineOf(a.path) - source.lineOf(b.path));
  return { problems: sorted.slice(0, MOST_PROBLEMS).map((problem) => problemLine(problem, place.file, source.lineOf)) };
}

function build({ slices, max_parallel, fail_fast }: PlanDocument, place: PlanPlace): SlicePlan {
  return {
    slices: slices.map((slice) => planned(slice, place)),
    max_parallel: max_parallel ?? DEFAULTS.maxParallel,
    fail_fast: fail_fast ?? false,
  };
}

function planned(slice: PlanDocument["slices"][number], place: PlanPlace): PlannedSlice {
  const { id, title, mode = "subprocess", command, path, leaves } = slice;
  return {
    id,
    title: title ?? id,
    mode,
    command: mode === "mock" ? null : (command ?? null),
    working_dir: absolute(slice.working_dir ?? ".", place),
    timeout_s: seconds(slice.timeout ?? DEFAULTS.timeout) ?? DEFAULTS.timeout,
    heartbeat_s: seconds(slice.heartbeat ?? DEFAULTS.heartbeat) ?? DEFAULTS.heartbeat,
    needs: slice.needs ?? [],
    retries: slice.retries ?? 0,
    resources: slice.resources ?? [],
    host: slice.host ?? null,
    ...(path === undefined ? {} : { path }),
    ...(leaves === undefined ? {} : { leaves }),
  };
}

/** POSIX path arithmetic by text, so that plans can be parsed anywhere. */
function absolute(path: string, { dir, home }: PlanPlace): string {
  const expanded = path === "~" || path.startsWith("~/") ? home + path.slice(1) : path;
  const parts: string[] = [];
  for (const part of (expanded.startsWith("/") ? expanded : `${dir}/${expanded}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
