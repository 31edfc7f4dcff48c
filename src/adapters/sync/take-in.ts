import type { Entry, Location, Path } from "../../sync/entry.js";
import { hasBytes } from "../../sync/manifest.js";
import { settle, type Settled, type SettleOptions } from "../../sync/structure.js";
import type { Rows } from "./rows.js";
import { sameVersion, TOLD_BY_OTHERS, UNTOLD } from "./state/row.js";
import type { RootState } from "./state/state.js";

/** A version to merge into what is wanted. */
export interface Incoming {
  readonly path: Path;
  readonly entry: Entry;
  /** Null for what has no bytes. */
  readonly location: Location | null;
  /** A head in the bucket names it. */
  readonly told: boolean;
}

/**
 * Merges versions into what is wanted and settles what follows; into `rows`, which the caller writes. What a head names
 * already need not be told again by this device.
 */
export function takeIn(state: RootState, rows: Rows, incoming: readonly Incoming[], options: SettleOptions = {}): Settled {
  if (incoming.length === 0) return { changes: new Map(), copies: [] };
  rows.expect(incoming.length);
  const view = { get: (path: Path) => rows.get(path).want ?? undefined, childrenOf: (path: Path) => state.paths.childrenOf(path) };
  const settled = settle(
    view,
    incoming.map(({ path, entry }) => [path, entry] as const),
    options,
  );
  const told = new Map<Path, Incoming[]>();
  const places = new Map<string, Location>();
  for (const one of incoming) {
    if (one.told) told.set(one.path, [...(told.get(one.path) ?? []), one]);
    if (one.entry.content.type === "file" && one.location !== null) places.set(one.entry.content.hash, one.location);
  }
  const changed = Array.from(settled.changes, ([path, want]) => {
    const row = rows.get(path);
    const isTold = told.get(path)?.some(({ entry }) => isSame(entry, want)) === true;
    return { ...row, want, location: locationOf(want, row, places, state), told: isTold ? TOLD_BY_OTHERS : UNTOLD };
  });
  // Not before: a content that a path loses may be that of a conflict copy.
  for (const row of changed) rows.set(row);
  for (const one of incoming) if (!settled.changes.has(one.path)) keepPlace(state, rows, one);
  return settled;
}

type Located = Pick<ReturnType<Rows["get"]>, "want" | "location">;

function locationOf(entry: Entry, row: Located, places: ReadonlyMap<string, Location>, state: RootState): Location | null {
  const { content } = entry;
  if (content.type !== "file" || !hasBytes(content)) return null;
  if (row.want?.content.type === "file" && row.want.content.hash === content.hash && row.location !== null) return row.location;
  return places.get(content.hash) ?? state.paths.locationOf(content.hash);
}

/** The same content elsewhere in the bucket. What only others tell is where they say; should it be lost, there is the other. */
function keepPlace(state: RootState, rows: Rows, { path, entry, location, told }: Incoming): void {
  const row = rows.get(path);
  if (location === null || entry.content.type !== "file" || row.want?.content.type !== "file") return;
  if (row.want.content.hash !== entry.content.hash || location.object === row.location?.object) return;
  if (row.location === null) rows.set({ ...row, location });
  else if (told && row.told === TOLD_BY_OTHERS) {
    state.places.also(entry.content.hash, row.location);
    rows.set({ ...row, location });
  } else state.places.also(entry.content.hash, location);
}

function isSame(a: Entry, b: Entry): boolean {
  return sameVersion(a, b) && a.by === b.by && a.mtimeMs === b.mtimeMs;
}
