import type { Content, Entry, Path } from "./entry.js";
import { nameOf } from "./path.js";
import { stamp } from "./times.js";
import { byteLength } from "./utf8.js";

/** What file systems take as one name, in bytes of UTF-8. */
const NAME_LIMIT = 255;
/** An ending longer than this is none. */
const ENDING_LIMIT = 64;

/** The end of a copy of a name without ending; a device's id may have dots in it. */
const COPY = /\.conflict-[A-Za-z0-9][A-Za-z0-9._-]{0,63}-\d{8}T\d{6}Z(-[0-9a-f]{8}(-\d+)?)?$/;

type Loser = Pick<Entry, "content" | "by" | "mtimeMs">;

/**
 * Where a version that lost its path lives on: `NAME.conflict-DEVICE-TIME.EXT` beside it, DEVICE and TIME (UTC) of the
 * loser. A copy that loses the very name of a copy (of the same device and second) gets its content's mark behind TIME.
 */
export function conflictName(path: Path, loser: Loser): Path {
  return name(path, loser, "");
}

/** The same for copies that no other device knows of: the first name that is free here. */
export function freeConflictName(path: Path, loser: Loser, isTaken: (path: Path) => boolean): Path {
  const plain = conflictName(path, loser);
  if (!isTaken(plain)) return plain;
  for (let n = 0; ; n++) {
    const other = name(path, loser, n === 0 ? mark(loser.content) : `${mark(loser.content)}-${n + 1}`);
    if (!isTaken(other)) return other;
  }
}

function name(path: Path, loser: Loser, extra: string): Path {
  const { stem: full, ending } = split(nameOf(path));
  const sign = suffixOf(loser);
  const again = full.endsWith(sign);
  const stem = again ? full.slice(0, -sign.length) : full;
  const suffix = `${sign}${again && extra === "" ? mark(loser.content) : extra}`;
  const folder = path.slice(0, path.length - nameOf(path).length);
  return `${folder}${shortened(stem, NAME_LIMIT - byteLength(suffix) - byteLength(ending))}${suffix}${ending}`;
}

function suffixOf({ by, mtimeMs }: Loser): string {
  return `.conflict-${by}-${stamp(mtimeMs)}`;
}

/** `a.tar.gz`: `a.tar` and `.gz`. A dotfile, a name that ends in a dot, and a copy of a name without ending have none. */
function split(full: string): { readonly stem: string; readonly ending: string } {
  const dot = full.lastIndexOf(".");
  const ending = full.slice(dot);
  if (dot <= 0 || ending === "." || byteLength(ending) > ENDING_LIMIT || COPY.test(full)) return { stem: full, ending: "" };
  return { stem: full.slice(0, dot), ending };
}

/** As many whole characters as fit. */
function shortened(text: string, limit: number): string {
  if (byteLength(text) <= limit) return text;
  let used = 0;
  let kept = "";
  for (const character of text) {
    used += byteLength(character);
    if (used > limit) break;
    kept += character;
  }
  return kept;
}

/** `-` and eight hex digits that tell contents apart. */
function mark(content: Content): string {
  if (content.type === "file") return `-${content.hash.slice(0, 8)}`;
  let value = 0x811c9dc5;
  for (const character of content.type === "link" ? content.target : content.type) {
    value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  }
  return `-${(value >>> 0).toString(16).padStart(8, "0")}`;
}
