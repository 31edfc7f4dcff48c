import { distance } from "fastest-levenshtein";
import type { SpecError } from "../ports.js";

/** Where in a document: map keys and list indexes, outermost first. */
export type Path = readonly (string | number)[];

/** Something wrong with one value, before it is tied to a file and a line. */
export interface Problem {
  readonly path: Path;
  /** What is wrong. */
  readonly what: string;
  /** What to write instead. */
  readonly fix: string;
  /** The offending value as the person wrote it; left out where it may be private. */
  readonly value?: unknown;
}

/** Receives problems; collecting goes on so that a person sees all of a file at once. */
export type Report = (problem: Problem) => void;

/** 1-based line of a path, or of its nearest parent that is written down. */
export type LineOf = (path: Path) => number;

const PRIVATE_KEYS: ReadonlySet<string | number> = new Set(["env", "secrets", "command", "args"]);
const SHOWN_VALUE = 60;

/** `health.interval`; list indexes are left out because the value tells which item. */
export function dotted(path: Path): string {
  return path.filter((part) => typeof part === "string").join(".");
}

/** Ties a problem to its file and line: `FILE:LINE: KEY: VALUE: what; fix`. */
export function specError(problem: Problem, file: string, shown: string, lineOf: LineOf): SpecError {
  const line = lineOf(problem.path);
  const key = dotted(problem.path);
  const place = line > 0 ? `${shown}:${line}` : shown;
  const value = shownValue(problem);
  const parts = [place, short(key), value, `${problem.what}; ${problem.fix}`].filter((part) => part !== "");
  return { file, line, key, message: oneLine(parts.join(": ")) };
}

/** Env values, secrets and arguments may be private: their text is never repeated. */
function shownValue({ path, value }: Problem): string {
  if (path.some((part) => PRIVATE_KEYS.has(part))) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  const text = oneLine(String(value));
  if (text === "") return '""';
  return short(text);
}

function short(text: string): string {
  return text.length > SHOWN_VALUE ? `${text.slice(0, SHOWN_VALUE)}…` : text;
}

function oneLine(text: string): string {
  // control characters go, so that a hostile file cannot send escape sequences to a terminal
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

/** The candidate nearest to a mistyped word, or undefined when none is near enough to be meant. */
export function nearest(word: string, candidates: Iterable<string>, mostEdits = 3): string | undefined {
  const limit = Math.min(mostEdits, Math.ceil((word.length + 1) / 3), word.length - 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}
