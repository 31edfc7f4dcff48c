import type { Path } from "../../sync/entry.js";
import { counterOf } from "../../sync/vector.js";
import { type ListedHead, type News, readNews } from "./heads.js";
import { forgetHead, settleOwnHead } from "./own-head.js";
import type { RootParts } from "./parts.js";
import { forgetMissing } from "./replace-missing.js";
import { Rows } from "./rows.js";
import { type Incoming, takeIn } from "./take-in.js";
import type { Tally } from "./tally.js";

/** Reads what the other devices tell, and merges it into what is wanted. Rejects with StoreError, or AuraError. */
export async function mergeOthers(parts: RootParts, listed: readonly ListedHead[], tally: Tally, signal: AbortSignal): Promise<void> {
  const { state, store, identity, limits } = parts;
  const me = identity.deviceId;
  const own = listed.find(({ device }) => device === me);
  const isMissing = state.meta.get("own") !== null && own === undefined;
  const standing = await settleOwnHead(parts, own, signal);
  const seen = new Map(state.heads.all().map(({ device, etag }) => [device, etag]));
  const missing = [...seen.keys()].filter((device) => device !== me && !listed.some((head) => head.device === device));
  for (const device of missing) forgetHead(parts, device);
  // Somebody has tidied up, emptied the bucket or put another in its place: what it had may be gone.
  if (isMissing || missing.length > 0) await forgetMissing(parts, signal);

  const isNews = ({ device, etag, sure }: ListedHead): boolean => device !== me && !(sure && seen.get(device) === etag);
  const toRead = identity.mode === "push" ? [] : listed.filter(isNews);
  if (standing === "read" && own !== undefined) toRead.push(own);
  if (toRead.length === 0) return;
  const isMerged = (object: string): boolean => state.heads.isMerged(object);
  const { news, problems } = await readNews(toRead, { store, rootId: identity.rootId, lanes: limits.maxTransfers, isMerged, signal });
  for (const problem of problems) tally.problem(problem);
  for (const path of takeInNews(parts, news)) tally.conflict(path);
}

/** Conflict copies that came of it. */
function takeInNews({ state, identity }: RootParts, news: readonly News[]): Path[] {
  const incoming: Incoming[] = [];
  let counter = state.meta.get("counter") ?? 1;
  for (const { entries } of news) {
    for (const { path, entry, location } of entries.values()) {
      incoming.push({ path, entry, location, told: true });
      counter = Math.max(counter, counterOf(entry.vector, identity.deviceId) + 1);
    }
  }
  return state.transaction(() => {
    const rows = new Rows(state);
    const { copies } = takeIn(state, rows, incoming, { mirror: identity.mode === "pull" });
    rows.write();
    for (const { head, objects } of news) state.heads.put(head, objects);
    state.meta.set("counter", counter);
    return copies.map(({ path }) => path);
  });
}
