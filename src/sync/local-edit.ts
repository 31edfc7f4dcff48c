import { GONE, identical, originVector } from "./content.js";
import type { Content, Entry } from "./entry.js";
import { wholeMs } from "./times.js";
import { bump, counterOf } from "./vector.js";

/** What the scan found at a path. */
export interface Seen {
  readonly content: Content;
  readonly mtimeMs: number;
}

export interface EditContext {
  readonly device: string;
  /**
   * Above every counter that this device ever gave, also before its state database was lost: `highestCounter` of all that
   * anybody tells, plus one. Edits of one tick may share it, for it is by path that counters have to grow; the next tick
   * with edits takes a higher one.
   */
  readonly counter: number;
  /** For deletions, which leave no time behind. */
  readonly nowMs: number;
}

export interface Edited {
  /** What is on disk, as a version; null: nothing, and nothing was ever there. */
  readonly have: Entry | null;
  /** The new version to merge into what is wanted; null when there is nothing to tell. */
  readonly edit: Entry | null;
}

/**
 * What a difference between the disk and what it was known to have (`have`) means. `want` is what the path is wanted to be,
 * maybe a newer version that was not applied yet; `seen` is null when nothing is there.
 *
 * An edit is a change of what was there: it has seen all that `have` had, and nothing else. Where the disk holds what is
 * wanted already (a crash after a file was placed, the same edit on two devices), there is nothing to tell. A file of which
 * nobody knows what it is based on (the state database was lost, or it was there before the device joined) is a conflict
 * with a wanted version that differs, unless that version was once made of the same content.
 */
export function localEdit(have: Entry | null, want: Entry | undefined, seen: Seen | null, context: EditContext): Edited {
  const content = seen?.content ?? GONE;
  if (want !== undefined && identical(content, want.content)) return { have: want, edit: null };
  if (identical(content, have?.content ?? GONE)) return { have, edit: null };
  const edit: Entry = {
    content,
    vector: vectorOf(have, want, content, context),
    by: context.device,
    mtimeMs: wholeMs(seen?.mtimeMs ?? context.nowMs),
  };
  return { have: edit, edit };
}

function vectorOf(have: Entry | null, want: Entry | undefined, content: Content, { device, counter }: EditContext): Entry["vector"] {
  if (have === null && want !== undefined) return originVector(content);
  const told = want === undefined ? 0 : counterOf(want.vector, device);
  return bump(have?.vector ?? {}, device, Math.max(counter, told + 1));
}
