import { beforeAll, describe, expect, it } from "vitest";
import { DIR, GONE } from "../../src/sync/content.js";
import type { Entry, Path } from "../../src/sync/entry.js";
import { encodeManifest, type ManifestEntry } from "../../src/sync/manifest.js";
import { parseManifest } from "../../src/sync/manifest-parse.js";
import { plan } from "../../src/sync/plan.js";
import { settle } from "../../src/sync/structure.js";
import { entry, sha256 } from "./entries.js";

/** 100,000 files in 1,000 folders, as two devices have them. */
const FILES = 100_000;
const here = new Map<Path, Entry>();
const there = new Map<Path, Entry>();
const children = new Map<Path, Path[]>();

/** CPU time of this process, so that a busy machine does not matter; the limits are some three times what it takes. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

beforeAll(() => {
  for (let i = 0; i < FILES; i++) {
    const folder = `folder-${i % 1000}`;
    const path = `${folder}/file-${i}.txt`;
    const content = { type: "file", hash: sha256(path), size: 1, exec: false } as const;
    here.set(folder, entry(DIR, { laptop: 1 }));
    here.set(path, entry(content, { laptop: 1 }));
    there.set(folder, entry(DIR, { desk: 1 }));
    there.set(path, entry(content, { desk: 1 }));
    children.set(folder, [...(children.get(folder) ?? []), path]);
  }
});

const view = (state: ReadonlyMap<Path, Entry>) => ({
  get: (path: Path) => state.get(path),
  childrenOf: (path: Path) => children.get(path) ?? [],
});

describe("with 100,000 files", { timeout: 120_000 }, () => {
  it("versions of another device are merged in well under a second", () => {
    expect(cpuMs(() => expect(settle(view(new Map()), here).changes.size).toBe(here.size))).toBeLessThan(800);
    expect(cpuMs(() => expect(settle(view(here), here).changes.size).toBe(0))).toBeLessThan(500);
    expect(cpuMs(() => expect(settle(view(here), there).changes.size).toBe(here.size))).toBeLessThan(1500);
    const deleted = [...here].map(([path]) => [path, entry(GONE, { laptop: 1, desk: 2 })] as const);
    expect(cpuMs(() => expect(settle(view(here), deleted).changes.size).toBe(here.size))).toBeLessThan(1500);
  });

  it("a manifest is written and read in about a second each", () => {
    const about = { root_id: "r", device_id: "laptop", seq: 1, time: "2026-11-21T13:58:00.123Z", parent: null, bases: [] };
    const object = `packs/00/${"0".repeat(64)}`;
    const entries = [...here].map(([path, one]): ManifestEntry => ({
      path,
      entry: one,
      location: one.content.type === "file" ? { object, offset: 0 } : null,
    }));
    let text = "";
    let key = "";
    expect(cpuMs(() => ({ text, key } = encodeManifest(about, entries, sha256)))).toBeLessThan(2500);
    expect(cpuMs(() => expect(parseManifest(key, text, sha256).entries).toHaveLength(here.size))).toBeLessThan(2500);
  });

  it("a folder renamed with all that is in it is planned in about a second", () => {
    const rows = [...here].flatMap(([path, have]) => [
      { path, have, want: entry(GONE, { laptop: 1, desk: 2 }) },
      { path: `new/${path}`, have: null, want: entry(have.content, { desk: 2 }) },
    ]);
    rows.push({ path: "new", have: null, want: entry(DIR, { desk: 2 }) });
    const wants = new Map(rows.map(({ path, want }) => [path, want]));
    const byHash = new Map([...here].map(([path, { content }]) => [content.type === "file" ? content.hash : "", path]));
    const input = {
      rows,
      have: (path: Path) => here.get(path),
      want: (path: Path) => wants.get(path),
      childrenOf: () => [],
      filesWith: (hash: string) => [byHash.get(hash)!],
      isIgnored: () => false,
      caseSensitive: true,
      normalizationSensitive: true,
    };
    const took = cpuMs(() => {
      const { operations, deletes } = plan(input);
      expect(deletes).toEqual([]);
      expect(operations.filter(({ op }) => op === "move")).toHaveLength(FILES);
    });
    expect(took).toBeLessThan(4000);
  });
});
