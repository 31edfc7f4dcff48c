import { AuraError } from "../../shared/errors.js";
import { FormatError } from "../../sync/format-error.js";
import { headKey } from "../../sync/keys.js";
import type { ListedHead } from "./heads.js";
import type { RootParts } from "./parts.js";
import { readHead } from "./read-manifest.js";
import type { OwnHead } from "./state/meta.js";
import { TOLD_BY_OTHERS, UNTOLD } from "./state/row.js";

/** What this device's own head in the bucket means for its state. */
export type OwnStanding =
  /** As this device wrote it last; nothing to read. */
  | "known"
  /** There is none. */
  | "none"
  /** Written by this device, but its state does not know: read it as another device's. */
  | "read";

type Parts = Pick<RootParts, "store" | "state" | "identity">;

/**
 * Compares the own head in the bucket with what was written last. A head whose writing nobody answered is found out here to
 * be written or not. Rejects with AuraError when somebody else writes as this device, StoreError when nobody answers.
 */
export async function settleOwnHead(parts: Parts, listed: ListedHead | undefined, signal: AbortSignal): Promise<OwnStanding> {
  const { state, store, identity } = parts;
  const own = state.meta.get("own");
  const pending = state.meta.get("pending");
  if (listed === undefined) {
    // Never written, or deleted since: everything is told anew.
    rollBack(parts);
    if (own !== null) startAnew(parts, null);
    return "none";
  }
  if (own !== null && own.etag === listed.etag && listed.sure) {
    rollBack(parts);
    return "known";
  }
  const head = await readHead(store, identity.deviceId, identity.rootId, signal).catch((error: unknown) => {
    if (error instanceof FormatError && error.kind === "damaged") return null;
    throw error;
  });
  if (head === null) {
    rollBack(parts);
    startAnew(parts, { etag: listed.etag, seq: own?.seq ?? 0, chain: [] });
    return "known";
  }
  if (pending !== null && head.manifest === pending.chain[0]?.key) {
    wrote(parts, { ...pending, etag: listed.etag });
    return "known";
  }
  rollBack(parts);
  if (own !== null && head.manifest === own.chain[0]?.key) {
    if (own.etag !== listed.etag) state.meta.set("own", { ...own, etag: listed.etag });
    return "known";
  }
  if (own !== null && head.instance !== state.instance) throw twoWriters(parts);
  // The state was lost, or is an old copy: what is told holds, and the next manifest says all of it again.
  startAnew(parts, { etag: listed.etag, seq: Math.max(head.seq, own?.seq ?? 0), chain: [] });
  return "read";
}

/** The head was written: what it names is told. */
export function wrote({ state }: Pick<RootParts, "state">, own: OwnHead): void {
  state.transaction(() => {
    state.meta.set("own", own);
    state.meta.set("pending", null);
    state.places.forgetUploaded("all");
  });
}

/** The head that was to be written is not there: nothing of its manifest is told. */
export function rollBack({ state }: Pick<RootParts, "state">): void {
  const pending = state.meta.get("pending");
  if (pending === null) return;
  state.transaction(() => {
    state.paths.retell(pending.seq, UNTOLD);
    state.meta.set("pending", null);
  });
}

/** The next manifest says everything. */
export function startAnew({ state }: Pick<RootParts, "state">, own: OwnHead | null): void {
  state.transaction(() => {
    state.paths.retell("all", UNTOLD);
    state.meta.set("own", own);
  });
}

/** The devices that have told something are fewer: what only they told is told by this one. */
export function forgetHead({ state }: Pick<RootParts, "state">, device: string): void {
  state.transaction(() => {
    state.heads.forget(device);
    state.paths.retell(TOLD_BY_OTHERS, UNTOLD);
  });
}

export function twoWriters({ identity, state }: Pick<RootParts, "identity" | "state">): AuraError {
  return new AuraError(
    "config_invalid",
    `another machine writes to this root as device ${identity.deviceId} too (${headKey(identity.deviceId)})`,
    {
      effect: "nothing was uploaded",
      fix: `give one of the two another device_id in .aura/root.toml; if there is only this one, an old copy of ${state.file} is in use: move it away`,
    },
  );
}
