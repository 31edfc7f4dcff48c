import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PACK_LIMIT, planUploads, SMALL } from "../../src/sync/pack.js";

describe("uploads", () => {
  it("put small files together in the order given, and each content up once", () => {
    const files = [
      { hash: "a", size: 10, path: "1" },
      { hash: "b", size: SMALL, path: "2" },
      { hash: "c", size: SMALL - 1, path: "3" },
      { hash: "a", size: 10, path: "4" },
      { hash: "e", size: 0, path: "5" },
      { hash: "b", size: SMALL, path: "6" },
    ];
    expect(planUploads(files, 8)).toEqual({
      packs: [
        {
          size: SMALL + 9,
          files: [
            { ...files[0], offset: 0 },
            { ...files[2], offset: 10 },
          ],
        },
      ],
      blobs: [files[1]],
    });
    expect(planUploads([], 8)).toEqual({ packs: [], blobs: [] });
  });

  it("keep all lanes busy where there is enough, in packs that are none too small", () => {
    const tenThousand = Array.from({ length: 10_000 }, (_, i) => ({ hash: String(i), size: 2560 }));
    expect(planUploads(tenThousand, 8).packs).toHaveLength(7);
    expect(planUploads(tenThousand, 1).packs).toHaveLength(2);
    expect(planUploads(tenThousand.slice(0, 100), 8).packs).toHaveLength(1);
  });

  it("lose no byte and overlap nowhere, whatever the sizes", () => {
    const sizes = fc.array(fc.oneof(fc.nat(5000), fc.integer({ min: SMALL - 5, max: SMALL + 5 })), { maxLength: 200 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 64 }), (list, lanes) => {
        const files = list.map((size, i) => ({ hash: String(i), size }));
        const { packs, blobs } = planUploads(files, lanes);
        const placed = [...packs.flatMap((pack) => pack.files), ...blobs];
        expect(placed.map(({ hash }) => hash).sort()).toEqual(
          files
            .filter(({ size }) => size > 0)
            .map(({ hash }) => hash)
            .sort(),
        );
        for (const pack of packs) {
          expect(pack.size).toBeLessThanOrEqual(PACK_LIMIT);
          let end = 0;
          for (const file of pack.files) {
            expect(file.offset).toBe(end);
            end += file.size;
          }
          expect(end).toBe(pack.size);
        }
      }),
    );
  });
});
