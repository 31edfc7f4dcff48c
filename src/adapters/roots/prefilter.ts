import type { Path } from "../../sync/entry.js";

/** `name`: the last part of `path`. */
export type Prefilter = (path: Path, name: string) => boolean;

/**
 * A test that is true for every entry that one of the patterns may match, and false for nearly all others. What is under no
 * ignored folder can only be matched by a pattern's last part, so the name is enough; only where that part is `**` does the
 * part before it have to be a folder on the way. Null when no entry is matched.
 *
 * Gitignore patterns are asked through a library, at microseconds and some memory an entry. This asks it for few.
 */
export function prefilter(lines: readonly string[], caseSensitive: boolean): Prefilter | null {
  const patterns = lines.map(withoutEnds).filter((pattern) => pattern !== null);
  if (patterns.length === 0) return null;
  const flags = caseSensitive ? "s" : "si";
  const [below, ends] = [patterns.filter(isBelow), patterns.filter((pattern) => !isBelow(pattern))];
  const nameTest = ends.length === 0 ? null : new RegExp(`^(?:${any(ends.map(lastPart))})$`, flags);
  const pathTest = below.length === 0 ? null : new RegExp(`(?:^|/)(?:${any(below.map((each) => lastPart(each.slice(0, -3))))})/`, flags);
  if (pathTest === null) return (_, name) => nameTest!.test(name);
  if (nameTest === null) return (path) => pathTest.test(path);
  return (path, name) => nameTest.test(name) || pathTest.test(path);
}

const ANYTHING = ".*";

/** Null for a comment, which matches nothing, and for a negated pattern, which only takes back what another one matched. */
function withoutEnds(line: string): string | null {
  if (line.startsWith("#") || line.startsWith("!") || line.trim() === "") return null;
  return line.replace(/\s+$/, "").replace(/\/+$/, "");
}

/** All that is in folders of some name. */
function isBelow(pattern: string): boolean {
  return /(?:^|\/)(?!\*\*\/)[^/]+\/\*\*$/.test(pattern);
}

function lastPart(pattern: string): string {
  const slash = pattern.lastIndexOf("/");
  // A bracket may hold what looks like the end of a part.
  if (pattern.slice(0, slash + 1).includes("[")) return ANYTHING;
  const part = pattern.slice(slash + 1);
  return part === "" ? ANYTHING : toRegExp(part);
}

function toRegExp(part: string): string {
  let text = "";
  for (let at = 0; at < part.length; at++) {
    const char = part[at]!;
    if (char === "[") return text + ANYTHING;
    if (char === "*") text += ANYTHING;
    else if (char === "?") text += ".";
    else if (char === "\\" && at + 1 === part.length) return text + ANYTHING;
    else text += escape(char === "\\" ? part[++at]! : char);
  }
  return `${text}\\s*`;
}

function escape(char: string): string {
  return /[$()*+./?[\\\]^{|}-]/.test(char) ? `\\${char}` : char;
}

function any(parts: readonly string[]): string {
  return [...new Set(parts)].join("|");
}
