import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/adapters/config/load-config.js";
import { CONFIG_KEYS, nearestKey } from "../../src/host/config-keys.js";
import { CONFIG_DEFAULTS } from "../../src/host/config-defaults.js";

const reference = readFileSync(resolve(import.meta.dirname, "../../docs/reference/config.md"), "utf8");

describe("docs/reference/config.md", () => {
  it("has exactly the keys of the schema, with type, default and description, in the same order", () => {
    const rows = reference
      .split("## ")
      .find((part) => part.startsWith("Keys"))!
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const expected = CONFIG_KEYS.map(({ key, type, required, description, ...row }) => {
      const preset = required ? "required" : row.default === undefined ? "" : `\`${JSON.stringify(row.default)}\``;
      return `| \`${key}\` | ${type} | ${preset} | ${description} |`;
    });
    expect(rows).toEqual(expected);
  });

  it("has an example that is accepted", () => {
    const example = /```toml\n([\s\S]*?)```/.exec(reference)?.[1] ?? "";
    const dir = mkdtempSync(join(tmpdir(), "aura-example-"));
    const file = join(dir, "aura.toml");
    writeFileSync(file, example);
    const { config } = loadConfig({ file, required: true, env: { AURA_DEVICE_ID: "laptop" }, home: dir });
    expect(config.roots).toHaveLength(1);
    rmSync(dir, { recursive: true });
  });
});

describe("known keys", () => {
  it("include every default", () => {
    expect(Object.keys(CONFIG_DEFAULTS).filter((key) => !CONFIG_KEYS.some((known) => known.key === key))).toEqual([]);
  });

  it.each([
    [["metric", "require_tokens"], "metrics.require_token"],
    [["roots", 0, "init", "remote", "bukket"], "roots.init.remote.bucket"],
    [["daemon", "trail"], "audit.trail"],
  ])("are suggested for %j", (path, key) => {
    expect(nearestKey(path)).toBe(key);
  });
});
