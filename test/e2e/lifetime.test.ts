import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { readSlots, writeSlots } from "../../src/adapters/files/slots.js";
import { createApiClient } from "../../src/api/client.js";
import type { ServiceRecord } from "../../src/services/ports.js";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { alive, killProcess } from "../support/processes.js";
import { startServer } from "../support/temporal.js";
import { slowness, until } from "../support/until.js";

const home = auraHomes();

function chain(place: AuraHome): readonly string[] {
  place.spec("store", { stop: { timeout: "5s" } });
  place.spec("api", { dependencies: { after: ["store"], requires: ["store"] } });
  place.spec("worker", { dependencies: { after: ["api"], requires: ["api"] } });
  return ["store", "api", "worker"];
}

async function pids(place: AuraHome, names: readonly string[]): Promise<number[]> {
  const rows = await place.status();
  return names.map((name) => rows.get(name)!.pid!);
}

/** As after a power cut: nothing runs, and the records are of another boot. */
function reboot(place: AuraHome, names: readonly string[], living: readonly number[]): void {
  for (const name of names) {
    const path = join(place.places.processesDir, `${name}.record`);
    const { value, counter } = readSlots<ServiceRecord>(path)!;
    writeSlots(path, { ...value, bootId: "an-earlier-boot" }, counter + 1);
  }
  living.forEach(killProcess);
}

