import { createHash } from "node:crypto";
import fc from "fast-check";
import { DIR, GONE } from "../../src/sync/content.js";
import type { Content, Entry, FileContent, LinkContent, Path, Vector } from "../../src/sync/entry.js";
import type { WantedView } from "../../src/sync/structure.js";
import { parentOf } from "../../src/sync/path.js";

/** SHA-256, as the engine hands it in. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A file that holds `text`. */
export function file(text: string, exec = false): FileContent {
  return { type: "file", hash: sha256(text), size: text.length, exec };
}

export function link(target: string): LinkContent {
  return { type: "link", target };
}

/** `by` is the first device of the vector unless it is given. */
export function entry(content: Content, vector: Vector, by = Object.keys(vector)[0] ?? "-", mtimeMs = 0): Entry {
  return { content, vector, by, mtimeMs };
}

/** What a root wants, out of a plain object. */
export function viewOf(paths: Readonly<Record<Path, Entry>>): WantedView & { asked: Path[] } {
  const asked: Path[] = [];
  return {
    asked,
    get: (path) => (Object.hasOwn(paths, path) ? paths[path] : undefined),
    childrenOf: (path) => {
      asked.push(path);
      return Object.keys(paths).filter((other) => parentOf(other) === path);
    },
  };
}

/** One line for what a path is, so that a tree is one small object in a test. */
export function shown(content: Content): string {
  if (content.type === "link") return `-> ${content.target}`;
  return content.type === "file" ? `file ${content.hash.slice(0, 8)}` : content.type;
}

export const vectors: fc.Arbitrary<Vector> = fc.dictionary(
  fc.constantFrom("a", "b", "c", "constructor", "toString"),
  fc.integer({ min: 1, max: 4 }),
  {
    noNullPrototype: true,
  },
);

export const contents: fc.Arbitrary<Content> = fc.oneof(
  fc.constantFrom<Content>(DIR, GONE),
  fc.tuple(fc.constantFrom("x", "y", "z"), fc.boolean()).map(([text, exec]) => file(text, exec)),
  fc.constantFrom("t", "../u").map(link),
);

export const entries: fc.Arbitrary<Entry> = fc.record({
  content: contents,
  vector: vectors,
  by: fc.constantFrom("a", "b", "c"),
  mtimeMs: fc.constantFrom(0, 1000, 2500),
});
