import { describe, expect, it } from "vitest";
import { DIR, GONE, originVector } from "../../src/sync/content.js";
import type { Content, Entry } from "../../src/sync/entry.js";
import { localEdit, type Seen } from "../../src/sync/local-edit.js";
import { mergeEntries } from "../../src/sync/merge.js";
import { entry, file, link } from "./entries.js";

const context = { device: "a", counter: 10, nowMs: 5_000 };
const [x, y] = [file("x"), file("y")];

describe("what the scan saw", () => {
  it("is no edit where it is what was known", () => {
    const have = entry(x, { a: 1 });
    const newer = entry(y, { a: 1, b: 1 });
    for (const want of [have, newer]) expect(localEdit(have, want, seen(x), context)).toEqual({ have, edit: null });
    const gone = entry(GONE, { a: 1 });
    expect(localEdit(gone, newer, null, context)).toEqual({ have: gone, edit: null });
    expect(localEdit(null, newer, null, context)).toEqual({ have: null, edit: null });
    expect(localEdit(null, undefined, null, context)).toEqual({ have: null, edit: null });
  });

  it("is no edit where it is what is wanted: after a crash, or done on two devices", () => {
    const have = entry(x, { a: 1 });
    for (const content of [y, GONE, DIR, link("t")]) {
      const want = entry(content, { a: 1, b: 1 });
      expect(localEdit(have, want, content === GONE ? null : seen(content), context)).toEqual({ have: want, edit: null });
      expect(localEdit(null, want, content === GONE ? null : seen(content), context)).toEqual({ have: want, edit: null });
    }
  });

  it.each([
    ["a new file", null, undefined, x, { a: 10 }],
    ["a changed file", entry(x, { a: 1, b: 2 }), entry(x, { a: 1, b: 2 }), y, { a: 10, b: 2 }],
    ["a deleted file", entry(x, { a: 1, b: 2 }), entry(x, { a: 1, b: 2 }), GONE, { a: 10, b: 2 }],
    ["an exec bit", entry(x, { b: 2 }), entry(x, { b: 2 }), file("x", true), { a: 10, b: 2 }],
    ["a file that became a directory", entry(x, { b: 2 }), entry(x, { b: 2 }), DIR, { a: 10, b: 2 }],
    ["a link that points elsewhere", entry(link("t"), { b: 2 }), entry(link("t"), { b: 2 }), link("u"), { a: 10, b: 2 }],
    ["a file that is back after its deletion", entry(GONE, { b: 2 }), entry(GONE, { b: 2 }), x, { a: 10, b: 2 }],
    ["a change after a counter higher than the tick's", entry(x, { a: 30 }), entry(x, { a: 31 }), y, { a: 32 }],
  ] as const)("makes a version of %s that has seen what was there", (_title, have, want, content, vector) => {
    const { edit, have: now } = localEdit(have, want, content.type === "gone" ? null : seen(content), context);
    expect(edit).toEqual({ content, vector, by: "a", mtimeMs: content.type === "gone" ? 5_000 : 1_234 });
    expect(now).toBe(edit);
    if (want !== undefined) expect(mergeEntries(want, edit!)).toEqual({ winner: edit, loser: null });
  });

  it("has not seen a newer version that was not put here yet", () => {
    const have = entry(x, { a: 1 });
    const newer = entry(y, { a: 1, b: 1 });
    const edit = localEdit(have, newer, seen(file("z")), context).edit!;
    expect(edit.vector).toEqual({ a: 10 });
    expect(mergeEntries(newer, edit).loser).not.toBeNull();
    const deletion = localEdit(have, newer, null, context).edit!;
    expect(mergeEntries(newer, deletion).winner.content).toEqual(y);
  });

  it("is a conflict where nobody knows what it was made of, never an overwrite", () => {
    for (const content of [x, link("t")]) {
      // Its own versions, as its head tells them: the file may be an older one, from a backup.
      for (const want of [entry(y, { a: 9 }), entry(y, { a: 9, b: 3 })]) {
        const { edit } = localEdit(null, want, seen(content), context);
        const { winner, loser } = mergeEntries(want, edit!);
        expect([winner.content, loser!.content]).toEqual(expect.arrayContaining([content, y]));
      }
    }
    const deleted = entry(GONE, { b: 3 });
    expect(mergeEntries(deleted, localEdit(null, deleted, seen(x), context).edit!).winner.content).toEqual(x);
  });

  it("is no conflict where a wanted version is known to be made of that very content", () => {
    const origin = localEdit(null, entry(GONE, { b: 1 }), seen(x), context).edit!;
    expect(origin.vector).toEqual(originVector(x));
    const made: Entry = entry(y, { ...origin.vector, b: 2 }, "b");
    expect(mergeEntries(made, localEdit(null, made, seen(x), context).edit!)).toEqual({ winner: made, loser: null });
  });

  it("is kept with a time that can be told", () => {
    const times = [1.75, -1, -0, Number.NaN, 1e300, -1e300].map(
      (mtimeMs) => localEdit(null, undefined, { content: x, mtimeMs }, context).edit!.mtimeMs,
    );
    expect(times).toEqual([1, -1, 0, 0, Date.UTC(9999, 11, 31, 23, 59, 59, 999), Date.parse("0001-01-01T00:00:00Z")]);
  });
});

function seen(content: Content): Seen {
  return { content, mtimeMs: 1_234.5 };
}
