import { distance } from "fastest-levenshtein";

/** Where in a plan: map keys and list indexes, outermost first. */
export type Path = readonly (string | number)[];

/** Something wrong with one value, before it is tied to a file and a line. */
export interface Problem {
  readonly path: Path;
  readonly what: string;
  readonly fix: string;
  /** The offending value as the person wrote it; left out where it may be private or long. */
  readonly value?: unknown;
}

export type Report = (problem: Problem) => void;

/** 1-based line of a path, or of its nearest parent that is written down; 0 for the file. */
export type LineOf = (path: Path) => number;

const SHOWN_VALUE = 60;

/** `FILE:LINE: slices[2].needs: "a": what; fix`, in one line. */
export function problemLine({ path, what, fix, value }: Problem, file: string, lineOf: LineOf): string {
  const line = lineOf(path);
  const parts = [line > 0 ? `${file}:${line}` : file, keyOf(path), shown(path, value), `${what}; ${fix}`];
  // Control characters go, so that a hostile file cannot send escape sequences to a terminal.
  return parts
    .filter((part) => part !== "")
    .join(": ")
    .replaceAll(/\p{Cc}+/gu, " ");
}

/** Slices are counted from 1, as people do. The place inside a list of words is left out: the value tells. */
function keyOf(path: Path): string {
  const parts = path.map((part, index) => {
    if (typeof part === "string") return index === 0 ? part : `.${part}`;
    return index === 1 ? `[${part + 1}]` : "";
  });
  return shorten(parts.join(""));
}

/** The text of a command may be private: it is never repeated. */
function shown(path: Path, value: unknown): string {
  if (path.includes("command")) return "";
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return "";
  return value === "" ? '""' : shorten(String(value));
}

function shorten(text: string): string {
  return text.length > SHOWN_VALUE ? `${text.slice(0, SHOWN_VALUE)}…` : text;
}

/** `did you mean X?`, or what else to do when nothing is near enough to be meant. */
export function meant(word: string, candidates: readonly string[], otherwise: string): string {
  const limit = Math.min(3, Math.ceil((word.length + 1) / 3), word.length - 1);
  const ranked = candidates
    .map((candidate) => ({ candidate, away: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ away }) => away <= limit)
    .toSorted((a, b) => a.away - b.away);
  return ranked[0] === undefined ? otherwise : `did you mean ${ranked[0].candidate}?`;
}
