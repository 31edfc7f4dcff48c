import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDERS = ["src", "test", "scripts", "bench", "examples"];
// In two parts, so that this file is no finding of its own.
const DIRECTIVE = new RegExp(`(?:ox|es)lint-${"disable"}|@ts-${"(?:ignore|nocheck|expect-error)"}`);

describe("the rules", () => {
  it("are switched off nowhere", () => {
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
    );
    const sources = files.filter((name) => /\.(?:ts|mjs)$/.test(name) && name !== "test/lint/import-table.test.ts");
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((name) => DIRECTIVE.test(readFileSync(join(ROOT, name), "utf8")))).toEqual([]);
  });
});
