import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conflictName } from "../../src/sync/conflict-name.js";
import { DIR, GONE, isLive } from "../../src/sync/content.js";
import type { Entry, Path } from "../../src/sync/entry.js";
import { conflictCopy } from "../../src/sync/merge.js";
import { parentOf } from "../../src/sync/path.js";
import { settle } from "../../src/sync/structure.js";
import { entries, entry, file, link, shown, viewOf } from "./entries.js";
import { SEED } from "./seed.js";

type Paths = Readonly<Record<Path, Entry>>;

describe("settling what a root wants", () => {
  it("takes what is new, and changes nothing by what is known", () => {
    const known = { d: entry(DIR, { a: 1 }), "d/x": entry(file("x"), { a: 1 }) };
    expect(settle(viewOf({}), Object.entries(known)).changes).toEqual(new Map(Object.entries(known)));
    expect(settle(viewOf(known), Object.entries(known)).changes.size).toBe(0);
    expect(settle(viewOf(known), [["d/x", entry(file("old"), {})]]).changes.size).toBe(0);
  });

  it("gives the loser of two edits a path of its own, with the same entry on every device", () => {
    const [mine, theirs] = [entry(file("x"), { a: 1 }, "a", 1000), entry(file("y"), { b: 1 }, "b", 2000)];
    const expected = new Map([
      ["n.txt", entry(file("y"), { a: 1, b: 1 }, "b", 2000)],
      ["n.conflict-a-19700101T000001Z.txt", conflictCopy(mine)],
    ]);
    for (const [here, there] of [
      [mine, theirs],
      [theirs, mine],
    ]) {
      const { changes, copies } = settle(viewOf({ "n.txt": here! }), [["n.txt", there!]]);
      expect(sorted(changes)).toEqual(sorted(expected));
      expect(copies).toEqual([{ path: "n.conflict-a-19700101T000001Z.txt", of: "n.txt" }]);
    }
  });

  it("brings a deleted directory back when somebody added to it, and all above it", () => {
    const deleted = { d: entry(GONE, { a: 2 }), "d/e": entry(GONE, { a: 2 }), "d/e/x": entry(GONE, { a: 2 }) };
    expect(treeOf(deleted, [["d/e/new", entry(file("n"), { b: 1 })]])).toEqual({ d: "dir", "d/e": "dir", "d/e/new": tag("n") });
    // The same when the deletion is heard of last.
    const added = { d: entry(DIR, { a: 1 }), "d/e": entry(DIR, { a: 1 }), "d/e/new": entry(file("n"), { b: 1 }) };
    expect(treeOf(added, Object.entries(deleted))).toEqual({ d: "dir", "d/e": "dir", "d/e/new": tag("n") });
  });

  it("keeps the version of a directory that it brings back, so that a newer deletion still counts", () => {
    const deletion = entry(GONE, { a: 2 });
    const back = settle(viewOf({ d: deletion }), [["d/x", entry(file("x"), { b: 1 })]]).changes.get("d")!;
    expect(back).toEqual({ ...deletion, content: DIR });
    expect(settle(viewOf({ d: back }), [["d", deletion]]).changes.size).toBe(0);
    expect(treeOf({ d: back, "d/x": entry(GONE, { b: 2 }) }, [["d", entry(GONE, { a: 3 })]])).toEqual({});
  });

  it("makes room for a directory where a file or link took its name", () => {
    for (const content of [file("f"), link("t")]) {
      const replaced = entry(content, { a: 2 }, "a", 1000);
      const expected = { d: "dir", "d/x": tag("x"), "d.conflict-a-19700101T000001Z": shown(content) };
      expect(treeOf({ d: replaced, "d/old": entry(GONE, { a: 2 }) }, [["d/x", entry(file("x"), { b: 1 })]])).toEqual(expected);
      const added = { d: entry(DIR, { a: 1 }), "d/x": entry(file("x"), { b: 1 }) };
      expect(treeOf(added, [["d", replaced]])).toEqual(expected);
    }
  });

  it("leaves a directory that became a file alone when nothing is below it any more", () => {
    const before = { d: entry(DIR, { a: 1 }), "d/x": entry(file("x"), { a: 1 }) };
    const change: [Path, Entry][] = [
      ["d", entry(file("f"), { a: 2 })],
      ["d/x", entry(GONE, { a: 2 })],
    ];
    for (const order of [change, change.toReversed()]) expect(treeOf(before, order)).toEqual({ d: tag("f") });
  });

  it("makes a folder that nobody told of, which anything that is told replaces", () => {
    const { changes } = settle(viewOf({}), [["d/e/x", entry(file("x"), { a: 1 })]]);
    expect(changes.get("d/e")).toMatchObject({ content: DIR, vector: {} });
    expect(settle(viewOf(Object.fromEntries(changes)), [["d", entry(DIR, { b: 1 })]]).changes.get("d")).toEqual(entry(DIR, { b: 1 }));
  });

  it("finds a name for a copy of which the name is taken: by another content, a directory, a deletion", () => {
    const lost = entry(file("x"), { a: 1 }, "a", 1000);
    const won = entry(file("y"), { b: 1 }, "b");
    const name = conflictName("n", lost);
    const marked = `${name}-${file("x").hash.slice(0, 8)}`;
    expect(treeOf({ n: lost, [name]: entry(DIR, { b: 2 }) }, [["n", won]])).toEqual({ n: tag("y"), [name]: "dir", [marked]: tag("x") });
    expect(treeOf({ n: lost, [name]: entry(GONE, { b: 2 }) }, [["n", won]])).toEqual({ n: tag("y"), [name]: tag("x") });
    const other = treeOf({ n: lost, [name]: entry(file("z"), { b: 2 }) }, [["n", won]]);
    expect(Object.values(other).sort()).toEqual([tag("x"), tag("y"), tag("z")].sort());
  });

  it("keeps both of two versions of a device that lose within the same second", () => {
    const [first, second] = [entry(file("1"), { a: 1 }, "a", 1000), entry(file("2"), { a: 2, b: 1 }, "a", 1500)];
    const before = settle(viewOf({ n: first }), [["n", entry(file("y"), { b: 1 }, "b")]]).changes;
    const after = treeOf({ ...Object.fromEntries(before), n: second }, [["n", entry(file("z"), { b: 1, c: 1 }, "c")]]);
    expect(Object.values(after).sort()).toEqual([tag("1"), tag("2"), tag("z")].sort());
  });

  it("makes copies of copies that two devices edited", () => {
    const name = "n.conflict-a-19700101T000000Z";
    const copy = conflictCopy(entry(file("x"), { a: 1 }));
    const [b, c] = ["b", "c"].map((device) => entry(file(device), { ...copy.vector, [device]: 2 }, device, 1000));
    expect(treeOf({ [name]: b! }, [[name, c!]])).toEqual({ [name]: tag("c"), [`${name}.conflict-b-19700101T000001Z`]: tag("b") });
  });

  it("takes, on a device that tells nothing, what those that tell made of a conflict", () => {
    const settledHere = { n: entry(file("x"), { a: 2, b: 2 }) };
    const told: [Path, Entry][] = [["n", entry(GONE, { b: 2, a: 2 })]];
    expect(settle(viewOf(settledHere), told, { mirror: true }).changes).toEqual(new Map(told));
    expect(settle(viewOf(settledHere), told).changes.size).toBe(0);
    expect(settle(viewOf(settledHere), Object.entries(settledHere), { mirror: true }).changes.size).toBe(0);
    expect(settle(viewOf(settledHere), [["n", entry(GONE, { b: 3 })]], { mirror: true }).changes.get("n")!.content).toEqual(file("x"));
  });

  it("asks for the children of a folder only when it was a directory and is none any more", () => {
    const view = viewOf({ d: entry(DIR, { a: 1 }), "d/x": entry(file("x"), { a: 1 }), n: entry(file("n"), { a: 1 }) });
    settle(view, [
      ["n", entry(GONE, { a: 2 })],
      ["d/x", entry(GONE, { a: 2 })],
      ["e", entry(file("e"), { a: 2 })],
    ]);
    expect(view.asked).toEqual([]);
    settle(view, [["d", entry(GONE, { a: 2 })]]);
    expect(view.asked).toEqual(["d"]);
  });

  it("comes to the same step by step as at once, for versions that have not seen each other", () => {
    const names = fc.constantFrom("a", "a/b", "a/b/c", "d", "d/e");
    const devices = ["a", "b", "c", "d", "e", "f"];
    const versions = fc
      .array(fc.tuple(names, entries), { maxLength: 6 })
      .map((list) =>
        list.map(([path, { content }], i): [Path, Entry] => [path, entry(content, { [devices[i]!]: 1 }, devices[i]!, i * 1000)]),
      );
    fc.assert(
      fc.property(versions, (list) => {
        const atOnce = settled({}, list);
        expect(broken(atOnce)).toEqual([]);
        let step: Paths = {};
        for (const one of list) {
          step = settled(step, [one]);
          expect(broken(step)).toEqual([]);
        }
        // A file that gave way to a directory may have met others at its name before: all that lost are there either way.
        const [one, other] = [settled(step, Object.entries(atOnce)), settled(atOnce, Object.entries(step))];
        expect(sorted(new Map(Object.entries(one)))).toEqual(sorted(new Map(Object.entries(other))));
        expect(broken(one)).toEqual([]);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });
});

function settled(before: Paths, incoming: Iterable<readonly [Path, Entry]>): Paths {
  return { ...before, ...Object.fromEntries(settle(viewOf(before), incoming).changes) };
}

/** Live paths after settling. */
function treeOf(before: Paths, incoming: Iterable<readonly [Path, Entry]>): Record<Path, string> {
  const live = Object.entries(settled(before, incoming)).filter(([, { content }]) => isLive(content));
  return Object.fromEntries(live.map(([path, { content }]) => [path, shown(content)]));
}

function broken(paths: Paths): string[] {
  return Object.keys(paths).filter((path) => {
    return isLive(paths[path]!.content) && parentOf(path) !== "" && paths[parentOf(path)]?.content.type !== "dir";
  });
}

function tag(text: string): string {
  return shown(file(text));
}

function sorted(map: ReadonlyMap<Path, Entry>): unknown {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
