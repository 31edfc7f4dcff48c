const MIB = 1024 * 1024;

/** Smaller files go to packs, this size and above are objects of their own. */
export const SMALL = MIB;
/** Bytes of one pack. */
export const PACK_LIMIT = 16 * MIB;
/** Larger blobs are read from the disk as they are sent. */
export const HELD = 16 * MIB;
/**
 * Larger blobs are uploaded in parts, which can be gone on with. Below, one request is quicker: there is nothing to begin
 * and to put together, for which some servers copy all of it.
 */
export const PARTS_ABOVE = 64 * MIB;
/** Where several packs can go up at once, none is made smaller than this. */
const PACK_LEAST = 4 * MIB;

export interface Blob {
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

export interface PlannedPack<T extends Blob> {
  readonly size: number;
  /** In the order of their bytes. */
  readonly files: readonly (T & { readonly offset: number })[];
}

export interface Uploads<T extends Blob> {
  readonly packs: readonly PlannedPack<T>[];
  readonly blobs: readonly T[];
}

/**
 * How content goes to the bucket. Each hash once; empty files have none to upload. Files that come one after the other
 * (by path) share a pack. `lanes`: uploads at once, so that packs are made to keep all of them busy.
 */
export function planUploads<T extends Blob>(files: Iterable<T>, lanes: number): Uploads<T> {
  const seen = new Set<string>();
  const [small, blobs]: [T[], T[]] = [[], []];
  for (const file of files) {
    if (file.size === 0 || seen.has(file.hash)) continue;
    seen.add(file.hash);
    (file.size < SMALL ? small : blobs).push(file);
  }
  const total = small.reduce((sum, { size }) => sum + size, 0);
  const limit = Math.min(PACK_LIMIT, Math.max(PACK_LEAST, Math.ceil(total / Math.max(1, lanes))));
  const packs: { size: number; files: (T & { offset: number })[] }[] = [];
  for (const file of small) {
    let pack = packs.at(-1);
    if (pack === undefined || pack.size + file.size > limit) packs.push((pack = { size: 0, files: [] }));
    pack.files.push({ ...file, offset: pack.size });
    pack.size += file.size;
  }
  return { packs, blobs };
}
