import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { AURAD, AURA_MSG } from "../support/build.js";
import { missing } from "../support/components.js";
import { s3Program } from "../support/s3/programs.js";

const SCRIPT = resolve(import.meta.dirname, "../../examples/sync/two-devices.sh");
let tmp: string;

beforeEach(() => {
  tmp = mkdtempSync(join(tmpdir(), "aura-example-"));
});
afterEach(() => rmSync(tmp, { recursive: true, force: true }));

/** Every file of a folder but Aura's own, with its content. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).filter((path) => !path.includes("/.aura/"));
  return Object.fromEntries(paths.toSorted().map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

describe.skipIf(missing("temporal") || missing("versitygw"))("examples/sync/two-devices.sh", () => {
  it("keeps two devices in step, loses neither of two edits, brings a file back, and ends what it started", async () => {
    const env = {
      PATH: `${dirname(s3Program("versitygw")!)}${delimiter}${process.env["PATH"]}`,
      AURA_TEMPORAL_CLI: inject("temporal")!.cli,
      AURAD: `${process.execPath} ${AURAD}`,
      AURA_MSG: `${process.execPath} ${AURA_MSG}`,
      TMPDIR: tmp,
      KEEP: "1",
    };
    const { stdout } = await promisify(execFile)("/bin/sh", [SCRIPT], { env });
    expect(stdout).toMatch(/it is there after \d+ ms/);
    expect(stdout).toContain("both folders hold the same");
    const work = /everything is in (\S+)/.exec(stdout)![1]!;
    const [laptop, desk] = ["laptop", "desk"].map((device) => contents(join(work, device, "work")));
    expect(laptop).toEqual(desk);
    const copy = Object.keys(laptop!).find((path) => /^docs\/hello\.conflict-\w+-\d{8}T\d{6}Z\.txt$/.test(path));
    expect(Object.keys(laptop!)).toEqual([copy, "docs/hello.txt"].toSorted());
    expect([laptop![copy!], laptop!["docs/hello.txt"]].toSorted()).toEqual(["edited on desk\n", "edited on laptop\n"]);
    const [pid] = /pid (\d+)/.exec(stdout)!.slice(1);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  }, 180_000);
});
