import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { Document, Node, Scalar, YAMLError } from "yaml";
import type { LineOf, Path, Report } from "./problems.js";

/** A spec file as plain data, with the line of every key. */
export interface Source {
  readonly data: Readonly<Record<string, unknown>>;
  readonly lineOf: LineOf;
}

/** Larger files are surely not specs, and the parser would be busy with them for seconds. */
export const MAX_BYTES = 128 * 1024;
const MAX_DEPTH = 12;
const MAX_DUPLICATES = 20;

/** Values under these keys are text: unquoted numbers and booleans are taken as they were written (`1.10`, `022`). */
const TEXT_KEYS: ReadonlySet<string | number | undefined> = new Set([
  "interval",
  "timeout",
  "grace_period",
  "delay",
  "max_delay",
  "reset_after",
  "max_size",
  "umask",
  "user",
]);
const TEXT_PARENTS: ReadonlySet<string | number | undefined> = new Set(["env", "args", "command"]);

/** Bytes of a spec file as text; undefined after a report when they are not a text file of usable size. */
export function decode(bytes: string | Uint8Array, report: Report): string | undefined {
  if (bytes.length > MAX_BYTES) {
    report({ path: [], what: `the file is larger than ${MAX_BYTES / 1024}KB`, fix: "a spec describes one service; is it the right file?" });
    return undefined;
  }
  const text = typeof bytes === "string" ? bytes.replace(/^\uFEFF/, "") : utf8(bytes);
  if (text === undefined) report({ path: [], what: "the file is not UTF-8 text", fix: "save it as UTF-8" });
  else if (text.includes("\0")) report({ path: [], what: "the file is binary, not text", fix: "write the spec as YAML text" });
  else return text;
  return undefined;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads one YAML map. Reports and returns undefined when the text is not one; never throws. */
export function readSource(text: string, reportAt: (line: number, what: string, fix: string) => void): Source | undefined {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  // what is missing at the very end is reported on the last line that has text
  const lastLine = text.trimEnd().split("\n").length;
  const lineAt = (offset: number): number => Math.min(counter.linePos(offset).line, lastLine);
  if (!Array.isArray(documents) || documents.length === 0) return void reportAt(0, "the file is empty", "write a service: block");
  const [document, ...others] = documents as readonly Document.Parsed[];
  const second = others.find(({ contents }) => contents !== null);
  const errors: YAMLError[] = documents.flatMap((each) => [...each.errors, ...each.warnings]);
  if (errors.length > 0) {
    for (const error of shownErrors(errors)) reportAt(lineAt(error.pos[0]), ...syntaxMessage(error.code, keyAt(text, error.pos[0])));
    return undefined;
  }
  if (second !== undefined) {
    return void reportAt(lineAt(second.range[0]), "a second document starts", "write one service a file");
  }
  const root = document?.contents as Node | null | undefined;
  if (root === null || root === undefined || (isScalar(root) && root.value === null)) {
    return void reportAt(0, "the file is empty", "write a service: block");
  }
  if (!isMap(root)) return void reportAt(lineOfNode(root, lineAt), "is not a map of keys", "start with service:");
  const lines = new Map<string, number>();
  const data = plain(root, [], { lines, lineAt, fail: reportAt });
  return data === FAILED ? undefined : { data: data as Record<string, unknown>, lineOf: lineOf(lines) };
}

/** The first syntax error (the rest follow from it), but every key that is written twice. */
function shownErrors(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = errors.find((error) => error.code !== "DUPLICATE_KEY");
  return first === undefined ? errors.slice(0, MAX_DUPLICATES) : [first];
}

function keyAt(text: string, offset: number): string {
  return /^["']?([\w.-]{1,64})/.exec(text.slice(offset, offset + 66))?.[1] ?? "";
}

/** The parser's own texts quote the source, which may hold something private; these do not. */
function syntaxMessage(code: YAMLError["code"], key = ""): [what: string, fix: string] {
  switch (code) {
    case "DUPLICATE_KEY":
      return [`the key ${key} stands here a second time`, "keep one of the two"];
    case "TAB_AS_INDENT":
      return ["a tab indents this line", "indent with spaces"];
    case "BAD_INDENT":
      return ["the indentation does not fit, or a bracket is not closed", "align it with the keys beside it"];
    case "MISSING_CHAR":
      return ["a quote, bracket, comma or colon is missing", "close it, or put the whole value in quotes"];
    case "BAD_SCALAR_START":
      return ["the value starts with a character that YAML reserves", "put the value in quotes"];
    case "BLOCK_AS_IMPLICIT_KEY":
      return ['a second ": " stands in the value', "put the value in quotes"];
    case "MULTILINE_IMPLICIT_KEY":
      return ["a key has no colon", "write KEY: VALUE"];
    case "BAD_DQ_ESCAPE":
      return ["an unknown backslash escape stands in double quotes", "use single quotes"];
    case "TAG_RESOLVE_FAILED":
      return ["YAML tags (!name) are not supported", "remove the tag"];
    case "BAD_DIRECTIVE":
      return ["YAML directives (%NAME) are not supported", "remove the line"];
    case "BAD_ALIAS":
      return ["YAML anchors and aliases are not supported", "write the value out"];
    default:
      return ["this is not valid YAML", "check the indentation, quotes and brackets here"];
  }
}

interface Walk {
  readonly lines: Map<string, number>;
  readonly lineAt: (offset: number) => number;
  readonly fail: (line: number, what: string, fix: string) => void;
}

const FAILED = Symbol("failed");

/** A node as plain data; FAILED after reporting something that a spec never needs. */
function plain(node: unknown, path: Path, walk: Walk): unknown {
  if (node === null || node === undefined) return null;
  const refused = refusal(node, path);
  if (refused !== undefined) {
    walk.fail(lineOfNode(node, walk.lineAt), ...refused);
    return FAILED;
  }
  if (isSeq(node)) return items(node.items, path, walk);
  if (isMap(node)) {
    const entries: [string, unknown][] = [];
    for (const pair of node.items) {
      const name = keyText(pair.key);
      const line = lineOfNode(pair.key, walk.lineAt);
      if (name === undefined || name === "__proto__") {
        walk.fail(line, "this key is not plain text", "write KEY: VALUE");
        return FAILED;
      }
      walk.lines.set(pathKey([...path, name]), line);
      const value = plain(pair.value, [...path, name], walk);
      if (value === FAILED) return FAILED;
      entries.push([name, value]);
    }
    return Object.fromEntries(entries);
  }
  return isScalar(node) ? scalarValue(node, path) : null;
}

function items(nodes: readonly unknown[], path: Path, walk: Walk): unknown {
  const list: unknown[] = [];
  for (const [index, node] of nodes.entries()) {
    walk.lines.set(pathKey([...path, index]), lineOfNode(node, walk.lineAt));
    const value = plain(node, [...path, index], walk);
    if (value === FAILED) return FAILED;
    list.push(value);
  }
  return list;
}

function refusal(node: unknown, path: Path): [what: string, fix: string] | undefined {
  if (isAlias(node) || (node as { anchor?: string }).anchor !== undefined) return syntaxMessage("BAD_ALIAS");
  if ((node as { tag?: string }).tag !== undefined) return syntaxMessage("TAG_RESOLVE_FAILED");
  if (path.length > MAX_DEPTH) return ["the nesting is too deep", "a spec has at most four levels"];
  if (isScalar(node) && typeof node.value === "string" && node.value.includes("\0")) {
    return ["the value contains a NUL character", "remove it"];
  }
  return undefined;
}

function scalarValue(node: Scalar, path: Path): unknown {
  if (typeof node.value === "string" || node.value === null) return node.value;
  const parent = path.findLast((part, index) => index < path.length - 1 && typeof part === "string");
  const isText = TEXT_KEYS.has(path.at(-1)) || TEXT_PARENTS.has(parent);
  return isText || typeof node.value === "bigint" ? (node.source ?? String(node.value)) : node.value;
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.anchor !== undefined) return undefined;
  return typeof key.value === "string" ? key.value : key.source;
}

function lineOfNode(node: unknown, lineAt: (offset: number) => number): number {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range === null || range === undefined ? 0 : lineAt(range[0]);
}

function pathKey(path: Path): string {
  return path.map((part) => `${typeof part}:${part}`).join("\0");
}

/** A missing key is reported at its parent; a problem with the whole file has no line. */
function lineOf(lines: ReadonlyMap<string, number>): LineOf {
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(pathKey(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return path.length > 0 ? 1 : 0;
  };
}
