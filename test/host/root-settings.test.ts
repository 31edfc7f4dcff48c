import { describe, expect, it } from "vitest";
import type { Config } from "../../src/host/config-schema.js";
import { rootSettings, type RootSettingsInput } from "../../src/host/root-settings.js";
import type { AuraError } from "../../src/shared/errors.js";

const init = { root_id: "w", device_id: "laptop", mode: "push", remote: { bucket: "b" } } as const;
const roots = [{ path: "/home/ada/work", interval: "30s", max_delete: 0.1, trash_days: 7, init }, { path: "/data" }];

function resolve(config: Config, more: Partial<RootSettingsInput> = {}) {
  return rootSettings({ config, intervalMs: null, positional: [], home: "/home/ada", cwd: "/home/ada", ...more });
}

describe("the roots that aurad keeps in step", () => {
  it("are those of aura.toml, each with what it says itself before what all say", () => {
    const config = { roots, max_delete: 0.9, trash_days: 3, upload_limit: "10MB", download_limit: "1GB", max_transfers: 2 };
    const limits = { uploadLimit: 10 * 1024 ** 2, downloadLimit: 1024 ** 3, maxTransfers: 2 };
    expect(resolve(config)).toEqual([
      { path: "/home/ada/work", intervalMs: 30_000, limits: { ...limits, maxDelete: 0.1, trashDays: 7 }, init },
      { path: "/data", intervalMs: 300_000, limits: { ...limits, maxDelete: 0.9, trashDays: 3 }, init: null },
    ]);
  });

  it("have the documented defaults", () => {
    const limits = { uploadLimit: null, downloadLimit: null, maxTransfers: 8, maxDelete: 0.5, trashDays: 30 };
    expect(resolve({ roots: [{ path: "/data" }] })).toEqual([{ path: "/data", intervalMs: 300_000, limits, init: null }]);
    expect(resolve({})).toEqual([]);
  });

  it.each([
    ["the flag before all", { intervalMs: 5000, config: { roots, default_interval: "1h" } }, [5000, 5000]],
    ["a root's own before the default of the file", { config: { roots, default_interval: "1h" } }, [30_000, 3_600_000]],
    ["the default of the file before the built-in one", { config: { roots: [{ path: "/a" }], default_interval: "2m" } }, [120_000]],
    ["the built-in one else", { config: { roots: [{ path: "/a" }] } }, [300_000]],
  ] as const)("take for the interval %s", (_, { config, ...more }, expected) => {
    expect(resolve(config as Config, more).map(({ intervalMs }) => intervalMs)).toEqual(expected);
  });

  it("are exactly the folders of the command line, where any is given, with what aura.toml says of each but how to begin it", () => {
    const found = resolve({ roots, default_interval: "1h" }, { positional: ["work/", "~/other"] });
    expect(found.map(({ path, intervalMs, init: begin }) => [path, intervalMs, begin])).toEqual([
      ["/home/ada/work", 30_000, null],
      ["/home/ada/other", 3_600_000, null],
    ]);
    expect(found[0]!.limits).toMatchObject({ maxDelete: 0.1, trashDays: 7 });
  });

  it("are refused when a folder is given twice", () => {
    expect(() => resolve({}, { positional: ["a", "./a/"] })).toThrow(
      expect.objectContaining({ code: "usage", message: "the folder /home/ada/a is given twice" }) as AuraError,
    );
  });
});
