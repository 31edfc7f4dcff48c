import type { Path } from "../../sync/entry.js";
import type { SyncReport, TickRequest } from "../../sync/tick.js";
import { manifestId } from "../../sync/keys.js";
import { holdHere } from "./brakes.js";
import { bringIn, isBroughtIn } from "./bring-in.js";
import { listHeads } from "./heads.js";
import { tellChanges } from "./local-changes.js";
import { mergeOthers } from "./merge-others.js";
import { breathe } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { scan } from "./scan.js";
import { foldersOf, lookAgain, remember, standing } from "./standing.js";
import { UNTOLD } from "./state/row.js";
import type { Tally } from "./tally.js";

/**
 * One tick. Whatever ends it early leaves a state from which the next one goes on. Rejects with StoreError, AuraError,
 * FormatError, or the signal's reason.
 */
export async function runTick(parts: RootParts, request: TickRequest, tally: Tally, signal: AbortSignal): Promise<SyncReport> {
  const began = performance.now();
  const before = parts.store.requests();
  const forget = request.dryRun === true ? parts.state.draft() : null;
  try {
    const inSync = await tickOnce(parts, request, tally, signal);
    const { rootId: root_id, deviceId: device_id } = parts.identity;
    const manifest = parts.state.meta.get("own")?.chain[0]?.key;
    return tally.report({
      root_id,
      device_id,
      dry_run: request.dryRun === true,
      manifest_id: manifest === undefined ? null : manifestId(manifest),
      requests: since(before, parts.store.requests()),
      in_sync: inSync,
      duration_ms: Math.round(performance.now() - began),
    });
  } finally {
    forget?.();
  }
}

/** Whether all is in step then. */
async function tickOnce(parts: RootParts, request: TickRequest, tally: Tally, signal: AbortSignal): Promise<boolean> {
  const { state } = parts;
  const folders = foldersOf(state, request.folders);
  try {
    return await step(parts, request, folders, tally, signal);
  } catch (error) {
    lookAgain(state, folders, tally.again);
    throw error;
  }
}

async function step(
  parts: RootParts,
  request: TickRequest,
  folders: readonly Path[] | undefined,
  tally: Tally,
  signal: AbortSignal,
): Promise<boolean> {
  const { state, identity, store } = parts;
  const listing = listHeads(store, signal);
  listing.catch(() => {});
  // The request goes out before the scan has the thread to itself.
  await breathe();
  const isWhole = folders === undefined;
  const found = scan(parts, folders);
  tally.scanned = found.scanned;
  tally.progress("scan", { files: found.scanned, bytes: 0 }, { files: found.scanned, bytes: 0 });
  const earlier = standing(state, found, isWhole);
  await mergeOthers(parts, await listing, tally, signal);

  const confirmed = request.confirm === true;
  const here = identity.mode === "push" ? null : holdHere(parts, confirmed);
  const unread = await tellChanges({ parts, request, isWhole, tally, signal }, found.found, here !== null);
  const held = tally.held ?? (confirmed ? null : earlier.held);
  tally.held ??= here ?? held;
  const problems = [...earlier.problems, ...found.problems, ...unread];
  for (const problem of problems) tally.problem(problem);
  if (identity.mode !== "push") await bringIn(parts, request, tally, tally.held !== null, signal);
  remember(state, { problems, held }, tally.again);
  const isTold = identity.mode === "pull" || state.paths.count(UNTOLD) === 0;
  const isDone = tally.held === null && tally.again.size === 0 && tally.allProblems().length === 0;
  return isDone && isTold && (identity.mode === "push" || isBroughtIn(parts));
}

function since(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  const counts = Object.entries(after).map(([operation, count]) => [operation, count - (before[operation] ?? 0)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
