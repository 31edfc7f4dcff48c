import { identical } from "../../../sync/content.js";
import type { Entry, Location, Path, Vector } from "../../../sync/entry.js";
import type { FileStat } from "../../../sync/ports.js";

/** All that is known of a path. */
export interface Row {
  readonly path: Path;
  /** Null: nothing is known to be, or to have been, on disk. */
  readonly have: Have | null;
  /** The merged best version of all devices; null: no device has told of one. */
  readonly want: Entry | null;
  /** Where the content of `want` is in the bucket; null for what has no bytes. */
  readonly location: Location | null;
  /** Number of the own manifest that has `want`, or one of `UNTOLD` and `TOLD_BY_OTHERS`. */
  readonly told: number;
}

/** What is on disk, as it was seen last. */
export interface Have {
  /** The version; `gone`: nothing is there. */
  readonly entry: Entry;
  /** Null only where nothing is there. */
  readonly stat: FileStat | null;
  /** False: it was changed so lately that it can change again with the same stat; it is read again. */
  readonly settled: boolean;
}

/** Goes into the next manifest. */
export const UNTOLD = 0;
/** Another device's head names the same version: it goes along with the next manifest that is written anyway. */
export const TOLD_BY_OTHERS = -1;

/** Only ever read from the database: its content has no place in the bucket, so nobody can be told. */
export const PLACELESS = -3;

/** Whether disk and `want` are not of the same version, so that something may have to be done. */
export function isToDo({ have, want }: Pick<Row, "have" | "want">): boolean {
  return want !== null && (have === null || !sameVersion(have.entry, want));
}

/** Two versions with one vector can still differ: see `mergeEntries`. */
export function sameVersion(a: Entry, b: Entry): boolean {
  return a === b || (sameVector(a.vector, b.vector) && identical(a.content, b.content));
}

export function sameVector(a: Vector, b: Vector): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((device) => Object.hasOwn(b, device) && a[device] === b[device]);
}
