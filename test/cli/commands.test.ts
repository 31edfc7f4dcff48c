import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAsker } from "../../src/cli/local.js";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";

let main: string;
let cli: CliHost;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(() => {
  cli = new CliHost(main);
  return () => cli.remove();
});

const stack = [{ name: "store", port: 6000 }, { name: "api", after: ["store"], requires: ["store"] }, { name: "other" }] as const;

describe("up", () => {
  it("tells each service as it becomes ready, what it needs included, and leaves the others alone", async () => {
    const host = await cli.serve(stack);
    const { status, stdout, stderr } = await cli.run("up", "api");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").toSorted()).toEqual([
      expect.stringMatching(/^api {4}ready {2}pid 4000001 {2}\d+ms$/),
      expect.stringMatching(/^store {2}ready {2}pid 4000001 {2}port 6000 {2}\d+ms$/),
    ]);
    expect((await host.status()).services.map((row) => row.state)).toEqual(["running", "running", "stopped"]);
    expect(host.askers).toEqual([{ by: newAsker().by, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
  });

  it("returns as soon as all are ready, long before it would look again", async () => {
    await cli.serve([{ name: "slow", startMs: 50 }]);
    const { status, ms } = await cli.run("up");
    expect(status).toBe(0);
    expect(ms).toBeGreaterThan(50);
    expect(ms).toBeLessThan(1000);
  });

  it("ends with 3 when one failed and another waits for it, and names both with their reasons", async () => {
    await cli.serve([{ name: "bad", startsAs: "failed" }, { name: "waits", after: ["bad"] }, { name: "fine" }]);
    const { status, stdout, stderr } = await cli.run("up");
    expect(status).toBe(3);
    expect(stdout).toMatch(/^fine +ready/);
    expect(stderr).toBe(
      "aura-msg: not ready: bad (failed: exec: no such file), waits (pending: waits for its dependencies); see: aura-msg why bad\n",
    );
  });

  it("ends with 3 when the time is over while something still moves", async () => {
    await cli.serve([{ name: "loops", startsAs: "backoff" }]);
    const { status, stderr, ms } = await cli.run("up", "--timeout", "300ms");
    expect(status).toBe(3);
    expect(stderr).toMatch(/^aura-msg: not ready after 0\.3s: loops \(backoff: .*\); see: aura-msg why loops\n$/);
    expect(ms).toBeLessThan(5000);
  });

  it("prints one document with --json, also when it failed", async () => {
    await cli.serve([{ name: "bad", startsAs: "failed" }, { name: "fine" }]);
    const good = await cli.run("up", "fine", "--json");
    expect(good.status).toBe(0);
    expect(JSON.parse(good.stdout)).toEqual({
      schema_version: 1,
      host: "laptop",
      refused: [],
      services: [{ name: "fine", state: "running", ready: true, reason: "started" }],
    });
    const failed = await cli.run("up", "bad", "--json");
    expect({ status: failed.status, stderr: failed.stderr }).toEqual({ status: 3, stderr: "" });
    expect(JSON.parse(failed.stdout)).toMatchObject({
      error: { code: "refused", fix: "see: aura-msg why bad" },
      services: [{ state: "failed" }],
    });
  });

  it("ends with 3 when a service is refused, and still waits for the others", async () => {
    await cli.serve([{ name: "box", refused: "the container driver is not part of this version" }, { name: "fine" }]);
    const { status, stdout, stderr } = await cli.run("up");
    expect(status).toBe(3);
    expect(stdout).toMatch(/^fine +ready/);
    expect(stderr).toMatch(/^aura-msg: box: the container driver is not part of this version; /);
  });

  it("does not wait with --no-wait", async () => {
    await cli.serve([{ name: "slow", startMs: 60_000 }]);
    const { status, stdout } = await cli.run("up", "--no-wait");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "slow  starting\n" });
  });

  it("starts nothing when one name is mistyped, and gives the nearest", async () => {
    const host = await cli.serve(stack);
    const { status, stderr } = await cli.run("up", "other", "appi");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "aura-msg: host laptop has no service appi; did you mean api?\n" });
    expect(host.askers).toEqual([]);
  });

  it("goes on looking when no events come", async () => {
    const host = await cli.serve([{ name: "slow", startMs: 400 }]);
    host.silent = true;
    expect((await cli.run("up")).status).toBe(0);
  });
});

describe("down", () => {
  it("tells each service as it stops, and ends when all did", async () => {
    const host = await cli.serve([
      { name: "store", state: "running" },
      { name: "api", state: "running" },
      { name: "watched", type: "external", state: "running" },
    ]);
    const { status, stdout } = await cli.run("down", "store", "api");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^store {2}stopped {2}\d+ms\napi {4}stopped {2}\d+ms\n$/);
    expect((await host.status()).services[2]!.state).toBe("running");
  });
});

describe("restart", () => {
  it("waits for the new process, not for the old one that is still ready", async () => {
    const host = await cli.serve([{ name: "store", state: "running", startMs: 200 }]);
    const { status, stdout, ms } = await cli.run("restart", "store");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^store {2}ready {2}pid 4000001 {2}/);
    expect(ms).toBeGreaterThan(200);
    expect((await host.status()).services[0]!.generation).toBe(1);
  });
});

describe("reload", () => {
  it("lists what changed, and ends with 1 when a file is bad", async () => {
    await cli.serve(stack);
    const text = await cli.run("reload");
    expect(text.status).toBe(1);
    expect(text.stdout).toBe("added: cache\nchanged: api\n");
    expect(text.stderr).toMatch(/^aura-msg: services\/bad\.yaml:3: port: .+; its last good version stays\n$/);
    const json = await cli.run("reload", "--json");
    expect({ status: json.status, stderr: json.stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ schema_version: 1, error: { code: "spec_invalid" }, added: ["cache"] });
  });
});
