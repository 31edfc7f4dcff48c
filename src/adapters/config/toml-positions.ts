import type { AST } from "toml-eslint-parser";

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** The value as written, shortened; empty for a table. */
  readonly value: string;
}

/**
 * Finds where a path stands in the source. A path that is not there (a missing key, a key nobody wrote)
 * is placed at the nearest table around it. The value is shown as written: what a variable brings in stays unseen.
 */
export function locator(program: AST.TOMLProgram, source: string): (path: readonly PropertyKey[]) => Position {
  const found = new Map<string, Position>();
  const note = (path: readonly PropertyKey[], node: AST.TOMLNode, value: string): void => {
    const key = JSON.stringify(path);
    if (!found.has(key)) found.set(key, { line: node.loc.start.line, value });
  };
  const visitPair = (base: readonly PropertyKey[], pair: AST.TOMLKeyValue): void => {
    const path = [...base, ...pair.key.keys.map(nameOf)];
    // Dotted keys imply their tables.
    for (let length = base.length + 1; length < path.length; length++) note(path.slice(0, length), pair, "");
    visitValue(path, pair.value, pair);
  };
  const visitValue = (path: readonly PropertyKey[], value: AST.TOMLContentNode, at: AST.TOMLNode): void => {
    note(path, at, shorten(source.slice(...value.range)));
    if (value.type === "TOMLInlineTable") value.body.forEach((pair) => visitPair(path, pair));
    if (value.type === "TOMLArray") value.elements.forEach((element, index) => visitValue([...path, index], element, element));
  };
  for (const node of program.body[0].body) {
    if (node.type === "TOMLKeyValue") visitPair([], node);
    else {
      for (let length = 1; length <= node.resolvedKey.length; length++) note(node.resolvedKey.slice(0, length), node, "");
      node.body.forEach((pair) => visitPair(node.resolvedKey, pair));
    }
  }
  return (path) => nearest(found, path);
}

function nearest(found: ReadonlyMap<string, Position>, path: readonly PropertyKey[]): Position {
  const exact = found.get(JSON.stringify(path));
  if (exact !== undefined) return exact;
  for (let length = path.length - 1; length > 0; length--) {
    const around = found.get(JSON.stringify(path.slice(0, length)));
    if (around !== undefined) return { line: around.line, value: "" };
  }
  return { line: 1, value: "" };
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
