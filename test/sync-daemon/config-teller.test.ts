import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/adapters/config/load-config.js";
import { resolveSettings, type Settings } from "../../src/host/settings.js";
import { silentLog } from "../../src/shared/log.js";
import { tellConfig } from "../../src/worker/config-teller.js";

let dir: string;
let file: string;
let taken: Settings[];
let errors: string[];
let said: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-teller-"));
  file = join(dir, "aura.toml");
  taken = [];
  errors = [];
  said = [];
  return () => rmSync(dir, { recursive: true });
});

function read(): Settings {
  const { config } = loadConfig({ file, required: false, env: {}, home: dir });
  return resolveSettings({ flags: {}, env: {}, config, defaults: { osHostName: "h", auditDb: "/a", home: dir, cwd: dir } });
}

async function watched(test: () => Promise<void>): Promise<void> {
  const error = (fields: object, message: string): void => void errors.push(`${message}: ${String((fields as { error?: string }).error)}`);
  const info = (_: object, message: string): void => void said.push(message);
  const close = await tellConfig({ file, read }, read(), { ...silentLog, error, info }, async (settings) => void taken.push(settings));
  try {
    await test();
  } finally {
    await close();
  }
}

const intervals = (): number[] => taken.map(({ defaultIntervalMs }) => defaultIntervalMs);

describe("a saved aura.toml", () => {
  it("is taken over, however it is saved, and once", async () => {
    writeFileSync(file, "");
    await watched(async () => {
      writeFileSync(file, 'default_interval = "1m"');
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000]);
      writeFileSync(`${file}.new`, 'default_interval = "2m"');
      renameSync(`${file}.new`, file);
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000, 120_000]);
      rmSync(file);
      writeFileSync(file, 'default_interval = "3m"');
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000, 120_000, 180_000]);
      expect(errors).toEqual([]);
    });
  });

  it("is taken over when it is made, or is a link that is swapped", async () => {
    await watched(async () => {
      mkdirSync(join(dir, "store"));
      writeFileSync(join(dir, "store/one"), 'default_interval = "1m"');
      writeFileSync(join(dir, "store/two"), 'default_interval = "2m"');
      symlinkSync("store/one", file);
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000]);
      symlinkSync("store/two", `${file}.new`);
      renameSync(`${file}.new`, file);
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000, 120_000]);
    });
  });

  it("that is not right, or gone, is one record each, and nothing is taken over", async () => {
    writeFileSync(file, "");
    await watched(async () => {
      writeFileSync(file, 'default_intervall = "1m"');
      await expect.poll(() => errors, { timeout: 5000 }).toHaveLength(1);
      expect(errors[0]).toContain("did you mean default_interval?");
      rmSync(file);
      await expect.poll(() => errors, { timeout: 5000 }).toHaveLength(2);
      expect(errors[1]).toContain("aura.toml is gone");
      expect(taken).toEqual([]);
      writeFileSync(file, 'default_interval = "1m"');
      await expect.poll(intervals, { timeout: 5000 }).toEqual([60_000]);
    });
  });

  it("that says what it said before is taken over once more, without a word; any other file is nobody's business", async () => {
    writeFileSync(file, "");
    await watched(async () => {
      writeFileSync(join(dir, "env"), "x");
      await new Promise((resolve) => setTimeout(resolve, 600)); // nothing is awaited here but that nothing happens
      expect(taken).toEqual([]);
      writeFileSync(file, "# a comment\n");
      await expect.poll(intervals, { timeout: 5000 }).toEqual([300_000]);
      expect(said).toEqual([]);
      writeFileSync(file, 'default_interval = "1m"');
      await expect.poll(() => said, { timeout: 5000 }).toHaveLength(1);
    });
  });
});
