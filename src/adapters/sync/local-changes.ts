import { isLive } from "../../sync/content.js";
import type { Path } from "../../sync/entry.js";
import { hasBytes } from "../../sync/manifest.js";
import { type PathProblem, StoreError } from "../../sync/ports.js";
import type { Amount, TickRequest } from "../../sync/tick.js";
import { holdTold, mayHold, pathsGone } from "./brakes.js";
import { ContentUpload } from "./content-upload.js";
import type { RootParts } from "./parts.js";
import { hasToTell, publish } from "./publish.js";
import { type Read, readFiles } from "./read-files.js";
import { type Edits, recordEdits } from "./record-edits.js";
import { replaceMissing } from "./replace-missing.js";
import type { Found } from "./scan.js";
import type { Tally } from "./tally.js";

/** What is uploaded is told at least this often, so that a first upload of days is never content that no manifest names. */
const TELL_MS = 10 * 60_000;

/** Files that are read, uploaded and remembered before the next are. */
const AT_ONCE = 20_000;

export interface LocalChanges {
  readonly parts: RootParts;
  readonly request: TickRequest;
  /** The whole root was scanned. */
  readonly isWhole: boolean;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/**
 * Takes what the scan found: reads it, uploads what is only here, makes versions of it and tells them. `hold`: nothing that is
 * missing is told as deleted. Resolves with what could not be read.
 */
export async function tellChanges(context: LocalChanges, found: readonly Found[], hold: boolean): Promise<readonly PathProblem[]> {
  const { parts, tally, signal } = context;
  const gone = hold || (await isHeld(context, found)) ? [] : pathsGone(found);
  tally.upload.expect(totalOf(found));
  const upload = new ContentUpload(parts, signal, tally.upload);
  try {
    return await tellAll(context, found, gone, upload);
  } finally {
    await upload.settle();
    tally.uploaded.files += upload.files;
    tally.uploaded.bytes += upload.bytes;
  }
}

async function tellAll(
  context: LocalChanges,
  found: readonly Found[],
  gone: readonly Path[],
  upload: ContentUpload,
): Promise<readonly PathProblem[]> {
  const { parts, request, tally, signal } = context;
  const tells = parts.identity.mode !== "pull" && request.dryRun !== true;
  const problems: PathProblem[] = [];
  let toldAt = performance.now();
  const isEnough = (files: number): boolean => files >= AT_ONCE || (files > 0 && performance.now() - toldAt > TELL_MS);
  let rest = found.filter(({ stat }) => stat !== null);
  do {
    const result = await readFiles(rest, { ...parts, upload: tells ? upload : null, signal, isEnough });
    await upload.finish();
    rest = [...result.rest];
    problems.push(...result.problems);
    const { ready, left } = tells ? sortOut(result.read, upload) : { ready: result.read, left: [] };
    for (const path of [...result.left, ...left]) tally.again.add(path);
    count(
      context,
      recordEdits(parts, ready, rest.length === 0 ? gone : [], (hash) => upload.locationOf(hash)),
    );
    if (!tells || (rest.length > 0 && performance.now() - toldAt < TELL_MS)) continue;
    if (rest.length === 0) {
      problems.push(...(await replaceLost(context)));
      if (context.isWhole) await abandonUploads(context, upload);
    }
    if (!hasToTell(parts, isQuiet(request, found))) continue;
    tally.progress("publish", upload, upload);
    await publish(parts, signal);
    toldAt = performance.now();
  } while (rest.length > 0);
  return problems;
}

/** Whether so much is missing that a person has to see it first. */
async function isHeld({ parts, request, tally, signal }: LocalChanges, found: readonly Found[]): Promise<boolean> {
  const confirmed = request.confirm === true;
  if (!mayHold(parts, found, confirmed)) return false;
  const { read } = await readFiles(found, { ...parts, upload: null, signal });
  const held = holdTold(parts, found, read, confirmed);
  if (held !== null) tally.held = held;
  return held !== null;
}

/** Nothing happens here: what only others tell may be told too. */
function isQuiet({ trigger }: TickRequest, found: readonly Found[]): boolean {
  return found.length === 0 && (trigger === "interval" || trigger === "startup");
}

/** Those whose bytes are in the bucket; what changed before it was sent, and what has the same bytes as that, waits. */
function sortOut(read: readonly Read[], upload: ContentUpload): { readonly ready: Read[]; readonly left: string[] } {
  const ready: Read[] = [];
  const left: string[] = [];
  for (const one of read) {
    const { path, content } = one;
    const isMissing = content.type === "file" && hasBytes(content) && upload.locationOf(content.hash) === null;
    if (isMissing || upload.changed.has(path)) left.push(path);
    else ready.push(one);
  }
  return { ready, left };
}

function count({ tally, request, parts }: LocalChanges, { edited, copies }: Edits): void {
  for (const path of copies) tally.conflict(path);
  for (const { path, entry } of edited) {
    const { content } = entry;
    if (!isLive(content)) tally.deleted.told++;
    if (request.dryRun !== true) continue;
    const isNew = content.type === "file" && hasBytes(content) && parts.state.paths.locationOf(content.hash) === null;
    tally.plan.push({ action: !isLive(content) ? "delete-told" : isNew ? "upload" : "tell", path });
    if (!isNew) continue;
    tally.uploaded.files++;
    tally.uploaded.bytes += content.size;
  }
}

/** What the bucket has lost, and this device has. */
async function replaceLost({ parts, tally, signal }: LocalChanges): Promise<readonly PathProblem[]> {
  const { problems, files, bytes } = await replaceMissing(parts, signal, tally.upload);
  tally.uploaded.files += files;
  tally.uploaded.bytes += bytes;
  return problems;
}

/** Parts in the bucket of files that are not as they were any more: nobody else would remove them soon. */
async function abandonUploads({ parts }: LocalChanges, { large }: ContentUpload): Promise<void> {
  for (const { object, uploadId } of parts.state.uploads.all()) {
    if (large.has(object)) continue;
    try {
      await parts.store.abortUpload(object, uploadId);
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === "not_found")) throw error;
    }
    parts.state.uploads.forget(object);
  }
}

function totalOf(found: readonly Found[]): Amount {
  const files = found.flatMap(({ stat }) => (stat?.type === "file" ? [stat.size] : []));
  return { files: files.length, bytes: files.reduce((sum, size) => sum + size, 0) };
}
