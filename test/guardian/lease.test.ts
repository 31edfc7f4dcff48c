import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { HEALTH } from "../services/make.js";
import { alive, killProcess, processesWith } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { by, Host, PORTS, scratch, service, uniqueSeconds } from "./host.js";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe("restarts under the lease, with nobody else to ask", () => {
  it("brings a killed service back with another pid, and tells why", async () => {
    const seconds = uniqueSeconds();
    const host = new Host([service("api", ["sleep", seconds], { restart: { delayMs: 0 } })]);
    host.order("start", "api");
    const { pid } = await host.has("api", { state: "running" });
    killProcess(pid!);
    const again = await host.has("api", (snapshot) => snapshot.state === "running" && snapshot.pid !== pid);
    expect(again).toMatchObject({ generation: 2, restartCount: 1, ready: true, lastExit: { status: 137, known: true } });
    expect(host.transitions.map(({ from, to, reason, delayMs }) => ({ from, to, reason, delayMs }))).toEqual([
      { from: "starting", to: "running", reason: "started: start by ann@dev", delayMs: undefined },
      { from: "running", to: "backoff", reason: "ended by SIGKILL (137); on-failure restart 1 at once", delayMs: 0 },
      { from: "starting", to: "running", reason: "restarted after: ended by SIGKILL (137)", delayMs: undefined },
    ]);
    expect(processesWith(["sleep", seconds])).toEqual([again.pid]);
  });

  it("waits between tries as the policy says, counts them, and gives up when they are spent", async () => {
    const host = new Host([
      service("api", "exit 3", { restart: { delayMs: 40, backoff: "exponential", maxDelayMs: 100, maxAttempts: 3 } }),
    ]);
    host.order("start", "api");
    await host.has("api", { state: "failed" });
    const waits = host.transitions.filter(({ to }) => to === "backoff");
    expect(waits.map(({ delayMs }) => delayMs)).toEqual([40, 80, 100]);
    const starts = host.transitions.filter(({ to }) => to === "running").map(({ at }) => at);
    for (const [index, { at, delayMs }] of waits.entries()) expect(starts[index + 1]! - at).toBeGreaterThanOrEqual(delayMs! - 2);
    expect(host.snapshot("api")).toMatchObject({
      finished: true,
      generation: 4,
      lastError: "exited 3",
      reason: expect.stringContaining("gave up after 3 restarts"),
    });
    host.order("start", "api");
    await host.has("api", { state: "failed", generation: 8 });
  });

  it("finishes what ends well, and completes a oneshot once", async () => {
    const host = new Host([
      service("job", "exit 0"),
      service("migrate", "echo done", { restart: { policy: "oneshot" } }),
      service("loop", "exit 0", { restart: { policy: "always" } }),
    ]);
    host.order("start", "job", "migrate", "loop");
    expect(await host.has("job", { state: "stopped" })).toMatchObject({
      finished: true,
      reason: "exited 0; on-failure does not restart it",
    });
    expect(await host.has("migrate", { ready: true })).toMatchObject({ state: "running", pid: null, reason: "exited 0; its work is done" });
    await host.has("loop", ({ restartCount }) => restartCount >= 3);
    host.order("start", "migrate");
    await pause(100);
    expect(host.log("migrate")).toBe("done\n");
  });

  it("says that a program is missing, on every try, and finds it when it is there", async () => {
    const dir = scratch();
    const program = join(dir, "program");
    const host = new Host([service("api", [program], { restart: { delayMs: 0 } })], dir);
    host.order("start", "api");
    await host.has("api", ({ restartCount }) => restartCount >= 3);
    expect(new Set(host.transitions.map(({ reason }) => reason.split(";")[0]))).toEqual(
      new Set([`could not start: ${program} does not exist (working directory /tmp)`]),
    );
    writeFileSync(program, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    await host.has("api", { state: "running" });
  });

  it("restarts what its probes find unhealthy, however well it then ends", async () => {
    const dir = scratch();
    const health = { ...HEALTH, type: "exec" as const, command: ["test", "-e", join(dir, "ok")], intervalMs: 30, unhealthyThreshold: 2 };
    writeFileSync(join(dir, "ok"), "");
    const host = new Host([service("api", "trap 'exit 0' TERM; while :; do sleep 0.02; done", { health })], dir);
    host.order("start", "api");
    const { pid } = await host.has("api", { health: "healthy", ready: true });
    rmSync(join(dir, "ok"));
    await host.has("api", (snapshot) => snapshot.restartCount >= 1 && snapshot.state === "running");
    expect(host.transitions.find(({ to }) => to === "stopping")?.reason).toMatch(/^unhealthy: failed 2 of 2/);
    expect(host.transitions.find(({ to }) => to === "backoff")).toMatchObject({
      exit: { status: 0, known: true },
      cause: { kind: "health" },
    });
    writeFileSync(join(dir, "ok"), "");
    expect((await host.has("api", { health: "healthy" })).pid).not.toBe(pid);
  });

  it("counts a service as ready once its line was seen, in the output of this run", async () => {
    const host = new Host([service("api", "sleep 0.1; echo 'now listening on 80'; exec sleep 600", { readyLogLine: "listening" })]);
    host.order("start", "api");
    await host.has("api", { state: "running", ready: false });
    const { pid } = await host.has("api", { ready: true });
    killProcess(pid!);
    await host.has("api", (snapshot) => snapshot.state === "running" && snapshot.generation === 2 && !snapshot.ready); // the old line does not count
    await host.has("api", { ready: true });
  });

  it("keeps env values out of every reason", async () => {
    const secret = "s3cr3t-value";
    const host = new Host([service("api", [`/opt/${secret}/program`], { env: { TOKEN: secret } })]);
    host.order("start", "api");
    await host.has("api", { state: "backoff" });
    expect(JSON.stringify([host.transitions, host.guardian.snapshots()])).not.toContain(secret);
  });
});

describe("dependencies", () => {
  it("hold the restart of a dependent until what it requires is ready", async () => {
    const dir = scratch();
    const health = { ...HEALTH, type: "exec" as const, command: ["test", "-e", join(dir, "ok")], intervalMs: 20, unhealthyThreshold: 1000 };
    writeFileSync(join(dir, "ok"), "");
    const [db, api] = [uniqueSeconds(), uniqueSeconds()];
    const host = new Host(
      [service("db", ["sleep", db], { health }), service("api", ["sleep", api], { after: ["db"], requires: ["db"] })],
      dir,
    );
    host.order("start", "db");
    await host.has("db", { ready: true });
    host.order("start", "api");
    await host.has("api", { ready: true });
    rmSync(join(dir, "ok"));
    killProcess(host.snapshot("db").pid!);
    await host.has("db", { state: "running", ready: false });
    killProcess(host.snapshot("api").pid!);
    expect(await host.has("api", ({ reason }) => reason.startsWith("db is not ready"))).toMatchObject({
      state: "backoff",
      reason: "db is not ready; restarts when it is ready",
    });
    await pause(100);
    expect(processesWith(["sleep", api])).toEqual([]);
    writeFileSync(join(dir, "ok"), "");
    await host.has("api", { state: "running", ready: true });
    expect(host.states("api")).toEqual(["running", "backoff", "running"]);
  });

  it("do not matter to a running dependent while its dependency restarts", async () => {
    const host = new Host([service("db", ["sleep", "600"]), service("api", ["sleep", "600"], { after: ["db"], requires: ["db"] })]);
    host.order("start", "db", "api");
    const { pid } = await host.has("api", { ready: true });
    for (let i = 1; i <= 3; i++) {
      killProcess((await host.has("db", { state: "running", generation: i })).pid!);
      await host.has("db", { state: "running", generation: i + 1 });
    }
    expect(host.snapshot("api")).toMatchObject({ pid, generation: 1 });
  });

  it("end in reverse order when everything stops, side by side where they may", async () => {
    const slow = "trap 'sleep 0.1; exit 0' TERM; while :; do sleep 0.02; done";
    const host = new Host([
      service("db", slow),
      service("api", slow, { after: ["db"], requires: ["db"] }),
      service("job", slow, { after: ["db"] }),
      service("web", slow, { after: ["api"], requires: ["api"] }),
      service("crash", "exit 1", { restart: { delayMs: 60_000 } }),
    ]);
    host.order("start", "db", "api", "job", "web", "crash");
    for (const name of ["db", "api", "job", "web"]) await host.has(name, { state: "running" });
    await host.has("crash", { state: "backoff" });
    host.transitions.length = 0;
    await host.guardian.stopAll({ kind: "shutdown" });
    expect(host.processes()).toEqual([]);
    const order = host.states();
    const at = (entry: string): number => order.indexOf(entry);
    expect(order.toSorted()).toEqual(
      [...["api", "db", "job", "web"].flatMap((name) => [`${name} stopped`, `${name} stopping`]), "crash stopped"].toSorted(),
    );
    expect(at("web stopped")).toBeLessThan(at("api stopping"));
    expect(at("api stopping")).toBeLessThan(at("job stopped"));
    expect(Math.max(at("api stopped"), at("job stopped"))).toBeLessThan(at("db stopping"));
    expect(() => host.guardian.order("start", "db", 99, by)).toThrow("aurad is stopping");
  });
});

describe("ports", () => {
  const listener = 'exec node -e \'require("net").createServer().listen(Number(process.env.PORT), "127.0.0.1")\'';
  const health = { ...HEALTH, intervalMs: 50, unhealthyThreshold: 1000 };

  async function occupy(port: number): Promise<void> {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
  }

  it("stay the same over restarts by policy and by hand", async () => {
    const host = new Host([service("web", listener, { port: 0, health })]);
    host.order("start", "web");
    const first = await host.has("web", { ready: true });
    expect(first.port).toBeGreaterThanOrEqual(PORTS[0]);
    killProcess(first.pid!);
    expect(await host.has("web", { ready: true, generation: 2 })).toMatchObject({ port: first.port });
    host.order("restart", "web");
    expect(await host.has("web", { ready: true, generation: 3 })).toMatchObject({ port: first.port });
  });

  it("are given up for others when somebody took them and the service cannot come up", async () => {
    const spec = service("web", listener, { port: 0 });
    const host = new Host([spec]);
    host.order("start", "web");
    const { port, pid } = await host.has("web", { state: "running" });
    host.order("stop", "web");
    await host.has("web", { state: "stopped" });
    expect(alive(pid!)).toBe(false);
    host.order("start", "web");
    const second = await host.has("web", { state: "running" });
    // A foreigner is quicker than the restart.
    killProcess(second.pid!);
    await host.has("web", { state: "backoff" });
    await occupy(port!);
    const moved = await host.has("web", (snapshot) => snapshot.state === "running" && snapshot.port !== port, 20_000);
    await pause(500);
    expect(alive(moved.pid!)).toBe(true);
  });

  it("are never given twice, also when many start at once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const host = new Host(names.map((name) => service(name, ["sleep", "600"], { port: 0 })));
    host.order("start", ...names);
    const ports = await Promise.all(names.map(async (name) => (await host.has(name, { state: "running" })).port));
    expect(new Set(ports).size).toBe(20);
  });
});

