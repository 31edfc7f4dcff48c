import { AuraError } from "../../shared/errors.js";
import type { Path } from "../../sync/entry.js";
import type { RestorePoint, RestoreReport } from "../../sync/engine-port.js";
import type { ManifestEntry } from "../../sync/manifest.js";
import { parentOf, pathProblem } from "../../sync/path.js";
import { SourceChanged, type TempFile } from "../../sync/ports.js";
import { fetchFiles } from "./download.js";
import { entriesUnder, pastState } from "./history.js";
import type { RootParts } from "./parts.js";
import { hashFile } from "./read-files.js";

/**
 * Puts a path back as it was; what is there now goes to the trash, what was not there then stays. To the next tick it is an
 * edit like any other. Rejects with AuraError `usage`, `not_found`, `sync_failed`, or StoreError.
 */
export async function restore(parts: RootParts, given: string, at: RestorePoint, signal: AbortSignal): Promise<RestoreReport> {
  const path = given.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  const wrong = path === "" || path === "." ? null : pathProblem(path);
  if (wrong !== null) throw new AuraError("usage", `${JSON.stringify(given)} ${wrong}`, { fix: "give a path relative to the root" });
  const { manifest, entries } = await pastState(parts.store, at, parts.limits.maxTransfers);
  const wanted = entriesUnder(entries, path === "." ? "" : path);
  if (wanted.length === 0) {
    throw new AuraError("not_found", `there was no ${JSON.stringify(given)} in ${manifest}`, {
      fix: "see other points with: aura-msg sync log",
    });
  }
  const restored = await new Restorer(parts, signal).restore(wanted);
  return { manifest, restored, unchanged: wanted.length - restored.length };
}

class Restorer {
  private readonly restored: Path[] = [];
  private readonly failed: string[] = [];

  constructor(
    private readonly parts: RootParts,
    private readonly signal: AbortSignal,
  ) {}

  async restore(wanted: readonly ManifestEntry[]): Promise<readonly Path[]> {
    const toPlace: ManifestEntry[] = [];
    for (const one of wanted) if (!(await this.isThere(one))) toPlace.push(one);
    const files = toPlace.filter(({ entry }) => entry.content.type === "file");
    // By path: folders come before what is in them.
    for (const one of toPlace) if (one.entry.content.type !== "file") this.place(one, null);
    const byPath = new Map(files.map((one) => [one.path, one]));
    const toFetch = files.flatMap(({ path, entry: { content }, location }) =>
      content.type === "file" ? [{ path, content, location }] : [],
    );
    await fetchFiles(toFetch, {
      parts: this.parts,
      signal: this.signal,
      onFile: (path, temp) => this.place(byPath.get(path)!, temp),
      onProblem: ({ path, message }) => this.failed.push(`${path}: ${message}`),
    });
    this.parts.folder.flush();
    if (this.failed.length > 0) {
      const rest = this.failed.length > 1 ? ` (and ${this.failed.length - 1} more)` : "";
      throw new AuraError("sync_failed", `${this.restored.length} restored, ${this.failed.length} not: ${this.failed[0]}${rest}`, {
        fix: "see the reason",
      });
    }
    return this.restored.toSorted();
  }

  private async isThere({ path, entry: { content } }: ManifestEntry): Promise<boolean> {
    const { folder } = this.parts;
    const stat = folder.stat(path);
    if (stat?.type !== content.type) return false;
    if (content.type === "link") return folder.readLink(path) === content.target;
    if (content.type !== "file") return true;
    if (stat.size !== content.size || stat.exec !== content.exec) return false;
    try {
      return (await hashFile(path, stat, folder, this.signal)) === content.hash;
    } catch (error) {
      if (error instanceof SourceChanged) return false;
      throw error;
    }
  }

  private place({ path, entry }: ManifestEntry, temp: TempFile | null): void {
    const { folder } = this.parts;
    this.makeParents(path);
    const placed = folder.place(path, entry.content, temp, folder.stat(path), entry.mtimeMs);
    if (placed.result === "done") this.restored.push(path);
    else {
      temp?.discard();
      this.failed.push(`${path}: ${placed.result === "kept" ? placed.why : "something else is in its place; move it away"}`);
    }
  }

  private makeParents(path: Path): void {
    const parent = parentOf(path);
    if (parent === "" || this.parts.folder.stat(parent)?.type === "dir") return;
    this.makeParents(parent);
    this.parts.folder.place(parent, { type: "dir" }, null, this.parts.folder.stat(parent), 0);
  }
}
