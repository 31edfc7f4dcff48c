import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentId, DIR, GONE } from "../../src/sync/content.js";
import type { Content, Entry } from "../../src/sync/entry.js";
import { conflictCopy, mergeEntries } from "../../src/sync/merge.js";
import { dominates } from "../../src/sync/vector.js";
import { contents, entries, entry, file, link } from "./entries.js";
import { SEED } from "./seed.js";

const [x, y] = [file("x"), file("y")];
const greater = contentId(x) > contentId(y) ? x : y;

describe("two versions of a path", () => {
  it.each([
    ["the one that has seen the other replaces it", entry(x, { a: 1 }), entry(y, { a: 1, b: 1 }), y, null],
    ["a deletion that has seen the file takes it", entry(x, { a: 1 }), entry(GONE, { a: 1, b: 1 }), GONE, null],
    ["an edit stays against a deletion", entry(x, { a: 2 }), entry(GONE, { a: 1, b: 1 }), x, null],
    ["a link stays against a deletion", entry(link("t"), { a: 2 }), entry(GONE, { a: 1, b: 1 }), link("t"), null],
    ["a directory stays against a deletion", entry(DIR, { a: 2 }), entry(GONE, { a: 1, b: 1 }), DIR, null],
    ["a directory keeps the name against a file", entry(x, { b: 1 }), entry(DIR, { a: 1 }), DIR, x],
    ["a directory keeps the name against a link", entry(link("t"), { b: 1 }), entry(DIR, { a: 1 }), DIR, link("t")],
    ["of two edits the greater device wins", entry(x, { a: 1 }), entry(y, { b: 1 }), y, x],
    ["of a file and a link the greater device wins", entry(link("t"), { b: 1 }), entry(y, { a: 1 }), link("t"), y],
    [
      "of two edits of one device the greater content wins",
      entry(x, { a: 1 }, "a"),
      entry(y, { a: 1 }, "a"),
      greater,
      greater === x ? y : x,
    ],
    ["the same content is no conflict", entry(x, { a: 1 }), entry(file("x"), { b: 1 }), x, null],
    ["the same link is no conflict", entry(link("t"), { a: 1 }), entry(link("t"), { b: 1 }), link("t"), null],
    ["an exec bit that one of them set stays", entry(x, { b: 1 }), entry(file("x", true), { a: 1 }), file("x", true), null],
    ["two deletions are one", entry(GONE, { a: 1 }), entry(GONE, { b: 1 }), GONE, null],
  ] as const)("%s", (_title, a, b, content, lost) => {
    for (const { winner, loser } of [mergeEntries(a, b), mergeEntries(b, a)]) {
      expect(winner.content).toEqual(content);
      expect(loser?.content ?? null).toEqual(lost);
      expect(dominates(winner.vector, a.vector) && dominates(winner.vector, b.vector)).toBe(true);
    }
  });

  it("give the same object back when nothing is new", () => {
    const a = entry(x, { a: 2, b: 1 }, "b");
    for (const b of [a, { ...a }, entry(y, { a: 1 }), entry(x, { a: 2, b: 1 }, "a")]) expect(mergeEntries(a, b).winner).toBe(a);
  });

  it("let whoever hears of both of a conflict hear of its end", () => {
    const [a, b] = [entry(x, { a: 1 }), entry(y, { b: 1 })];
    const { winner } = mergeEntries(a, b);
    for (const one of [a, b]) expect(mergeEntries(winner, one)).toEqual({ winner, loser: null });
  });

  it("keep the loser where a restored backup has used a counter twice", () => {
    expect(mergeEntries(entry(x, { a: 1 }), entry(y, { a: 1 })).loser).not.toBeNull();
  });
});