describe("changes of specs", () => {
  it("keep a removed service under its lease until it is stopped, then forget it", async () => {
    const host = new Host([service("api", ["sleep", "600"])]);
    host.order("start", "api");
    const { pid } = await host.has("api", { state: "running" });
    host.setSpecs([]);
    killProcess(pid!);
    await host.has("api", { state: "running", generation: 2 });
    host.order("stop", "api");
    await until(() => !host.guardian.entries.has("api"));
    expect(host.processes()).toEqual([]);
    expect(existsSync(join(host.dir, "processes", "api.record"))).toBe(false);
  });

  it("count from the next start on", async () => {
    const [before, after] = [uniqueSeconds(), uniqueSeconds()];
    const host = new Host([service("api", ["sleep", before], { hash: "h1" })]);
    host.order("start", "api");
    await host.has("api", { state: "running", specHash: "h1" });
    host.setSpecs([service("api", ["sleep", after], { hash: "h2" })]);
    expect(processesWith(["sleep", before])).toHaveLength(1);
    host.order("restart", "api");
    await host.has("api", { state: "running", specHash: "h2" });
    expect([processesWith(["sleep", before]).length, processesWith(["sleep", after]).length]).toEqual([0, 1]);
  });
});

describe("listeners", () => {
  it("hear of changes in the order in which they came about, and cannot break anything", async () => {
    const host = new Host([service("api", ["/no/such/program"], { restart: { maxAttempts: 2, delayMs: 0 } })]);
    host.guardian.subscribe(() => {
      throw new Error("a listener's own failure");
    });
    host.order("start", "api");
    await host.has("api", { state: "failed" });
    const seqs = host.transitions.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(host.states("api")).toEqual(["backoff", "backoff", "failed"]);
    expect(host.said).toContain("a listener failed");
  });
});

