import type { Path } from "./entry.js";

/** Characters that some file systems leave out when they compare names. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** The folder a path is in; "" is the root, and its own parent. */
export function parentOf(path: Path): Path {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: Path): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is somewhere below `folder`. */
export function isBelow(path: Path, folder: Path): boolean {
  return folder === "" ? path !== "" : path.length > folder.length && path.startsWith(folder) && path[folder.length] === "/";
}

/**
 * Why this is no path of a root, null when it is one. What a manifest names is written to the disk: nothing may lead out of
 * the root, or to Aura's own files in it. Any other name is as good as its file system takes it.
 */
export function pathProblem(path: string): string | null {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\0")) return "has a NUL in it";
  if (/\p{Surrogate}/u.test(path)) return "is no well-formed Unicode";
  const parts = path.split("/");
  for (const part of parts) {
    if (part === "") return "has an empty part";
    if (part === "." || part === "..") return `has a part ${part}`;
  }
  // On some file systems `.AURA` is `.aura`, and so is one with an invisible character in it.
  if (parts[0]!.replace(IGNORABLE, "").toLowerCase() === ".aura") return "is in .aura, which is not synced";
  return null;
}
