import type { Content, DirContent, GoneContent, Vector } from "./entry.js";

export const GONE: GoneContent = { type: "gone" };
export const DIR: DirContent = { type: "dir" };

/** Whether something is there: a file, a directory or a link. */
export function isLive(content: Content | undefined): boolean {
  return content !== undefined && content.type !== "gone";
}

/** Whether two contents hold the same: type and bytes, or target. The exec bit is no content. */
export function sameContent(a: Content, b: Content): boolean {
  if (a.type === "file") return b.type === "file" && a.hash === b.hash;
  if (a.type === "link") return b.type === "link" && a.target === b.target;
  return a.type === b.type;
}

/** The same content, and the same exec bit: nothing to do on disk. */
export function identical(a: Content, b: Content): boolean {
  return sameContent(a, b) && (a.type !== "file" || b.type !== "file" || a.exec === b.exec);
}

/** `file:HASH`, `link:TARGET`, `dir` or `gone`: equal exactly when the contents hold the same. Compared, so never change it. */
export function contentId(content: Content): string {
  if (content.type === "file") return `file:${content.hash}`;
  return content.type === "link" ? `link:${content.target}` : content.type;
}

/**
 * The vector of a version of which nobody knows what it has seen: a file found after the state database was lost. Its only
 * key is made of the content and is no device's id (these begin with a letter or digit). So it is the same on every device
 * that comes to it, it is a conflict with every other version, and a version that was made of it (or its deletion) still
 * replaces it wherever it turns up again.
 */
export function originVector(content: Content): Vector {
  return { [originKey(content)]: 1 };
}

/**
 * The key for `originVector`: `=HASH16`. That of a conflict copy also names the change that made the version which lost
 * (`=HASH16-DEVICE-COUNTER`): who deletes a copy, or puts it back in its place, has not deleted what loses there later.
 */
export function originKey(content: Content): string {
  if (content.type === "file") return `=${content.hash.slice(0, 16)}`;
  return content.type === "link" ? `=>${content.target}` : `=${content.type}`;
}