describe("merging", () => {
  it("is commutative, idempotent, and never takes anything back", () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const { winner } = mergeEntries(a, b);
        expect(mergeEntries(b, a).winner).toEqual(winner);
        expect(mergeEntries(a, b).loser).toEqual(mergeEntries(b, a).loser);
        expect(mergeEntries(a, a)).toEqual({ winner: a, loser: null });
        expect(mergeEntries(winner, b).winner).toEqual(winner);
        expect(mergeEntries(winner, winner).winner).toBe(winner);
      }),
      { numRuns: 2000, seed: SEED },
    );
  });

  it("has seen the same in whatever order it goes", () => {
    fc.assert(
      fc.property(entries, entries, entries, (a, b, c) => {
        expect(together([a, b, c]).vector).toEqual(together([b, c, a]).vector);
        expect(mergeEntries(a, together([b, c])).winner.vector).toEqual(together([a, b, c]).vector);
      }),
    );
  });

  it("is associative among versions that have not seen each other", () => {
    const devices = ["a", "b", "c", "d", "e"];
    const versions = fc
      .array(contents, { minLength: 3, maxLength: 5 })
      .map((list) => list.map((content, i) => entry(content, { [devices[i]!]: i + 1 })));
    fc.assert(
      fc.property(versions, fc.nat(), (list, turn) => {
        const expected = held(together(list));
        const turned = list.map((_, i) => list[(i + turn) % list.length]!);
        expect(held(together(turned))).toEqual(expected);
        expect(held(together(turned.toReversed()))).toEqual(expected);
        const [first, second, ...others] = turned;
        expect(held(mergeEntries(mergeEntries(first!, second!).winner, together(others)).winner)).toEqual(expected);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  it("brings devices together that tell each other what they hold, whatever they heard first", () => {
    fc.assert(
      fc.property(
        fc.array(entries, { minLength: 2, maxLength: 6 }),
        fc.array(fc.array(fc.nat(5), { maxLength: 8 }), { minLength: 3, maxLength: 3 }),
        (all, orders) => {
          let states = orders.map((order) => together([...order, ...all.keys()].map((i) => all[i % all.length]!)));
          for (let round = 0; round < 3; round++)
            states = states.map((state, i) => together([state, ...states.slice(i), ...states.slice(0, i)]));
          for (const state of states) expect(state).toEqual(states[0]);
        },
      ),
      { numRuns: 1000, seed: SEED },
    );
  });
});

describe("a conflict copy", () => {
  it("is the same whatever its version was merged with before it lost", () => {
    const lost = entry(x, { a: 3 }, "a", 7);
    const alone = conflictCopy(lost);
    expect(conflictCopy(mergeEntries(lost, entry(GONE, { b: 1 })).winner)).toEqual(alone);
    expect(alone).toMatchObject({ content: x, by: "a", mtimeMs: 7 });
  });

  it("does not know another version that loses the same name", () => {
    const [first, second] = [conflictCopy(entry(x, { a: 1 })), conflictCopy(entry(y, { a: 2, b: 1 }, "a"))];
    expect(mergeEntries(first, second).loser).not.toBeNull();
  });

  it("of a copy is still the copy of the same version", () => {
    const [first, second] = [conflictCopy(entry(x, { a: 1 })), conflictCopy(entry(x, { a: 2 }))];
    expect(conflictCopy(first)).toEqual(first);
    expect(conflictCopy(mergeEntries(first, conflictCopy(entry(y, { a: 2 }))).loser ?? first)).not.toEqual(second);
    const gone = entry(GONE, { ...conflictCopy(first).vector, b: 4 });
    expect(mergeEntries(gone, conflictCopy(second)).winner.content).toEqual(x);
    expect(Object.keys(conflictCopy(entry(x, { ...first.vector, b: 5 }, "b")).vector)).toHaveLength(2);
  });

  it("that was deleted stays deleted, and comes back when the same content is put back and loses again", () => {
    const first = conflictCopy(entry(x, { a: 1 }));
    const gone = entry(GONE, { ...first.vector, b: 4 });
    expect(mergeEntries(gone, first).winner).toBe(gone);
    expect(mergeEntries(gone, conflictCopy(entry(x, { a: 2 }))).winner.content).toEqual(x);
  });
});

function together(list: readonly Entry[]): Entry {
  return list.reduce((a, b) => mergeEntries(a, b).winner);
}

function held({ content, vector }: Entry): readonly [string, Entry["vector"]] {
  return [contentId(content as Content), vector];
}
