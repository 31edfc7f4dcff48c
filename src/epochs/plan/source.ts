import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { Scalar, YAMLError } from "yaml";
import type { LineOf, Path, Report } from "./problems.js";

/** A plan file as plain data, with the line of every key. */
export interface Source {
  readonly data: unknown;
  readonly lineOf: LineOf;
}

/** A plan is part of a workflow's input, and the parser takes long over anything larger. */
export const MAX_BYTES = 512 * 1024;
const MAX_DEPTH = 6;

/** Under these keys unquoted numbers and booleans are taken as they were written (`1.10`, `no`). */
const TEXT_KEYS: ReadonlySet<unknown> = new Set(["command", "leaves"]);

/** Reads one YAML map; undefined after reports of what is wrong with it. */
export function readSource(text: string, reportAt: (line: number, what: string, fix: string) => void): Source | undefined {
  if (text.length > MAX_BYTES) return void reportAt(0, `the file is larger than ${MAX_BYTES / 1024}KB`, "is it the right file?");
  if (text.includes("\0")) return void reportAt(0, "the file is binary, not text", "write the plan as YAML text");
  const counter = new LineCounter();
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const lastLine = text.trimEnd().split("\n").length;
  const lineAt = (offset: number): number => Math.min(counter.linePos(offset).line, lastLine);
  const [document, ...others] = Array.isArray(documents) ? documents : [];
  const error = document?.errors[0] ?? document?.warnings[0];
  if (error !== undefined) return void reportAt(lineAt(error.pos[0]), ...syntaxMessage(error.code));
  const root: unknown = document?.contents;
  if (root === undefined || root === null || (isScalar(root) && root.value === null)) {
    return void reportAt(0, "the file is empty", "write a slices: list");
  }
  if (others.length > 0) return void reportAt(lineAt(others[0]!.range[0]), "a second document starts", "write one plan a file");
  if (!isMap(root)) return void reportAt(1, "is not a map of keys", "start with slices:");
  const lines = new Map<string, number>();
  const failures: string[] = [];
  const fail = (node: unknown, what: string, fix: string): null => {
    failures.push(what);
    reportAt(lineOfNode(node, lineAt), what, fix);
    return null;
  };
  const data = plain(root, [], { lines, lineAt, fail });
  return failures.length > 0 ? undefined : { data, lineOf: lineOf(lines) };
}

/** A report that has no place in the file. */
export function decoded(bytes: string | Uint8Array, report: Report): string | undefined {
  if (typeof bytes === "string") return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    report({ path: [], what: "the file is not UTF-8 text", fix: "save it as UTF-8" });
    return undefined;
  }
}

interface Walk {
  readonly lines: Map<string, number>;
  readonly lineAt: (offset: number) => number;
  readonly fail: (node: unknown, what: string, fix: string) => null;
}

function plain(node: unknown, path: Path, walk: Walk): unknown {
  if (isAlias(node) || (node as { anchor?: string } | null)?.anchor !== undefined) return walk.fail(node, ...syntaxMessage("BAD_ALIAS"));
  if ((node as { tag?: string } | null)?.tag !== undefined) return walk.fail(node, ...syntaxMessage("TAG_RESOLVE_FAILED"));
  if (path.length > MAX_DEPTH) return walk.fail(node, "the nesting is too deep", "a plan has slices, and slices have keys");
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      walk.lines.set(pathKey([...path, index]), lineOfNode(item, walk.lineAt));
      return plain(item, [...path, index], walk);
    });
  }
  if (!isMap(node)) return isScalar(node) ? scalarValue(node, path) : null;
  const entries = node.items.map(({ key, value }): [string, unknown] => {
    const name = isScalar(key) ? String(key.value) : "";
    if (name === "" || name === "__proto__") return ["", walk.fail(key, "this key is not plain text", "write KEY: VALUE")];
    walk.lines.set(pathKey([...path, name]), lineOfNode(key, walk.lineAt));
    return [name, plain(value, [...path, name], walk)];
  });
  return Object.fromEntries(entries);
}

function scalarValue(node: Scalar, path: Path): unknown {
  const isText = path.some((part) => TEXT_KEYS.has(part));
  const isWord = isText && typeof path.at(-1) === "number";
  if (typeof node.value === "string" || (node.value === null && !isWord)) return node.value;
  return isText || typeof node.value === "bigint" ? (node.source ?? String(node.value)) : node.value;
}

/** The parser's own texts quote the source, which may hold something private; these do not. */
function syntaxMessage(code: YAMLError["code"]): [what: string, fix: string] {
  switch (code) {
    case "DUPLICATE_KEY":
      return ["this key stands here a second time", "keep one of the two"];
    case "TAB_AS_INDENT":
      return ["a tab indents this line", "indent with spaces"];
    case "BAD_INDENT":
      return ["the indentation does not fit, or a bracket is not closed", "align it with the keys beside it"];
    case "MISSING_CHAR":
      return ["a quote, bracket, comma or colon is missing", "close it, or put the whole value in quotes"];
    case "BAD_SCALAR_START":
      return ["the value starts with a character that YAML reserves", "put the value in quotes"];
    case "BLOCK_AS_IMPLICIT_KEY":
      return ['a second ": " stands in the value', "put the value in quotes, or write it under command: |"];
    case "MULTILINE_IMPLICIT_KEY":
      return ["a key has no colon", "write KEY: VALUE"];
    case "TAG_RESOLVE_FAILED":
      return ["YAML tags (!name) are not supported", "remove the tag"];
    case "BAD_ALIAS":
      return ["YAML anchors and aliases are not supported", "write the value out"];
    default:
      return ["this is not valid YAML", "check the indentation, quotes and brackets here"];
  }
}

function lineOfNode(node: unknown, lineAt: (offset: number) => number): number {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range === null || range === undefined ? 0 : lineAt(range[0]);
}

function pathKey(path: Path): string {
  return path.map((part) => `${typeof part}:${part}`).join("\n");
}

function lineOf(lines: ReadonlyMap<string, number>): LineOf {
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(pathKey(path.slice(0, length)));
      if (line !== undefined && line > 0) return line;
    }
    return path.length > 0 ? 1 : 0;
  };
}
