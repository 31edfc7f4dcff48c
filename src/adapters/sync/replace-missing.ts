import type { Path } from "../../sync/entry.js";
import { BLOBS, PACKS } from "../../sync/keys.js";
import type { PathProblem } from "../../sync/ports.js";
import { ContentUpload } from "./content-upload.js";
import type { RootParts } from "./parts.js";
import { readFiles } from "./read-files.js";
import type { Found } from "./scan.js";
import { StageProgress } from "./stage-progress.js";
import { UNTOLD } from "./state/row.js";
import type { RootState } from "./state/state.js";

/**
 * Uploads again what the bucket has lost and this device still has on disk, so that it can be told where it is. What is not
 * here is a problem of its path. Rejects with StoreError.
 */
export async function replaceMissing(
  parts: RootParts,
  signal: AbortSignal,
  progress = new StageProgress(),
): Promise<{
  readonly replaced: readonly Path[];
  readonly problems: readonly PathProblem[];
  readonly files: number;
  readonly bytes: number;
}> {
  const { state } = parts;
  const rows = state.paths.placeless();
  if (rows.length === 0) return { replaced: [], problems: [], files: 0, bytes: 0 };
  const upload = new ContentUpload(parts, signal, progress);
  const found: Found[] = [];
  for (const { want } of rows) {
    if (want?.content.type !== "file") continue;
    const [path] = state.paths.filesWith(want.content.hash);
    const stat = path === undefined ? null : state.paths.get(path)?.have?.stat;
    if (path !== undefined && stat != null) found.push({ path, stat });
  }
  progress.expect({ files: found.length, bytes: found.reduce((sum, { stat }) => sum + (stat?.size ?? 0), 0) });
  await readFiles(found, { ...parts, upload, signal });
  await upload.finish();
  const replaced: Path[] = [];
  const problems: PathProblem[] = [];
  state.transaction(() => {
    for (const row of rows) {
      const location = row.want?.content.type === "file" ? upload.locationOf(row.want.content.hash) : null;
      if (location === null) {
        problems.push({
          path: row.path,
          message: "its content is lost: it is not in the bucket, and not on this device; restore it where it still is",
        });
        continue;
      }
      state.paths.put({ ...row, location, told: UNTOLD });
      replaced.push(row.path);
    }
  });
  return { replaced, problems, files: upload.files, bytes: upload.bytes };
}

/** Lists what content the bucket has, and forgets the places of all that it has not. For a bucket that was emptied or exchanged. */
export async function forgetMissing({ store, state }: Pick<RootParts, "store" | "state">, signal: AbortSignal): Promise<void> {
  const there = new Set<string>();
  for (const prefix of [PACKS, BLOBS]) for await (const { key } of store.list(prefix, { signal })) there.add(key);
  forgetPlaces(state, (object) => !there.has(object));
}

/** Content in these objects is not relied on any more. */
export function forgetPlaces(state: RootState, isLost: (object: string) => boolean): void {
  state.transaction(() => {
    state.places.forget(isLost);
    const lost: Path[] = [];
    state.paths.each(({ path, location }) => {
      if (location !== null && isLost(location.object)) lost.push(path);
    });
    for (const path of lost) state.paths.put({ ...state.paths.get(path)!, location: null });
  });
}
