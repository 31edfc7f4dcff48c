import { AuraError } from "../../shared/errors.js";
import { blobKey } from "../../sync/keys.js";
import { PART_ABOVE } from "../../sync/pack.js";
import { type OpenFile, SourceChanged, StoreError } from "../../sync/ports.js";
import type { ToUpload } from "./content-upload.js";
import type { RootParts } from "./parts.js";

/** Bytes above which a file is never held as a whole. */
export const LARGE = PART_ABOVE;

/**
 * Sends a file in parts, going on where an earlier upload of the same content was cut off. False when the file changed
 * since it was hashed: nothing is in the bucket then. Rejects with StoreError.
 */
export async function uploadLarge(
  { store, state, folder }: Pick<RootParts, "store" | "state" | "folder">,
  { path, stat, hash, size }: ToUpload,
  signal: AbortSignal,
  /** With how many of its bytes are in the bucket. */
  onSent: (bytes: number) => void,
): Promise<boolean> {
  const key = blobKey(hash);
  const resume = state.uploads.get(key, size);
  let file: OpenFile | null = null;
  const close = (): void => {
    const open = file;
    file = null;
    open?.close();
  };
  try {
    const source = folder.openFile(path, stat);
    file = source;
    await store.putParts(
      key,
      { size, read: async (range) => source.read(range) },
      {
        ...(resume === null ? {} : { resume }),
        onProgress: (upload) => {
          state.uploads.put(key, size, upload);
          onSent(Object.keys(upload.parts).length * upload.partSize);
        },
        // What was hashed is what was sent only if it stayed the same all the while.
        beforeComplete: async () => close(),
        signal,
      },
    );
    state.uploads.forget(key);
    return true;
  } catch (error) {
    if (!isOfFile(error)) throw error;
    state.uploads.forget(key);
    return false;
  } finally {
    try {
      close();
    } catch {
      // What matters was thrown already.
    }
  }
}

/** The file changed, or cannot be read any more: the next tick sees what it is then. */
function isOfFile(error: unknown): boolean {
  if (error instanceof SourceChanged) return true;
  return error instanceof StoreError ? error.kind === "changed" : error instanceof AuraError && error.code === "refused";
}