describe.skipIf(missing("temporal"))("the life of aurad", () => {
  it("ends with 0 on SIGTERM once its services have stopped in reverse order", async () => {
    const place = home();
    const names = chain(place);
    const daemon = await place.start();
    await place.must("up");
    const living = await pids(place, names);
    expect(await daemon.stop()).toBe(0);
    expect(living.filter(alive)).toEqual([]);
    const stopped = place
      .journal()
      .filter(({ to, cause }) => to === "stopped" && cause.kind === "shutdown")
      .map(({ service }) => service);
    expect(stopped).toEqual(["worker", "api", "store"]);
  });

  it("starts what was wanted up again after a clean stop, and leaves the rest down", async () => {
    const place = home();
    const names = chain(place);
    place.spec("idle");
    const first = await place.start();
    await place.must("up", "worker");
    await place.must("up", "idle");
    await place.must("down", "idle");
    expect(await first.stop()).toBe(0);
    await place.start();
    for (const name of names) await place.waitFor(name, "running");
    expect(await place.row("idle")).toMatchObject({ state: "stopped", pid: null });
    expect((await place.row("store")).reason).toContain("aurad started");
  });

  it("starts what was wanted up again after a reboot, in order, and signals no process by its old pid", async () => {
    const place = home();
    const names = chain(place);
    place.spec("idle");
    const first = await place.start();
    await place.must("up", "worker");
    const before = await pids(place, names);
    expect(await first.stop("SIGUSR2")).toBe(0);
    reboot(place, names, before);
    const from = place.journal().length;
    await place.start();
    for (const name of names) await place.waitFor(name, "running");
    expect((await pids(place, names)).filter((pid) => before.includes(pid))).toEqual([]);
    const started = place
      .journal()
      .slice(from)
      .filter(({ to }) => to === "running")
      .map(({ service }) => service);
    expect(started).toEqual(["store", "api", "worker"]);
    expect((await place.row("idle")).state).toBe("stopped");
  });

  it("leaves services running on demand, and the next aurad adopts them with pid, uptime and port", async () => {
    const place = home();
    place.spec("web", { network: { port: 0 } });
    place.spec("crashed", { restart: { delay: "10ms" } });
    const first = await place.start(["--on-stop", "leave"]);
    await place.must("up");
    killProcess((await place.row("crashed")).pid!);
    await place.waitFor("crashed", (row) => row.generation === 2 && row.state === "running");
    const before = await place.status();
    expect(await first.stop()).toBe(0);
    expect(alive(before.get("web")!.pid!)).toBe(true);
    await place.start(["--on-stop", "leave"]);
    const after = await place.status();
    for (const name of ["web", "crashed"]) {
      const { pid, port, generation, restart_count, last_exit_code } = before.get(name)!;
      expect(after.get(name)).toMatchObject({ pid, port, generation, restart_count, last_exit_code, state: "running" });
      expect(after.get(name)!.uptime_s!).toBeGreaterThanOrEqual(before.get(name)!.uptime_s!);
    }
  });

  it("adopts within two seconds of a kill -9, and restarts with the exit status known what died meanwhile", async () => {
    const place = home();
    const code = join(place.dir, "code");
    place.spec("steady");
    place.spec("dies", {
      service: { command: ["sh", "-c", `while ! test -e ${code}; do sleep 0.02; done; rm ${code}; exit 42`] },
      restart: { delay: "10ms" },
    });
    const first = await place.start();
    await place.must("up");
    const before = await place.status();
    await first.kill();
    writeFileSync(code, "");
    await until(() => !alive(before.get("dies")!.pid!));
    const from = performance.now();
    place.launch();
    const steady = await place.waitFor("steady", "running");
    const tookMs = performance.now() - from;
    expect(tookMs / slowness()).toBeLessThan(2000);
    expect(steady.pid).toBe(before.get("steady")!.pid);
    const again = await place.waitFor("dies", (row) => row.generation === 2 && row.state === "running");
    expect(again.last_exit_code).toBe(42);
    await place.daemon.ready();
    const why = await until(async () => {
      const document = await place.must("why", "dies");
      return JSON.stringify(document).includes("exited 42") && document;
    });
    expect(JSON.stringify(why["transitions"])).toContain("while aurad was away");
  });

  it("carries commands out again within seconds of a kill -9 that met it over a command", async () => {
    const place = home();
    place.spec("web");
    await place.start();
    await place.must("up");
    const { daemon } = place;
    const commands = Array.from({ length: 8 }, () => place.aura("restart", "web", "--no-wait"));
    await Promise.race(commands);
    await daemon.kill();
    await Promise.all(commands);
    await place.start();
    const from = performance.now();
    await place.must("restart", "web");
    expect((performance.now() - from) / slowness()).toBeLessThan(6000);
  });

  it("ends with 130 within a second of the second SIGTERM, though a service ignores the first", async () => {
    const place = home();
    place.spec("stubborn", { service: { command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"] }, stop: { timeout: "30s" } });
    const daemon = await place.start();
    await place.must("up");
    daemon.signal("SIGTERM");
    await place.waitFor("stubborn", "stopping");
    const from = performance.now();
    daemon.signal("SIGTERM");
    expect((await daemon.exited).code).toBe(130);
    const tookMs = performance.now() - from;
    expect(tookMs / slowness()).toBeLessThan(1000);
  });

  it("kills a service that ignores SIGTERM when its stop time-out is over", async () => {
    const place = home();
    place.spec("stubborn", { service: { command: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"] }, stop: { timeout: "300ms" } });
    await place.start();
    await place.must("up");
    const { pid } = await place.row("stubborn");
    await place.must("down");
    expect(alive(pid!)).toBe(false);
    expect(await place.row("stubborn")).toMatchObject({ state: "stopped", last_exit_code: 137 });
  });

  it("says that Temporal is away while it is, and connected when it is back", async () => {
    const server = await startServer(inject("temporal")!.cli);
    const place = home({ address: server.address });
    try {
      place.spec("web");
      const daemon = await place.start();
      const client = createApiClient({ socketPath: place.places.sock });
      const connected = async (): Promise<unknown[]> => {
        const { ok, problems, temporal } = await client.health();
        return [ok, problems.length, temporal.connected];
      };
      expect(await connected()).toEqual([true, 0, true]);
      await server.kill();
      expect(await connected()).toEqual([false, 1, false]);
      await server.startAgain();
      await until(async () => (await connected())[2] === true);
      client.close();
      await daemon.stop();
    } finally {
      await server.end();
    }
  });

  it("removes its run files on a clean stop", async () => {
    const place = home();
    const daemon = await place.start();
    expect(JSON.parse(readFileSync(place.places.daemonJson, "utf8"))).toMatchObject({ pid: daemon.pid });
    await daemon.stop();
    expect(() => readFileSync(place.places.daemonJson)).toThrow(/ENOENT/);
  });
});
