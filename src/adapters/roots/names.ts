import type { Path } from "../../sync/entry.js";

/** Aura's own folder in a root. A root within a root keeps its own to itself, so it is left alone at any depth. */
export const AURA = ".aura";

/** Whether a name is Aura's folder where names differ by case, or anything that would lead there where they do not. */
export function isAuraName(name: string, caseSensitive: boolean): boolean {
  if (name === AURA) return true;
  return !caseSensitive && name.charCodeAt(0) === 0x2e && fold(name) === AURA;
}

/** Some file systems leave out characters without width when they compare names. */
function fold(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "")
    .toLowerCase();
}

/**
 * Why a path must not be touched here; null when it may. Paths come from other devices: what is none of the root's own
 * must never become a file name.
 */
export function pathRefusal(path: Path, caseSensitive: boolean): string | null {
  if (path === "" || /(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return "no path within the root; it was made up elsewhere and is left out";
  if (/\0/.test(path)) return "a zero byte in its name; rename it where it comes from";
  if (/[\ud800-\udfff]/u.test(path)) return "a name that is no valid text; rename it where it comes from";
  if (path.split("/").some((part) => isAuraName(part, caseSensitive)))
    return "a folder of Aura itself, or in one; rename it where it comes from";
  return null;
}

/** A path as one line for people. */
export function shown(path: string): string {
  return /\p{Cc}/u.test(path) ? path.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1)) : path;
}
