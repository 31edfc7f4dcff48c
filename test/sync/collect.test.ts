import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, manifestsToRead, type CollectInput } from "../../src/sync/collect.js";
import { blobKey, manifestKey, packKey } from "../../src/sync/keys.js";
import { sha256 } from "./entries.js";

const DAY = 86_400_000;
const NOW = 100 * DAY;
const windows = { nowMs: NOW, safetyMs: 2 * DAY, historyMs: 30 * DAY };

/** A manifest of `device`, made so many days ago. */
function manifest(device: string, daysAgo: number): string {
  return manifestKey({ timeMs: NOW - daysAgo * DAY, device, seq: 1, hash16: sha256(device + daysAgo).slice(0, 16), gzip: false });
}

function object(key: string, daysAgo: number): CollectInput["listed"][number] {
  return { key, size: 1, etag: "", modifiedMs: NOW - daysAgo * DAY };
}

const [p1, p2, p3, b1] = [packKey(sha256("1")), packKey(sha256("2")), packKey(sha256("3")), blobKey(sha256("4"))];
const [head, base, recent, old] = [manifest("a", 50), manifest("a", 60), manifest("a", 10), manifest("a", 40)];

describe("garbage", () => {
  it("is what no head, nothing of the history and nothing young needs", () => {
    const result = collect({
      ...windows,
      heads: [head],
      manifests: [
        { key: head, bases: [base], objects: [p1] },
        { key: base, bases: [], objects: [b1] },
        { key: recent, bases: [base], objects: [p2] },
      ],
      listed: [head, base, recent, old, p1, p2, b1]
        .map((key) => object(key, key === recent ? 10 : 60))
        .concat(object(p3, 1), object(packKey(sha256("5")), 3)),
    });
    expect(result).toEqual({ delete: [object(old, 60), object(packKey(sha256("5")), 3)], kept: 7, refused: null });
  });

  it("is never anything of which this version does not know what it is", () => {
    const listed = ["packs/ab/strange", "manifests/x", "devices/a/head.json", `packs/00/${sha256("1")}`].map((key) => object(key, 90));
    expect(collect({ ...windows, heads: [], manifests: [], listed }).delete).toEqual([]);
  });

  it("is nothing when a manifest that decides was not read", () => {
    const listed = [object(p1, 90), object(recent, 10)];
    const read = { key: recent, bases: [], objects: [] };
    const why = (key: string): string => `${key} could not be read, so what it needs is not known; nothing was deleted`;
    expect(collect({ ...windows, heads: [head], manifests: [read], listed })).toEqual({ delete: [], kept: 2, refused: why(head) });
    expect(collect({ ...windows, heads: [], manifests: [], listed }).refused).toBe(why(recent));
    expect(collect({ ...windows, heads: [], manifests: [{ ...read, bases: [base] }], listed }).refused).toBe(why(base));
    expect(collect({ ...windows, heads: [], manifests: [read], listed }).delete).toEqual([object(p1, 90)]);
  });

  it("keeps the history at least as long as the safety window, by the server's clock", () => {
    const listed = [object(manifest("far-behind", 5000), 1), object(old, 40)];
    expect(manifestsToRead({ ...windows, historyMs: 0, heads: [head], listed })).toEqual([head, listed[0]!.key]);
  });

  it("never is what a head's state is made of, whatever the ages", () => {
    const keys = [p1, p2, p3, b1];
    const made = fc.record({ day: fc.integer({ min: 0, max: 60 }), objects: fc.subarray(keys), named: fc.boolean() });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 8 }), fc.nat(60), fc.nat(60), (list, safety, history) => {
        const manifests = list.map(({ day, objects }, i) => ({ key: manifest(`d${i}`, day), bases: [] as string[], objects, day }));
        for (const [i, one] of manifests.entries()) if (i > 0 && i % 2 === 0) one.bases.push(manifests[i - 1]!.key);
        const heads = manifests.filter((_, i) => list[i]!.named);
        const listed = [...manifests.map(({ key, day }) => object(key, day)), ...keys.map((key) => object(key, 61))];
        const result = collect({
          nowMs: NOW,
          safetyMs: safety * DAY,
          historyMs: history * DAY,
          heads: heads.map(({ key }) => key),
          manifests,
          listed,
        });
        const gone = new Set(result.delete.map(({ key }) => key));
        for (const { key, bases, objects } of heads) {
          const based = manifests.filter((other) => bases.includes(other.key)).flatMap((other) => other.objects);
          for (const needed of [key, ...bases, ...objects, ...based]) expect(gone.has(needed)).toBe(false);
        }
        expect(result.kept).toBe(listed.length - gone.size);
      }),
    );
  });
});
