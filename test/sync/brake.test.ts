import { describe, expect, it } from "vitest";
import { brake, lostFiles } from "../../src/sync/brake.js";
import { DIR } from "../../src/sync/content.js";
import type { Content } from "../../src/sync/entry.js";
import { file, link } from "./entries.js";

const request = { maxDelete: 0.5, confirmed: false, where: "elsewhere" } as const;

describe("the brake", () => {
  it.each([
    [0, 100, 0.5, false],
    [19, 19, 0.5, false],
    [19, 19, 0, false],
    [20, 40, 0.5, false],
    [20, 39, 0.5, true],
    [20, 20, 0.5, true],
    [20, 20, 1, false],
    [20, 1_000_000, 0, true],
    [50_000, 100_000, 0.5, false],
    [50_001, 100_000, 0.5, true],
  ])("%i of %i files with max_delete %d: held %s", (deletes, of, maxDelete, held) => {
    expect(brake({ ...request, deletes, of, maxDelete })).toMatchObject({ held, deletes, of });
  });

  it("lets go when a person has confirmed", () => {
    expect(brake({ ...request, deletes: 30, of: 30, confirmed: true })).toMatchObject({
      held: false,
      reason: expect.stringContaining("confirmed"),
    });
  });

  it("says in one line what would go where, and what to do", () => {
    expect(brake({ ...request, deletes: 30, of: 40 }).reason).toBe(
      "30 of 40 files are missing here and would be deleted on every device, more than max_delete = 0.5; nothing was deleted; if that is meant: aura-msg sync --confirm",
    );
    expect(brake({ ...request, where: "here", deletes: 30, of: 40 }).reason).toContain(
      "would be deleted here because other devices deleted them",
    );
  });

  it("counts no renames, each new file making up for one that is gone", () => {
    const [a, b] = [file("a"), file("b")];
    const lost = (gone: readonly Content[], created: readonly Content[]): string[] =>
      lostFiles(
        gone.map((content, i) => [`path ${i}`, content]),
        created,
      );
    expect(lost([a, b, DIR], [b, a])).toEqual([]);
    expect(lost([a, a, a, b], [a, link("t")])).toEqual(["path 1", "path 2", "path 3"]);
    expect(lost([link("t"), link("u")], [link("t")])).toEqual(["path 1"]);
    expect(lost([], [a])).toEqual([]);
  });
});
