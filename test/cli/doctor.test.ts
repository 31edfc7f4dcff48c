import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { currentPlaces } from "../../src/adapters/home/home.js";
import { inotify, nodeVersion, openFiles } from "../../src/cli/doctor/limits.js";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";

interface Row {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix: string | null;
}

let main: string;
let cli: CliHost;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(() => {
  cli = new CliHost(main);
  return () => cli.remove();
});

async function rows(): Promise<{ readonly status: number | null; readonly by: Readonly<Record<string, Row>> }> {
  const { status, stdout } = await cli.run("doctor", "--json");
  const { checks, ok } = JSON.parse(stdout) as { checks: Row[]; ok: boolean };
  expect(ok).toBe(status === 0);
  for (const row of checks) expect(row.ok).toBe(row.fix === null);
  return { status, by: Object.fromEntries(checks.map((row) => [row.check, row])) };
}

describe("doctor", () => {
  it("is content with a healthy host", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    cli.env["TEMPORAL_ADDRESS"] = `127.0.0.1:${(server.address() as { port: number }).port}`;
    await cli.serve([]);
    const { by } = await rows();
    server.close();
    for (const check of ["node", "home", "permissions", "daemon", "temporal", "temporal cli", "clock", "disk"]) {
      expect(by[check], check).toMatchObject({ ok: true });
    }
    expect(by["daemon"]!.detail).toContain("pid 4711");
  });

  it("ends with 3 and says what to do when no daemon and no Temporal answer", async () => {
    const { status, by } = await rows();
    expect(status).toBe(3);
    expect(by["daemon"]).toMatchObject({ ok: false, fix: "start it with: aurad" });
    expect(by["temporal"]).toMatchObject({ ok: false, detail: "no Temporal server answers at 127.0.0.1:1" });
  });

  it("finds private files that others may read and specs that others may write", async () => {
    const places = currentPlaces(cli.env);
    mkdirSync(places.runDir, { recursive: true, mode: 0o700 });
    writeFileSync(places.apiToken, "t", { mode: 0o644 });
    chmodSync(cli.servicesDir, 0o777);
    const { by } = await rows();
    expect(by["permissions"]!.detail).toBe(`others may use ${places.apiToken}, ${places.servicesDir}`);
    expect(by["permissions"]!.fix).toBe(`chmod go-rwx ${places.apiToken} ${places.servicesDir}`);
  });

  it("reports a broken configuration as a finding", async () => {
    const { auraToml } = currentPlaces(cli.env);
    mkdirSync(join(auraToml, ".."), { recursive: true });
    writeFileSync(auraToml, "nonsense = 1\n");
    const { by } = await rows();
    expect(by["temporal"]!.detail).toContain("nonsense");
  });

  it("prints a readable list of 80 columns", async () => {
    const { stdout } = await cli.run("doctor");
    expect(stdout).toMatch(/^ok {4}node {12}v\d+/);
    expect(stdout).toMatch(/\nFAIL {2}daemon {10}no aurad answers/);
    expect(stdout).toContain("fix: start it with: aurad");
    const home = new RegExp(cli.home, "g");
    expect(
      Math.max(
        ...stdout
          .replace(home, "")
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  it("does not pretend to examine another host", async () => {
    const { status, stderr } = await cli.run("doctor", "--host", "elsewhere");
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: "aura-msg: doctor examines the host it runs on, not elsewhere; run it on elsewhere\n",
    });
  });
});

describe("limits", () => {
  const reading =
    (files: Readonly<Record<string, string>>) =>
    (path: string): string | null =>
      files[path] ?? null;
  const inotifyFiles = (watches: number, instances: number): Record<string, string> => ({
    "/proc/sys/fs/inotify/max_user_watches": `${watches}\n`,
    "/proc/sys/fs/inotify/max_user_instances": `${instances}\n`,
  });

  it.runIf(process.platform === "linux")("asks for enough inotify watches and instances", () => {
    expect(inotify(reading(inotifyFiles(8192, 128)))).toMatchObject({ ok: true, detail: "8192 watches, 128 instances" });
    expect(inotify(reading(inotifyFiles(8191, 128)))).toMatchObject({ ok: false, fix: expect.stringContaining("sysctl") });
    expect(inotify(reading(inotifyFiles(8192, 127))).ok).toBe(false);
    expect(inotify(reading({}))).toMatchObject({ ok: true, detail: "the limits cannot be read here" });
  });

  it("judges open files by the hard limit", () => {
    const limits = (hard: string): Record<string, string> => ({
      "/proc/self/limits": `Limit  Soft  Hard\nMax open files            1024                 ${hard}               files\n`,
    });
    expect(openFiles(reading(limits("4096"))).ok).toBe(true);
    expect(openFiles(reading(limits("unlimited"))).ok).toBe(true);
    expect(openFiles(reading(limits("1024")))).toMatchObject({ ok: false, fix: expect.stringContaining("ulimit") });
  });

  it("asks for Node 20.3", () => {
    expect(["20.2.0", "18.19.0"].map((version) => nodeVersion(version).ok)).toEqual([false, false]);
    expect(["20.3.0", "24.1.0"].map((version) => nodeVersion(version).ok)).toEqual([true, true]);
  });
});
