import { GONE, isLive } from "../../sync/content.js";
import type { Content, Entry, Location, Path } from "../../sync/entry.js";
import { localEdit } from "../../sync/local-edit.js";
import { hasBytes } from "../../sync/manifest.js";
import type { RootParts } from "./parts.js";
import type { Read } from "./read-files.js";
import { Rows } from "./rows.js";
import type { Have } from "./state/row.js";
import { type Incoming, takeIn } from "./take-in.js";

export interface Edits {
  /** Versions that this device made. */
  readonly edited: readonly { readonly path: Path; readonly entry: Entry }[];
  /** Conflict copies that came of them. */
  readonly copies: readonly Path[];
}

/**
 * Makes versions of what differs on disk, and merges them into what is wanted; in one transaction. `locationOf` gives the
 * place of a content, which has to be in the bucket already. A root that does not tell (`pull`) only remembers what it has.
 */
export function recordEdits(
  { state, identity, now }: Pick<RootParts, "state" | "identity" | "now">,
  read: readonly Read[],
  gone: readonly Path[],
  locationOf: (hash: string) => Location | null,
): Edits {
  return state.transaction(() => {
    const rows = new Rows(state);
    rows.expect(read.length + gone.length);
    const counter = state.meta.get("counter") ?? 1;
    const context = { device: identity.deviceId, counter, nowMs: now() };
    const incoming: Incoming[] = [];
    const see = (path: Path, content: Content, found: Read | null): void => {
      const row = rows.get(path);
      const known = row.have?.entry ?? (identity.mode === "push" ? row.want : null);
      const seen = found === null ? null : { content, mtimeMs: found.stat.mtimeMs };
      const { have, edit } = localEdit(known, row.want ?? undefined, seen, context);
      rows.set({ ...row, have: haveOf(have, found) });
      if (edit !== null) incoming.push({ path, entry: edit, location: placeOf(edit, locationOf), told: false });
    };
    for (const one of read) see(one.path, one.content, one);
    for (const path of gone) see(path, GONE, null);
    const settled = identity.mode === "pull" ? null : takeIn(state, rows, incoming);
    rows.write();
    if (incoming.length > 0) state.meta.set("counter", counter + 1);
    return {
      edited: identity.mode === "pull" ? [] : incoming.map(({ path, entry }) => ({ path, entry })),
      copies: settled?.copies.map(({ path }) => path) ?? [],
    };
  });
}

function haveOf(entry: Entry | null, found: Read | null): Have | null {
  if (entry === null) return null;
  if (isLive(entry.content) !== (found !== null)) throw new Error("what is on disk was read as something else");
  return { entry, stat: found?.stat ?? null, settled: found?.settled ?? true };
}

function placeOf({ content }: Entry, locationOf: (hash: string) => Location | null): Location | null {
  return content.type === "file" && hasBytes(content) ? locationOf(content.hash) : null;
}
