import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RunFiles } from "../../src/adapters/process/run-files.js";
import type { ServiceSpec } from "../../src/services/spec.js";
import { compileSources } from "../host/compiled.js";
import { HEALTH } from "../services/make.js";
import { missing } from "../support/components.js";
import { alive, killProcess, processesWith } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { Host, PORTS, scratch, service, uniqueSeconds } from "./host.js";

describe("the next aurad", () => {
  it("finds every service as it was: pid, port, uptime, health, counters", async () => {
    const health = { ...HEALTH, type: "exec" as const, command: ["true"] };
    const host = new Host([service("api", ["sleep", "600"], { port: 0 }), service("web", ["sleep", "600"], { health })]);
    host.order("start", "api", "web");
    killProcess((await host.has("api", { state: "running" })).pid!);
    const api = await host.has("api", { state: "running", generation: 2 });
    const web = await host.has("web", { ready: true });
    const next = await host.again();
    expect(next.snapshot("api")).toEqual(api);
    expect(next.snapshot("web")).toEqual(web);
    expect(next.transitions).toEqual([]);
    killProcess(api.pid!);
    expect(await next.has("api", { state: "running", generation: 3 })).toMatchObject({
      port: api.port,
      restartCount: 2,
      lastExit: { status: 137, known: true },
    });
    next.order("stop", "web");
    expect(await next.has("web", { state: "stopped" })).toMatchObject({ lastExit: { status: 143, known: true } });
    expect(alive(web.pid!)).toBe(false);
  });

  it("restarts by policy what ended meanwhile, its status known, and ends what that left behind", async () => {
    const seconds = uniqueSeconds();
    const dir = scratch();
    const host = new Host(
      [service("api", `test -e ${dir}/again && exec sleep 600; sleep ${seconds} & while ! test -e ${dir}/go; do sleep 0.02; done; exit 9`)],
      dir,
    );
    host.order("start", "api");
    const { pid } = await host.has("api", { state: "running" });
    await until(() => processesWith(["sleep", seconds]).length === 1);
    host.close();
    writeFileSync(join(dir, "again"), "");
    writeFileSync(join(dir, "go"), "");
    await until(() => !alive(pid!));
    const next = await host.again();
    expect(await next.has("api", { state: "running", generation: 2 })).toMatchObject({
      lastExit: { status: 9, known: true },
      restartCount: 1,
    });
    expect(next.transitions[0]?.reason).toBe(
      "exited 9; on-failure restart 1 in 20ms (while aurad was away; 1 process it left behind ended too)",
    );
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("goes on with a wait, a stop and a give-up where the last one was", async () => {
    const slow = "trap 'sleep 0.5; exit 0' TERM; while :; do sleep 0.02; done";
    const host = new Host([
      service("wait", "exit 1", { restart: { delayMs: 60_000 } }),
      service("stop", slow),
      service("fail", "exit 1", { restart: { policy: "never" } }),
    ]);
    host.order("start", "wait", "stop", "fail");
    await host.has("wait", { state: "backoff" });
    await host.has("stop", { state: "running" });
    await host.has("fail", { state: "failed" });
    host.order("stop", "stop");
    const next = await host.again();
    expect(next.snapshot("stop").state).toBe("stopping");
    await next.has("stop", { state: "stopped" });
    await next.has("wait", { state: "backoff", generation: 2 });
    expect(next.snapshot("fail")).toMatchObject({ state: "failed", finished: true, generation: 1 });
  });

  it("releases what was held by a dependency that is ready, whichever record comes first", async () => {
    const host = new Host([
      service("db", ["sleep", "600"]),
      service("api", "exit 1", { after: ["db"], requires: ["db"], restart: { delayMs: 60_000 } }),
    ]);
    host.order("start", "db", "api");
    await host.has("db", { ready: true });
    await host.has("api", { state: "backoff" });
    const next = await host.again();
    await next.has("api", { generation: 2 });
  });

  it("touches nothing after a reboot, and says that everything is stopped", async () => {
    const host = new Host([service("api", ["sleep", "600"]), service("job", "exit 0")]);
    host.order("start", "api", "job");
    const { pid } = await host.has("api", { state: "running" });
    await host.has("job", { finished: true });
    const next = await host.again({ bootId: "after-the-reboot" });
    for (const name of ["api", "job"])
      expect(next.snapshot(name)).toMatchObject({
        state: "stopped",
        finished: false,
        pid: null,
        reason: "host rebooted",
        cause: { kind: "boot" },
      });
    next.guardian.order("stop", "api", 50, { kind: "command" });
    await pause(100);
    expect(alive(pid!)).toBe(true); // in the test's world the "other boot's" process is still there
    expect(readdirSync(join(host.dir, "processes", "runs"))).toEqual([]);
  });

  it("stops nothing that took over a recorded pid", async () => {
    const victim = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    await once(victim, "spawn");
    await pause(50); // start times have ticks of ten milliseconds
    const host = new Host([service("api", ["sleep", "600"], { restart: { policy: "never" } })]);
    host.order("start", "api");
    const { pid } = await host.has("api", { state: "running" });
    host.close();
    for (const each of host.processes()) killProcess(each);
    await until(() => !alive(pid!));
    const claim = new RunFiles(join(host.dir, "processes", "runs")).claimPath("api", 1);
    writeFileSync(claim, readFileSync(claim, "utf8").replace(/^\d+/, String(victim.pid)));
    const next = await host.again();
    next.order("stop", "api");
    await next.has("api", ({ state }) => state === "stopped" || state === "failed");
    expect(alive(victim.pid!)).toBe(true);
    victim.kill("SIGKILL");
  });

  it("runs nothing twice when the last start could not be recorded, nor when the record is lost", async () => {
    const [api, web] = [uniqueSeconds(), uniqueSeconds()];
    const host = new Host([service("api", ["sleep", api]), service("web", ["sleep", web])]);
    host.order("start", "api", "web");
    const before = await host.has("api", { state: "running" });
    const old = readFileSync(join(host.dir, "processes", "api.record"));
    killProcess(before.pid!);
    const { pid } = await host.has("api", { state: "running", generation: 2 });
    await host.has("web", { state: "running" });
    host.close();
    writeFileSync(join(host.dir, "processes", "api.record"), old);
    rmSync(join(host.dir, "processes", "web.record"));
    const next = await host.again();
    expect(await next.has("api", { state: "running" })).toMatchObject({ pid, generation: 2 });
    expect(next.said).toContain("ending processes of an earlier run that no record knows");
    await until(() => processesWith(["sleep", web]).length === 0);
    next.order("start", "web");
    await next.has("web", { state: "running" });
    expect([processesWith(["sleep", api]).length, processesWith(["sleep", web]).length]).toEqual([1, 1]);
  });

  it("ends what a stopped service left behind, which nobody would ever look for again", async () => {
    const seconds = uniqueSeconds();
    const host = new Host([service("api", `setsid sleep ${seconds} & sleep 0.2; exit 1`, { restart: { policy: "never" } })]);
    host.order("start", "api");
    await host.has("api", { state: "failed" });
    expect(processesWith(["sleep", seconds])).toHaveLength(1);
    const next = await host.again();
    await until(() => processesWith(["sleep", seconds]).length === 0);
    expect(next.snapshot("api")).toMatchObject({ state: "failed", generation: 1 });
  });

  it("stops what it is told to of a service whose spec went meanwhile", async () => {
    const host = new Host([service("api", ["sleep", "600"])]);
    host.order("start", "api");
    const { pid } = await host.has("api", { state: "running" });
    const next = await host.again({}, []);
    expect(next.snapshot("api")).toMatchObject({ state: "running", pid });
    next.order("stop", "api");
    await until(() => !next.guardian.entries.has("api"));
    expect(alive(pid!)).toBe(false);
  });
});

describe("kill -9 of aurad at random moments", () => {
  let compiled: ReturnType<typeof compileSources>;
  const children: ChildProcess[] = [];
  beforeAll(() => {
    compiled = compileSources();
  });
  afterAll(() => compiled.remove());
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** An aurad without Temporal: adopts, starts everything, restarts one service for ever. Resolves once it has adopted. */
  async function startGuardian(dir: string, specs: readonly ServiceSpec[]): Promise<ChildProcess> {
    const program = `
      const from = (path) => import(${JSON.stringify(`file://${compiled.dir}/`)} + path);
      const [{ Journal }, { createPortAllocator }, { createProbe }, { bootId }, { Records }, { Runs }, { createServiceLogs }, { Guardian }, { systemClock }] = await Promise.all(
        ["adapters/journal/journal.js", "adapters/ports/allocator.js", "adapters/probe/probe.js", "adapters/process/identity.js", "adapters/process/records.js",
         "adapters/process/runs.js", "adapters/service-logs/service-logs.js", "monitors/guardian/guardian.js", "worker/clock.js"].map(from));
      const dir = ${JSON.stringify(dir)}, specs = ${JSON.stringify(specs)};
      const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
      const guardian = new Guardian({
        runs: (listener) => new Runs({ dir: dir + "/processes/runs", homeId: dir, log }, listener), records: new Records(dir + "/processes"),
        journal: new Journal(dir + "/journal", log, ["services"]), ports: createPortAllocator({ file: dir + "/ports.json", range: ${JSON.stringify(PORTS)}, log }),
        logs: createServiceLogs({ dir: dir + "/log", log }), probe: createProbe(), clock: systemClock, log, bootId: bootId(),
      }, { host: "dev", env: { PATH: process.env.PATH } });
      guardian.setSpecs(new Map(specs.map((spec) => [spec.name, spec])));
      guardian.adopt();
      let seq = Math.max(0, ...guardian.snapshots().map(({ orderSeq }) => orderSeq));
      const order = (kind, name) => guardian.order(kind, name, ++seq, { kind: "command", command: kind });
      console.log("adopted");
      for (const { name } of specs) order("start", name);
      setInterval(() => order("restart", "churned"), 37);
      setInterval(() => order(seq % 2 === 0 ? "stop" : "start", "toggled"), 23);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await once(child.stdout!, "data");
    return child;
  }

  it("leaves every service running exactly once, in 30 rounds", async () => {
    const dir = scratch();
    mkdirSync(join(dir, "processes"), { recursive: true });
    const unique = Object.fromEntries(["one", "two", "ported", "crashing", "churned", "toggled"].map((name) => [name, uniqueSeconds()]));
    const lock = (name: string): string =>
      `mkdir ${dir}/${name}.lock || echo twice >>${dir}/twice; trap 'rmdir ${dir}/${name}.lock; exit 1' TERM`;
    const specs = [
      service("one", ["sleep", unique["one"]!]),
      service("two", ["sleep", unique["two"]!], { after: ["one"], requires: ["one"] }),
      service("ported", ["sleep", unique["ported"]!], { port: 0 }),
      service(
        "crashing",
        `${lock("crashing")}; sleep 0.03 ${unique["crashing"]!.slice(-4).replace(/./g, "0")}; rmdir ${dir}/crashing.lock; exit 1`,
        { restart: { delayMs: 10 } },
      ),
      service("churned", ["sleep", unique["churned"]!]),
      service("toggled", ["sleep", unique["toggled"]!]),
    ];
    let steady: { pid: number | null; port: number | null; startedUptimeMs: number | null }[] | undefined;
    for (let round = 1; round <= 30; round++) {
      const child = await startGuardian(dir, specs);
      if (round === 1) await until(() => ["one", "two", "ported"].every((name) => processesWith(["sleep", unique[name]!]).length === 1));
      await pause(Math.random() * 250);
      child.kill("SIGKILL");
      await once(child, "exit");
      for (const name of ["one", "two", "ported"])
        expect({ round, name, count: processesWith(["sleep", unique[name]!]).length }).toEqual({ round, name, count: 1 });
      for (const name of ["churned", "toggled"]) expect(processesWith(["sleep", unique[name]!]).length).toBeLessThanOrEqual(1);

      if (round % 6 !== 0) continue;
      // Now and then an aurad that can be asked.
      const host = new Host(specs, dir);
      const found = await Promise.all(
        ["one", "two", "ported"].map(async (name) => {
          const { pid, port, startedUptimeMs, generation } = await host.has(name, { state: "running", ready: true });
          expect(generation).toBe(1);
          return { pid, port, startedUptimeMs };
        }),
      );
      steady ??= found;
      expect(found).toEqual(steady);
      host.order("start", "toggled", "churned");
      for (const name of ["toggled", "churned"]) {
        const { pid } = await host.has(name, { state: "running", ready: true });
        expect(processesWith(["sleep", unique[name]!])).toEqual([pid]);
      }
      const { restartCount } = host.snapshot("crashing");
      await host.has("crashing", (snapshot) => snapshot.restartCount > restartCount);
      const seqs = host.journal
        .read(0)
        .filter(({ record }) => record.transition.service === "crashing")
        .map(({ record }) => record.transition.seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(new Set(seqs).size).toBe(seqs.length);
      host.close();
    }
    const last = new Host(specs, dir);
    await last.guardian.stopAll({ kind: "shutdown" });
    expect(last.processes()).toEqual([]);
    expect(readdirSync(dir)).not.toContain("twice");
    expect(readdirSync(join(dir, "processes", "runs"))).toEqual([]);
  }, 180_000);
});

describe.skipIf(missing("root"))("a disk that is full", () => {
  it("keeps no service from being restarted, and the next aurad from finding it", async () => {
    const dir = scratch();
    const small = join(dir, "small");
    mkdirSync(small);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", small]);
    const hosts: Host[] = [];
    try {
      const host = new Host([service("api", ["sleep", "600"]), service("web", ["sleep", "600"])], dir, { stateDir: small });
      hosts.push(host);
      host.order("start", "api", "web");
      await host.has("web", { state: "running" });
      await host.has("api", { state: "running" });
      expect(() => writeFileSync(join(small, "filler"), Buffer.alloc(1 << 20))).toThrow("ENOSPC");
      for (let generation = 1; generation <= 5; generation++) {
        killProcess((await host.has("api", { state: "running", generation })).pid!);
        await host.has("api", { state: "running", generation: generation + 1 });
      }
      const { pid } = host.snapshot("api");
      const next = await host.again({ stateDir: small });
      hosts.push(next);
      expect(await next.has("api", { state: "running" })).toMatchObject({ pid, generation: 6 });
      next.order("stop", "api");
      await next.has("api", { state: "stopped" });
      expect(alive(pid!)).toBe(false);
      next.order("start", "api");
      await next.has("api", { state: "running" });
      expect(next.processes()).toHaveLength(4);
    } finally {
      for (const host of hosts) await host.end();
      execFileSync("umount", ["-l", small]);
    }
  });
});
