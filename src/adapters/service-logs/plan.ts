/** One step of a rotation: the text up to the logical offset `to` leaves the live file, as a copy or for good. */
export interface Piece {
  readonly to: number;
  readonly copy: boolean;
}

export interface LiveExtent {
  /** Logical offsets of the live file's own text. */
  readonly start: number;
  readonly end: number;
}

/**
 * How a live file that grew beyond `maxSizeBytes` is taken apart: pieces of at most that size (whole blocks, at least one),
 * oldest first, until the rest fits. Only the last `keep` are copied, because each copy pushes the oldest file out.
 * The cut must never reach the end of the file: the system call refuses that.
 */
export function planRotation({ start, end }: LiveExtent, maxSizeBytes: number, keep: number, block: number): Piece[] {
  if (end - start <= maxSizeBytes) return [];
  if (keep === 0) return dropOlderHalf({ start, end }, maxSizeBytes, block);
  const size = Math.max(1, Math.floor(maxSizeBytes / block)) * block;
  const ends: number[] = [];
  for (let to = start + size; end - (to - size) > maxSizeBytes && to < end; to += size) ends.push(to);
  const dropped = ends.slice(0, Math.max(0, ends.length - keep)).at(-1);
  const copies = ends.slice(Math.max(0, ends.length - keep)).map((to) => ({ to, copy: true }));
  return dropped === undefined ? copies : [{ to: dropped, copy: false }, ...copies];
}

/** Without copies the live file is all there is: a good part of it stays, so that `logs` has something to show. */
function dropOlderHalf({ start, end }: LiveExtent, maxSizeBytes: number, block: number): Piece[] {
  const to = start + Math.floor((end - start - maxSizeBytes / 2) / block) * block;
  return to > start && to < end ? [{ to, copy: false }] : [];
}
