import { AuraError } from "../../shared/errors.js";
import { blobKey } from "../../sync/keys.js";
import { HELD } from "../../sync/pack.js";
import { type FileSource, type OpenFile, SourceChanged, StoreError, type UploadState } from "../../sync/ports.js";
import type { ToUpload } from "./content-upload.js";
import type { RootParts } from "./parts.js";

/** Bytes above which a file is never held as a whole. */
export const LARGE = HELD;

type Parts = Pick<RootParts, "store" | "state" | "folder" | "partsAbove" | "cutOff">;

/** With how many of its bytes are in the bucket, or on their way. */
type OnSent = (bytes: number) => void;

/**
 * Sends a file that is not held: in one request or, when it is larger than that, in parts, going on where an earlier upload
 * of the same content was cut off. False when the file changed since it was hashed: nothing is in the bucket then. Rejects
 * with StoreError.
 */
export async function uploadLarge(parts: Parts, file: ToUpload, signal: AbortSignal, onSent: OnSent): Promise<boolean> {
  const { state } = parts;
  const key = blobKey(file.hash);
  const resume = state.uploads.get(key, file.size);
  const source = new Source(parts, file);
  try {
    if (resume === null && file.size <= parts.partsAbove && !parts.cutOff.has(file.hash))
      await sendWhole(parts, file, source, signal, onSent);
    else await sendInParts(parts, source, { key, resume, signal, onSent });
    state.uploads.forget(key);
    parts.cutOff.delete(file.hash);
    return true;
  } catch (error) {
    if (!isOfFile(error)) throw error;
    state.uploads.forget(key);
    return false;
  } finally {
    source.leave();
  }
}

async function sendWhole(parts: Parts, { hash }: ToUpload, source: Source, signal: AbortSignal, onSent: OnSent): Promise<void> {
  let hasBegun = false;
  const told: OnSent = (bytes) => {
    hasBegun = true;
    onSent(bytes);
  };
  try {
    await parts.store.putFile(blobKey(hash), source, { sha256: hash, onSent: told, beforeEnd: () => source.end(), signal });
  } catch (error) {
    if (hasBegun && error instanceof StoreError && error.kind === "offline") parts.cutOff.add(hash);
    throw error;
  }
}

interface PartsOptions {
  readonly key: string;
  readonly resume: UploadState | null;
  readonly signal: AbortSignal;
  readonly onSent: OnSent;
}

async function sendInParts({ store, state }: Parts, source: Source, { key, resume, signal, onSent }: PartsOptions): Promise<void> {
  await store.putParts(key, source, {
    ...(resume === null ? {} : { resume }),
    onProgress: (upload) => {
      state.uploads.put(key, source.size, upload);
      onSent(Object.keys(upload.parts).length * upload.partSize);
    },
    beforeComplete: async () => source.end(),
    signal,
  });
}

/** The file, opened when it is first read. What was hashed is what was sent only if it stayed the same all the while. */
class Source implements FileSource {
  readonly size: number;
  private open: OpenFile | null = null;

  constructor(
    private readonly parts: Parts,
    private readonly file: ToUpload,
  ) {
    this.size = file.size;
  }

  async read(range: Parameters<FileSource["read"]>[0]): Promise<Uint8Array> {
    this.open ??= this.parts.folder.openFile(this.file.path, this.file.stat);
    return this.open.read(range);
  }

  /** Throws SourceChanged. */
  end(): void {
    const { open } = this;
    this.open = null;
    open?.close();
  }

  leave(): void {
    try {
      this.end();
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
