import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Row, TOLD_BY_OTHERS, UNTOLD } from "../../src/adapters/sync/state/row.js";
import { statText } from "../../src/adapters/sync/state/row-text.js";
import { Sqlite } from "../../src/adapters/sync/state/sqlite.js";
import { openState, type RootState } from "../../src/adapters/sync/state/state.js";
import type { Entry } from "../../src/sync/entry.js";
import type { FileStat } from "../../src/sync/ports.js";
import { AuraError } from "../../src/shared/errors.js";

let folder: string;
let file: string;
const opened: RootState[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-engine-state-"));
  file = join(folder, "sync", "root.db");
});
afterEach(() => {
  for (const state of opened.splice(0)) state.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(ids: Partial<{ rootId: string; deviceId: string; instance: string }> = {}): RootState {
  const { rootId = "root", deviceId = "laptop", instance = "one" } = ids;
  const state = openState(file, { rootId, deviceId, newInstance: () => instance });
  opened.push(state);
  return state;
}

const stat = (over: Partial<FileStat> = {}): FileStat => ({
  type: "file",
  size: 3,
  mtimeMs: 1_700_000_000_000.123,
  ctimeMs: 1_700_000_000_001.987,
  ino: 12_345_678_901,
  exec: false,
  ...over,
});

const entry = (hash: string, counter = 1): Entry => ({
  content: { type: "file", hash, size: 3, exec: false },
  vector: { laptop: counter },
  by: "laptop",
  mtimeMs: 1_700_000_000_000,
});

function row(path: string, over: Partial<Row> = {}): Row {
  const want = entry(`hash of ${path}`);
  const location = { object: "packs/ab/cd", offset: 7 };
  return { path, have: { entry: want, stat: stat(), settled: true }, want, location, told: 1, ...over };
}

describe("the state of a root", () => {
  it("keeps what a path is over a restart", () => {
    const link = { content: { type: "link", target: "a\n/b" }, vector: { x: 2, constructor: 1 }, by: "x", mtimeMs: -5 } as const;
    const rows: Row[] = [
      row("a"),
      row("dir/b.txt", { told: UNTOLD }),
      row("dir/c", { have: { entry: link, stat: stat({ type: "link" }), settled: true } }),
      row("dir/d", { want: { ...link, content: { type: "gone" } }, location: null, have: null }),
      row("dir/e", { want: { ...link, content: { type: "dir" } }, location: null, have: null }),
      row("dir/f", { want: null, location: null, told: UNTOLD }),
      row("new\nline 🎉/.dots..", { have: { entry: entry("x"), stat: stat({ exec: true, mtimeMs: -0.25 }), settled: false } }),
    ];
    const state = open();
    state.transaction(() => rows.forEach((one) => state.paths.put(one)));
    state.close();
    const again = open({ instance: "two" });
    expect(again.instance).toBe("one");
    for (const one of rows) expect(again.paths.get(one.path)).toEqual(one);
    expect(again.paths.get("dir")).toBeNull();
    expect(
      again.paths
        .toDo()
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["dir/c", "dir/d", "dir/e", "new\nline 🎉/.dots.."]);
    expect(again.paths.unsettledFolders()).toEqual(["new\nline 🎉"]);
  });

  it("finds what is on disk, by folder, by content and by what was told", () => {
    const state = open();
    const other = { ...entry("other"), vector: { tower: 1 } };
    const rows = [
      row("a"),
      row("d/a", { told: 2 }),
      row("d/e/a", { told: 3, have: null }),
      row("d-e/a", { told: TOLD_BY_OTHERS, have: { entry: other, stat: stat(), settled: true } }),
      row("d0", { told: UNTOLD, have: null, want: { ...other, content: { type: "gone" } } }),
    ];
    state.transaction(() => rows.forEach((one) => state.paths.put(one)));
    const { paths } = state;
    paths.known().begin();
    expect(paths.known().unseen().toSorted()).toEqual(["a", "d-e/a", "d/a"]);
    expect(["a", "d/e/a"].map((path) => paths.known().see(path, stat()))).toEqual([true, false]);
    expect(paths.known().see("d/a", stat({ mtimeMs: 1 }))).toBe(false);
    expect(paths.known().unseen()).toEqual(["d-e/a"]);
    expect(paths.knownIn("")).toEqual(new Map([["a", statText(stat())]]));
    expect([...paths.knownIn("d").keys()]).toEqual(["d/a"]);
    expect([...paths.knownBelow("d").keys()]).toEqual(["d/a"]);
    expect(paths.countFiles()).toBe(3);
    expect(paths.childrenOf("")).toEqual(["a", "d0"]);
    expect(paths.under("d").map(({ path }) => path)).toEqual(["d/a", "d/e/a"]);
    expect(paths.filesWith("other")).toEqual(["d-e/a"]);
    expect(paths.filesWith("hash of a")).toEqual(["a"]);
    expect(paths.filesWith("hash of d-e/a")).toEqual([]);
    const toTell = (since: number): string[] => paths.toTell(since, ({ path }) => path).toSorted();
    expect(toTell(3)).toEqual(["d-e/a", "d/e/a", "d0"].toSorted());
    paths.tell(3, 4);
    expect(toTell(4)).toEqual(["d-e/a", "d/e/a", "d0"].toSorted());
    expect(paths.count(UNTOLD)).toBe(0);
  });

  it("takes back a change that failed half way", () => {
    const state = open();
    expect(() =>
      state.transaction(() => {
        state.paths.put(row("a"));
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(state.paths.get("a")).toBeNull();
  });

  it("is for its owner only, and has nothing beside it when closed", () => {
    const state = open();
    state.paths.put(row("a"));
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    state.close();
    chmodSync(file, 0o644);
    open().close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });

  it("gives an upload, a head and a place back", () => {
    const state = open();
    const upload = { uploadId: "u", partSize: 5, parts: { 1: { etag: "e" } } };
    state.uploads.put("blobs/x", 10, upload);
    expect([state.uploads.get("blobs/x", 10), state.uploads.get("blobs/x", 11)]).toEqual([upload, null]);
    state.heads.put({ device: "tower", etag: "e1", manifest: "m2", instance: "i", seq: 2 }, ["m2", "m1"]);
    state.heads.put({ device: "tower", etag: "e2", manifest: "m3", instance: "i", seq: 3 }, ["m3", "m1"]);
    expect(["m1", "m2", "m3"].map((key) => state.heads.isMerged(key))).toEqual([true, false, true]);
    expect(state.heads.all()).toEqual([{ device: "tower", etag: "e2", manifest: "m3", instance: "i", seq: 3 }]);
    state.places.uploaded({ object: "packs/1", files: [{ hash: "h", offset: 3 }] }, 1000);
    state.places.also("h", { object: "packs/2", offset: 5 });
    expect(state.places.others("h")).toEqual([{ object: "packs/2", offset: 5 }]);
    state.places.forgetUploaded({ nowMs: 2000 });
    expect(state.places.allUploaded()).toEqual(new Map([["h", { object: "packs/1", offset: 3 }]]));
    state.places.forgetUploaded({ nowMs: 86_400_000 });
    expect(state.places.allUploaded()).toEqual(new Map());
  });

  it("forgets what was only tried", () => {
    const state = open();
    const forget = state.draft();
    state.transaction(() => state.paths.put(row("a")));
    expect(state.paths.get("a")).not.toBeNull();
    forget();
    expect(state.paths.get("a")).toBeNull();
    state.transaction(() => state.paths.put(row("a")));
    expect(state.paths.get("a")).not.toBeNull();
  });

  const refusals: [string, () => void, RegExp][] = [
    ["no database", () => writeFileSync(file, "x".repeat(8192)), /is damaged, or no database/],
    ["one of another program", () => new Sqlite(file, 0).exec("CREATE TABLE t (a)"), /database of another program/],
    ["one that is a folder", () => mkdirSync(file), /is a folder/],
    ["a newer one", () => newer(), /has schema 99; this aurad knows 1/],
    ["one of another root", () => open({ rootId: "other" }).close(), /state of root other on device laptop/],
    ["one of another device", () => open({ deviceId: "tower" }).close(), /on device tower, not of root on laptop/],
    ["one cut off in the middle", () => cutOff(), /is damaged/],
  ];
  function newer(): void {
    open().close();
    new Sqlite(file, 0).exec("PRAGMA user_version = 99");
  }
  function cutOff(): void {
    const state = open();
    state.transaction(() => Array.from({ length: 2000 }, (_, i) => state.paths.put(row(`file ${i}`))));
    state.close();
    truncateSync(file, 4096);
  }
  for (const [what, make, message] of refusals) {
    it(`refuses ${what} with one clear line, and leaves it as it is`, () => {
      mkdirSync(join(folder, "sync"));
      make();
      const before = statSync(file).isFile() ? readFileSync(file) : null;
      let error: unknown;
      try {
        open().paths.known();
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(AuraError);
      expect(error).toMatchObject({ code: "state_unreadable", message: expect.stringMatching(message) });
      expect((error as AuraError).line).not.toContain("\n");
      if (before !== null) expect(readFileSync(file).equals(before)).toBe(true);
    });
  }

  it("says so when another process has it locked", () => {
    open().close();
    const other = new Sqlite(file, 0);
    other.exec("BEGIN IMMEDIATE");
    expect(() => open()).toThrow(/another program keeps it locked/);
    other.exec("ROLLBACK");
    other.close();
  });

  it("goes on with the copy of a database that was in use", () => {
    const state = open();
    state.paths.put(row("a"));
    for (const end of ["", "-wal"]) copyFileSync(file + end, join(folder, `copy.db${end}`));
    state.close();
    file = join(folder, "copy.db");
    expect(open().paths.get("a")).toEqual(row("a"));
  });
});
