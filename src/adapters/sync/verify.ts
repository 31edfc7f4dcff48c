import { createHash } from "node:crypto";
import type { FileContent, Path } from "../../sync/entry.js";
import type { VerifyReport } from "../../sync/engine-port.js";
import { FormatError } from "../../sync/format-error.js";
import { StoreError } from "../../sync/ports.js";
import type { TickProgress } from "../../sync/tick.js";
import { type Group, groupsOf } from "./download.js";
import { isOfObject, listHeads } from "./heads.js";
import { inParallel } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { hasToTell, publish } from "./publish.js";
import { startAnew } from "./own-head.js";
import { readHead, readManifest } from "./read-manifest.js";
import { forgetPlaces, replaceMissing } from "./replace-missing.js";
import { sha256 } from "./sha256.js";
import type { Row } from "./state/row.js";

export interface VerifyOptions {
  readonly repair: boolean;
  readonly onProgress?: (progress: TickProgress) => void;
}

/** Larger ones are read piece by piece. */
const STREAMED = 16 << 20;

/**
 * Reads back all content that is wanted, and the manifests of all heads, and checks every byte. With `repair` this device
 * uploads again what it still has, and tells where that is. Rejects with StoreError, AuraError.
 */
export async function verify(parts: RootParts, options: VerifyOptions, signal: AbortSignal): Promise<VerifyReport> {
  return new Verification(parts, options, signal).run();
}

class Verification {
  private readonly objects = new Set<string>();
  private bytes = 0;
  /** What is wrong with each path or key. */
  private readonly bad = new Map<string, string>();
  private readonly badObjects = new Set<string>();
  private readonly repaired = new Set<string>();

  constructor(
    private readonly parts: RootParts,
    private readonly options: VerifyOptions,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<VerifyReport> {
    await this.checkManifests();
    await this.checkContent();
    if (this.options.repair && this.bad.size > 0 && this.parts.identity.mode !== "pull") await this.repair();
    const bad = Array.from(this.bad, ([path, message]) => ({ path, message, repaired: this.repaired.has(path) }));
    return { objects: this.objects.size, bytes: this.bytes, bad: bad.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  }

  private async checkManifests(): Promise<void> {
    const { store, identity, limits } = this.parts;
    for (const { device } of await listHeads(store, this.signal)) {
      await this.check(`devices/${device}/head.json`, async () => {
        const head = await readHead(store, device, identity.rootId, this.signal);
        const { header } = await readManifest(store, head.manifest, this.signal);
        this.objects.add(head.manifest);
        await inParallel(header.bases, limits.maxTransfers, async (key) => {
          await this.check(key, () => readManifest(store, key, this.signal));
          this.objects.add(key);
        });
      });
    }
  }

  /** What is wrong with the object is noted; anything else is thrown. */
  private async check(name: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof StoreError && isOfObject(error))) throw error;
      this.bad.set(name, error.message);
    }
  }

  private async checkContent(): Promise<void> {
    const rows: Row[] = [];
    this.parts.state.paths.each((row) => {
      if (row.location !== null) rows.push(row);
    });
    const files = rows.flatMap(({ path, want, location }) =>
      want?.content.type === "file" && location !== null ? [{ path, content: want.content, location }] : [],
    );
    const total = { files: files.length, bytes: files.reduce((sum, { content }) => sum + content.size, 0) };
    let done = 0;
    await inParallel(groupsOf(files), this.parts.limits.maxTransfers, async (group) => {
      this.objects.add(group.object);
      await this.checkGroup(group);
      done += group.files.length;
      this.bytes += group.length;
      this.options.onProgress?.({ stage: "download", files: done, bytes: this.bytes, filesTotal: total.files, bytesTotal: total.bytes });
    });
    for (const { path, message } of this.placeless()) this.bad.set(path, message);
  }

  private *placeless(): Iterable<{ readonly path: Path; readonly message: string }> {
    for (const { path } of this.parts.state.paths.placeless()) yield { path, message: "its content is not in the bucket" };
  }

  private async checkGroup(group: Group): Promise<void> {
    try {
      if (group.length > STREAMED) return await this.checkStreamed(group);
      const bytes = await this.parts.store.get(group.object, { offset: group.offset, length: group.length }, this.signal);
      for (const { path, content, location } of group.files) {
        const from = location.offset - group.offset;
        if (sha256(bytes.subarray(from, from + content.size)) !== content.hash) this.damaged(group.object, path);
      }
    } catch (error) {
      if (!(error instanceof StoreError && isOfObject(error))) throw error;
      this.badObjects.add(group.object);
      for (const { path } of group.files) this.bad.set(path, error.message);
    }
  }

  private async checkStreamed({ object, offset, length, files }: Group): Promise<void> {
    const hash = createHash("sha256");
    for await (const piece of this.parts.store.read(object, { offset, length }, this.signal)) hash.update(piece);
    const found = hash.digest("hex");
    for (const { path, content } of files) if (content.hash !== found) this.damaged(object, path);
  }

  private damaged(object: string, path: Path): void {
    this.badObjects.add(object);
    this.bad.set(path, `its content in the bucket is damaged (${object})`);
  }

  private async repair(): Promise<void> {
    const { state } = this.parts;
    const wanted = new Map<Path, FileContent>();
    state.paths.each(({ path, want }) => {
      if (this.bad.has(path) && want?.content.type === "file") wanted.set(path, want.content);
    });
    // Of a pack all files are sent again: what is damaged beside them nobody has looked at.
    forgetPlaces(state, (object) => this.badObjects.has(object));
    await replaceMissing(this.parts, this.signal);
    for (const path of wanted.keys()) if (state.paths.get(path)?.location != null) this.repaired.add(path);
    const own = state.meta.get("own");
    const ownObjects = new Set([`devices/${this.parts.identity.deviceId}/head.json`, ...(own?.chain.map(({ key }) => key) ?? [])]);
    const ownBad = [...this.bad.keys()].filter((name) => ownObjects.has(name));
    if (ownBad.length > 0 && own !== null) startAnew(this.parts, { ...own, chain: [] });
    if (hasToTell(this.parts, false)) await publish(this.parts, this.signal);
    for (const name of ownBad) this.repaired.add(name);
  }
}
