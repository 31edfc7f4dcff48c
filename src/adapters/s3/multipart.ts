import { type FileSource, type PutPartsOptions, SourceChanged, StoreError, type UploadState } from "../../sync/ports.js";
import { linkedAbort } from "./abort.js";
import { partCountOf, partRangeOf, partSizeOf, workersOf } from "./part-size.js";

/** The requests of one multipart upload of one key; each rejects with StoreError. */
export interface PartRequests {
  create(signal?: AbortSignal): Promise<string>;
  upload(uploadId: string, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<{ readonly etag: string }>;
  /** What the server has of it; null when it knows no such upload. */
  listed(uploadId: string, signal?: AbortSignal): Promise<ReadonlyMap<number, ListedPart> | null>;
  complete(uploadId: string, parts: readonly SentPart[], signal?: AbortSignal): Promise<{ readonly etag: string }>;
  abort(uploadId: string): Promise<void>;
}

export interface ListedPart {
  readonly etag: string;
  readonly size: number;
}

export interface SentPart {
  readonly number: number;
  readonly etag: string;
}

export interface PartLimits {
  readonly maxTransfers: number;
  readonly minPartSize?: number;
  /** Runs `send` when fewer than the allowed number of transfers run. */
  transfer<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T>;
}

/** Of these an upload may still come to its end, in another call. */
const PASSING: readonly string[] = ["offline", "aborted", "denied", "no_bucket"];

/** `ObjectStore.putParts` over the single requests. An upload that cannot be completed any more is aborted. */
export async function putInParts(
  requests: PartRequests,
  source: FileSource,
  options: PutPartsOptions,
  limits: PartLimits,
): Promise<{ readonly etag: string }> {
  const upload = await beginUpload(requests, source, options, limits);
  try {
    await sendParts(upload, requests, source, options, limits);
    await options.beforeComplete?.();
    const parts = upload.numbers.map((number) => ({ number, etag: upload.parts.get(number)! }));
    return await requests.complete(upload.id, parts, options.signal);
  } catch (error) {
    // When that fails too, the upload is one of those that are listed and aborted when they are old.
    if (!(error instanceof StoreError && PASSING.includes(error.kind))) await requests.abort(upload.id).catch(() => {});
    throw error instanceof SourceChanged ? new StoreError("changed", error.message, { cause: error }) : error;
  }
}

interface Upload {
  readonly id: string;
  readonly partSize: number;
  readonly numbers: readonly number[];
  /** ETag by number, of those that the server has. */
  readonly parts: Map<number, string>;
}

async function beginUpload(requests: PartRequests, source: FileSource, options: PutPartsOptions, limits: PartLimits): Promise<Upload> {
  const resumed = options.resume === undefined ? null : await resumeUpload(requests, source, options.resume, options.signal);
  if (resumed !== null) return resumed;
  const partSize = partSizeOf(source.size, limits.minPartSize);
  const upload: Upload = {
    id: await requests.create(options.signal),
    partSize,
    numbers: numbersTo(partCountOf(source.size, partSize)),
    parts: new Map(),
  };
  options.onProgress?.(stateOf(upload));
  return upload;
}

/** Only parts that both sides remember alike are kept: of another one nobody knows what is in it. */
async function resumeUpload(
  requests: PartRequests,
  source: FileSource,
  state: UploadState,
  signal: AbortSignal | undefined,
): Promise<Upload | null> {
  const listed = await requests.listed(state.uploadId, signal);
  if (listed === null) return null;
  const numbers = numbersTo(partCountOf(source.size, state.partSize));
  const parts = new Map<number, string>();
  for (const number of numbers) {
    const there = listed.get(number);
    const { length } = partRangeOf(number, source.size, state.partSize);
    if (there?.size === length && there.etag === state.parts[number]?.etag) parts.set(number, there.etag);
  }
  return { id: state.uploadId, partSize: state.partSize, numbers, parts };
}

async function sendParts(
  upload: Upload,
  requests: PartRequests,
  source: FileSource,
  options: PutPartsOptions,
  limits: PartLimits,
): Promise<void> {
  const missing = upload.numbers.filter((number) => !upload.parts.has(number));
  if (missing.length === 0) return;
  const abort = linkedAbort(options.signal);
  const failed: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = missing[next++]; number !== undefined && failed.length === 0; number = missing[next++]) {
      const range = partRangeOf(number, source.size, upload.partSize);
      const { etag } = await limits.transfer(abort.signal, async () =>
        requests.upload(upload.id, number!, await source.read(range), abort.signal),
      );
      upload.parts.set(number, etag);
      options.onProgress?.(stateOf(upload));
    }
  };
  // The first failure ends the others; the parts that they had sent by then are remembered.
  const one = (): Promise<void> =>
    work().catch((error: unknown) => {
      failed.push(error);
      abort.abort();
    });
  try {
    await Promise.all(Array.from({ length: workersOf(missing.length, upload.partSize, limits.maxTransfers) }, one));
  } finally {
    abort.unlink();
  }
  if (failed.length > 0) throw failed[0];
}

function stateOf(upload: Upload): UploadState {
  return {
    uploadId: upload.id,
    partSize: upload.partSize,
    parts: Object.fromEntries([...upload.parts].map(([number, etag]) => [number, { etag }])),
  };
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
