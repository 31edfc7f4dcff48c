import fc from "fast-check";
import { expect, it } from "vitest";
import { partCountOf, partRangeOf, partSizeOf, workersOf } from "../../src/adapters/s3/part-size.js";
import { MIB } from "./bodies.js";

it.each([
  [0, 8 * MIB, 1],
  [1, 8 * MIB, 1],
  [8 * MIB, 8 * MIB, 1],
  [8 * MIB + 1, 8 * MIB, 2],
  [2 * 1024 * MIB, 8 * MIB, 256],
  [80_000 * MIB, 8 * MIB, 10_000],
  [80_000 * MIB + 1, 9 * MIB, 8889],
  [5 * 1024 * 1024 * MIB, 525 * MIB, 9987],
])("cuts %i bytes into parts of %i: %i of them", (size, partSize, count) => {
  expect(partSizeOf(size)).toBe(partSize);
  expect(partCountOf(size, partSize)).toBe(count);
});

it("cuts every size into at most 10,000 parts of at least 8 MiB, of which all but the last are alike", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 * 1024 * 1024 * MIB }), (size) => {
      const partSize = partSizeOf(size);
      const count = partCountOf(size, partSize);
      expect(partSize).toBeGreaterThanOrEqual(8 * MIB);
      expect(count).toBeLessThanOrEqual(10_000);
      const last = partRangeOf(count, size, partSize);
      expect(last.offset + last.length).toBe(size);
      expect(last.length).toBeLessThanOrEqual(partSize);
      if (count > 1) expect(partRangeOf(count - 1, size, partSize)).toEqual({ offset: (count - 2) * partSize, length: partSize });
    }),
  );
});

it("sends fewer parts at once when they are large", () => {
  expect(workersOf(100, 8 * MIB, 8)).toBe(8);
  expect(workersOf(100, 8 * MIB, 64)).toBe(16);
  expect(workersOf(3, 8 * MIB, 8)).toBe(3);
  expect(workersOf(9987, 525 * MIB, 8)).toBe(1);
});
