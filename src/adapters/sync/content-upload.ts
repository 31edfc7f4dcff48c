import type { Location, Path } from "../../sync/entry.js";
import { blobKey, packKey } from "../../sync/keys.js";
import { PACK_LIMIT, planUploads } from "../../sync/pack.js";
import type { FileStat } from "../../sync/ports.js";
import type { RootParts } from "./parts.js";
import { uploadLarge } from "./large-upload.js";
import { allOf } from "./parallel.js";
import { sha256 } from "./sha256.js";
import { StageProgress } from "./stage-progress.js";

/** Content to upload. */
export interface ToUpload {
  readonly path: Path;
  readonly stat: FileStat;
  readonly hash: string;
  readonly size: number;
  /** As they were hashed; null for what is too large to hold. */
  readonly bytes: Uint8Array | null;
}

/** Bytes that are gathered before they are sent: few at first, so that the network has something to do soon. */
const FIRST_WINDOW = 4 << 20;
const WINDOW = 2 * PACK_LIMIT;
/** Windows that are sent while the next is gathered. */
const SENT_AT_ONCE = 2;

/**
 * Uploads content as it is read: small files together in packs, others one by one. What was uploaded is remembered at
 * once, so that a tick that was cut off has not worked for nothing.
 */
export class ContentUpload {
  /** Where the content is that this device uploaded, now and in ticks that were cut off. */
  readonly places: Map<string, Location>;
  /** Files that changed before they were sent. */
  readonly changed = new Set<Path>();
  /** Keys of large objects that were asked for, uploaded or not. */
  readonly large = new Set<string>();
  files = 0;
  bytes = 0;
  /** Not so of a first upload, which has not to ask for each file. */
  private readonly hasTold: boolean;
  private readonly begun = new Set<string>();
  private gathered: ToUpload[] = [];
  private gatheredBytes = 0;
  private limit = FIRST_WINDOW;
  private readonly windows = new Set<Promise<void>>();
  private readonly largeOnes = new Set<Promise<void>>();
  private failures: unknown[] = [];

  constructor(
    private readonly parts: RootParts,
    private readonly signal: AbortSignal,
    private readonly progress = new StageProgress(),
  ) {
    this.places = parts.state.places.allUploaded();
    this.hasTold = parts.state.paths.hasLocations();
  }

  /** Whether the content is in the bucket, as far as anybody told, or on its way there. */
  has(hash: string): boolean {
    return this.begun.has(hash) || this.locationOf(hash) !== null;
  }

  locationOf(hash: string): Location | null {
    return this.places.get(hash) ?? (this.hasTold ? this.parts.state.paths.locationOf(hash) : null);
  }

  /** A file of which nothing is to be sent: it is there already, is empty, or cannot be read. */
  pass(size: number): void {
    this.progress.add({ files: 1, bytes: size });
  }

  /** Resolves when more may be gathered. Rejects when an upload has failed. */
  async add(file: ToUpload): Promise<void> {
    this.progress.begin();
    this.begun.add(file.hash);
    if (file.bytes === null) {
      this.large.add(blobKey(file.hash));
      return this.start(() => this.sendLarge(file), this.largeOnes, this.parts.limits.maxTransfers);
    }
    this.gathered.push(file);
    this.gatheredBytes += file.bytes.length;
    if (this.gatheredBytes >= this.limit) await this.sendGathered();
  }

  /** Resolves when everything is in the bucket. Rejects with StoreError. */
  async finish(): Promise<void> {
    await this.sendGathered();
    await this.settle();
    this.check();
  }

  /** Resolves when nothing is under way any more, whatever came of it. */
  async settle(): Promise<void> {
    await Promise.all([...this.windows, ...this.largeOnes]);
  }

  private async sendGathered(): Promise<void> {
    const files = this.gathered;
    this.gathered = [];
    this.gatheredBytes = 0;
    this.limit = Math.min(WINDOW, this.limit * 2);
    if (files.length > 0) await this.start(() => this.sendAll(files), this.windows, SENT_AT_ONCE);
  }

  /** Resolves when no more than `most` of these run: not with its end. */
  private async start(task: () => Promise<void>, underWay: Set<Promise<void>>, most: number): Promise<void> {
    this.check();
    const running = task()
      .catch((error: unknown) => void this.failures.push(error))
      .finally(() => underWay.delete(running));
    underWay.add(running);
    while (underWay.size > most) await Promise.race(underWay);
    this.check();
  }

  private check(): void {
    if (this.failures.length > 0) throw this.failures[0];
  }

  private async sendAll(files: readonly ToUpload[]): Promise<void> {
    const { packs, blobs } = planUploads(files, Math.ceil(this.parts.limits.maxTransfers / SENT_AT_ONCE));
    await allOf([...packs.map((pack) => this.sendPack(pack.files)), ...blobs.map((file) => this.sendBlob(file))]);
  }

  private async sendPack(files: readonly (ToUpload & { readonly offset: number })[]): Promise<void> {
    const body = Buffer.concat(files.map(({ bytes }) => bytes!));
    const hash = sha256(body);
    const key = packKey(hash);
    await this.parts.store.put(key, body, { sha256: hash, signal: this.signal });
    this.sent(key, files);
  }

  private async sendBlob(file: ToUpload): Promise<void> {
    const key = blobKey(file.hash);
    await this.parts.store.put(key, file.bytes!, { sha256: file.hash, signal: this.signal });
    this.sent(key, [{ ...file, offset: 0 }]);
  }

  private async sendLarge(file: ToUpload): Promise<void> {
    const progress = this.progress.file(file.size);
    if (await uploadLarge(this.parts, file, this.signal, (bytes) => progress.at(bytes))) {
      this.note(blobKey(file.hash), [{ ...file, offset: 0 }]);
    } else {
      this.changed.add(file.path);
      this.begun.delete(file.hash);
    }
    progress.end();
  }

  private sent(object: string, files: readonly (ToUpload & { readonly offset: number })[]): void {
    this.note(object, files);
    this.progress.add({ files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) });
  }

  private note(object: string, files: readonly (ToUpload & { readonly offset: number })[]): void {
    for (const { hash, offset } of files) this.places.set(hash, { object, offset });
    this.parts.state.places.uploaded({ object, files }, this.parts.now());
    this.files += files.length;
    for (const { size } of files) this.bytes += size;
  }
}