describe("a clock that jumps", () => {
  it("by a day, both ways, changes neither delays nor uptime nor what counts as stable", async () => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift, uptimeMs: () => Math.round(performance.now()) };
    const host = new Host(
      [
        service("api", "exit 1", { restart: { delayMs: 300, backoff: "fixed", maxAttempts: 3, resetAfterMs: 3_600_000 } }),
        service("web", ["sleep", "600"]),
      ],
      scratch(),
      { clock },
    );
    host.order("start", "api", "web");
    await host.has("web", { state: "running" });
    for (const day of [86_400_000, -86_400_000, 0]) {
      const { restartCount } = await host.has("api", { state: "backoff" });
      const began = performance.now();
      shift = day;
      await host.has("api", (snapshot) => snapshot.restartCount > restartCount || snapshot.state === "failed");
      expect(performance.now() - began).toBeLessThan(1500);
    }
    expect(await host.has("api", { state: "failed" })).toMatchObject({ restartCount: 3 });
    const { startedUptimeMs } = host.snapshot("web");
    expect(clock.uptimeMs() - startedUptimeMs!).toBeLessThan(20_000);
    const seqs = host.transitions.filter(({ service: name }) => name === "api").map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index));
  });
});

describe("many at once", () => {
  it("start, crash and stop without losing one", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const host = new Host(names.map((name) => service(name, ["sleep", "600"])));
    host.order("start", ...names);
    for (const name of names) await host.has(name, { state: "running" });
    for (const name of names) killProcess(host.snapshot(name).pid!);
    for (const name of names) await host.has(name, { state: "running", generation: 2 });
    expect(host.processes()).toHaveLength(80); // each with its shim
    await host.guardian.stopAll({ kind: "shutdown" });
    expect(host.processes()).toEqual([]);
    for (const name of names) expect(host.states(name)).toEqual(["running", "backoff", "running", "stopping", "stopped"]);
  });
});
