import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { initRoot } from "../../src/adapters/roots/root-file.js";
import { createEngines, type Engines } from "../../src/adapters/sync/engines.js";
import { silentLog } from "../../src/shared/log.js";
import type { RootLimits } from "../../src/sync/root.js";
import { builtCli } from "../support/built-cli.js";

const LIMITS: RootLimits = { uploadLimit: null, downloadLimit: null, maxTransfers: 4, maxDelete: 0.5, trashDays: 30 };
const SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

let entry: URL;
let home: string;
let engines: Engines;

beforeAll(async () => {
  entry = pathToFileURL(join(dirname(dirname(await builtCli())), "adapters/sync/engine-main.js"));
}, 300_000);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aura-engines-"));
  engines = openEngines();
});
afterEach(async () => {
  await engines.close();
  rmSync(home, { recursive: true, force: true });
});

function openEngines(): Engines {
  const env = { AURA_S3_ACCESS_KEY: "AKIAEXAMPLE", AURA_S3_SECRET_KEY: SECRET };
  return createEngines({ stateDir: join(home, "state"), envFile: join(home, "env"), env, log: silentLog, entry });
}

function root(name: string, rootId = name): string {
  const path = join(home, name);
  // Nobody listens there.
  const remote = { bucket: "bucket", endpoint: "http://127.0.0.1:9", region: "us-east-1", pathStyle: true };
  initRoot(path, { rootId, deviceId: "laptop", mode: "bidirectional", remote });
  return path;
}

describe("the engines of a host", () => {
  it("run in one thread, and say whom they belong to", async () => {
    const [one, two] = [
      await engines.open({ path: root("one"), limits: LIMITS }),
      await engines.open({ path: root("two"), limits: LIMITS }),
    ];
    expect(one.identity).toMatchObject({ rootId: "one", deviceId: "laptop" });
    const outcomes = await Promise.all([one.tick({ trigger: "startup" }), two.tick({ trigger: "startup" })]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["offline", "offline"]);
    expect(readdirSync(join(home, "state")).filter((name) => name.endsWith(".db"))).toEqual(["one.db", "two.db"]);
    expect(statSync(join(home, "state/one.db")).mode & 0o777).toBe(0o600);
    expect(await one.seenHeads?.()).toEqual({});
    await expect(one.log(1)).rejects.toMatchObject({ code: "store_unreachable" });
    await expect(one.listHeads?.()).rejects.toMatchObject({ name: "StoreError", kind: "offline" });
  });

  it("answer what is ignored at once, by the rules as they are", async () => {
    const path = root("one");
    const engine = await engines.open({ path, limits: LIMITS });
    expect(engine.isIgnored("x.log", false)).toBe(false);
    writeFileSync(join(path, ".aura/ignore"), "*.log\n");
    engine.reloadIgnore();
    expect(engine.isIgnored("x.log", false)).toBe(true);
    expect(engine.isIgnored(".aura", true)).toBe(true);
  });

  it("refuse a root that is not there, and one that is open already", async () => {
    await expect(engines.open({ path: join(home, "nowhere"), limits: LIMITS })).rejects.toMatchObject({
      name: "AuraError",
      code: "root_missing",
    });
    await engines.open({ path: root("one"), limits: LIMITS });
    await expect(engines.open({ path: root("again", "one"), limits: LIMITS })).rejects.toMatchObject({ code: "config_invalid" });
    writeFileSync(join(home, "state/bad.db"), "no database".repeat(1000));
    await expect(engines.open({ path: root("bad"), limits: LIMITS })).rejects.toMatchObject({ code: "state_unreadable" });
  });

  it("stop a tick when they are told to", async () => {
    const engine = await engines.open({ path: root("one"), limits: LIMITS });
    const controller = new AbortController();
    controller.abort();
    expect(await engine.tick({ trigger: "manual" }, undefined, controller.signal)).toMatchObject({ kind: "error", code: "sync_failed" });
  });

  it("open a root again when their thread died", async () => {
    const engine = await engines.open({ path: root("one"), limits: LIMITS });
    await engines.kill();
    expect(await engine.tick({ trigger: "manual" })).toMatchObject({ kind: "offline" });
    expect(await engine.seenHeads?.()).toEqual({});
  });

  it("leave no credential on the disk", async () => {
    const engine = await engines.open({ path: root("one"), limits: LIMITS });
    await engine.tick({ trigger: "manual" });
    await engines.close();
    for (const name of readdirSync(home, { recursive: true, encoding: "utf8" })) {
      const path = join(home, name);
      if (statSync(path).isFile()) expect(readFileSync(path).includes(SECRET.slice(0, 12))).toBe(false);
    }
    expect(existsSync(join(home, "state/one.db"))).toBe(true);
  });
});
