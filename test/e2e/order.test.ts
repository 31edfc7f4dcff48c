import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { alive, killProcess } from "../support/processes.js";

const home = auraHomes();

/** Healthy as soon as the file is there. */
function gate(place: AuraHome, name: string): string {
  return join(place.dir, `${name}.open`);
}

function gated(place: AuraHome, name: string, more: Record<string, unknown> = {}): void {
  place.spec(name, {
    health: { type: "exec", command: ["test", "-e", gate(place, name)], interval: "100ms", unhealthy_threshold: 1000 },
    ...more,
  });
}

function after(...names: string[]): { dependencies: { after: string[]; requires: string[] } } {
  return { dependencies: { after: names, requires: names } };
}

function startedOrder(place: AuraHome): string[] {
  return place
    .journal()
    .filter(({ to, from }) => to === "running" && from === "starting")
    .map(({ service }) => service);
}

describe.skipIf(missing("temporal"))("starting and stopping in order", () => {
  it("starts a chain after its dependencies are healthy and stops it in reverse", async () => {
    const place = home();
    for (const [name, rest] of [
      ["store", {}],
      ["api", after("store")],
      ["worker", after("api")],
    ] as const) {
      writeFileSync(gate(place, name), "");
      gated(place, name, rest);
    }
    await place.start();
    const up = await place.must("up");
    expect(up["services"]).toEqual(
      expect.arrayContaining(["store", "api", "worker"].map((name) => expect.objectContaining({ name, state: "running", ready: true }))),
    );
    expect(startedOrder(place)).toEqual(["store", "api", "worker"]);
    const healthy = place.journal().findIndex(({ service, snapshot }) => service === "store" && snapshot.health === "healthy");
    const began = place.journal().findIndex(({ service }) => service === "api");
    expect(healthy).toBeLessThan(began);

    await place.must("down");
    const stopped = place
      .journal()
      .filter(({ to }) => to === "stopped")
      .map(({ service }) => service);
    expect(stopped).toEqual(["worker", "api", "store"]);
  });

  it("pulls in what a named service needs, and leaves the rest down", async () => {
    const place = home();
    place.spec("store");
    place.spec("api", after("store"));
    place.spec("other");
    await place.start();
    await place.must("up", "api");
    const rows = await place.status();
    expect([...rows.values()].map(({ name, state }) => [name, state])).toEqual([
      ["api", "running"],
      ["other", "stopped"],
      ["store", "running"],
    ]);
  });

  it("starts services that do not depend on one another side by side", async () => {
    const place = home();
    for (const name of ["a", "b", "c"])
      place.spec(name, { service: { command: ["sh", "-c", "sleep 0.7; echo there; exec sleep 100000"] }, ready_log_line: "there" });
    await place.start();
    await place.must("up");
    const ready = place
      .journal()
      .filter(({ snapshot }) => snapshot.ready)
      .map(({ at }) => at);
    const began = place.journal().find(({ to }) => to === "running")!.at;
    expect(Math.max(...ready) - began).toBeLessThan(1400);
  });

  it("leaves a dependent pending with the reason until its dependency is ready", async () => {
    const place = home();
    gated(place, "store");
    place.spec("api", after("store"));
    await place.start();
    const { status, json } = await place.aura("up", "--timeout", "1s");
    expect(status).toBe(3);
    expect(json["error"]).toMatchObject({ message: expect.stringContaining("api (pending: waits for store (running)") });
    expect(await place.row("api")).toMatchObject({ state: "pending", pid: null, reason: expect.stringContaining("waits for store") });

    writeFileSync(gate(place, "store"), "");
    await place.waitFor("api", "running");
  });

  it("stops dependents when a service gives up after crashing and brings them back with it", async () => {
    const place = home();
    const crash = join(place.dir, "crash");
    place.spec("store", {
      service: { command: ["sh", "-c", `test -e ${crash} && exit 3; exec sleep 100000`] },
      restart: { max_attempts: 2, delay: "20ms" },
    });
    place.spec("api", after("store"));
    place.spec("worker", after("api"));
    place.spec("bystander");
    await place.start();
    await place.must("up");
    const bystander = (await place.row("bystander")).pid;

    writeFileSync(crash, "");
    killProcess((await place.row("store")).pid!);
    await place.waitFor("store", "failed");
    const worker = await place.waitFor("worker", "pending");
    const api = await place.waitFor("api", "pending");
    expect(api.reason).toMatch(/requires store, which failed: exited 3; gave up after 2 restarts/);
    expect(worker.reason).toContain("requires api");
    const stops = place
      .journal()
      .filter(({ to, service }) => to === "stopped" && service !== "store")
      .map(({ service }) => service);
    expect(stops).toEqual(["worker", "api"]);
    expect((await place.row("bystander")).pid).toBe(bystander);
    const why = await place.must("why", "api");
    expect(JSON.stringify(why["because"])).toContain("gave up after 2 restarts");

    rmSync(crash);
    await place.must("up", "store");
    await place.waitFor("worker", "running");
    expect((await place.row("api")).state).toBe("running");
    expect((await place.row("bystander")).pid).toBe(bystander);
  });

  it("holds dependents while a dependency restarts instead of restarting them with it", async () => {
    const place = home();
    place.spec("store", { restart: { delay: "300ms" } });
    place.spec("api", after("store"));
    await place.start();
    await place.must("up");
    const before = await place.row("api");
    killProcess((await place.row("store")).pid!);
    await place.waitFor("store", (row) => row.generation === 2 && row.state === "running");
    expect(await place.row("api")).toMatchObject({ pid: before.pid, generation: 1, state: "running" });
  });

  it("restarts one service by command, with a new process and the reason in its story", async () => {
    const place = home();
    place.spec("web");
    await place.start();
    await place.must("up");
    const before = await place.row("web");
    await place.must("restart", "web");
    const now = await place.row("web");
    expect(now).toMatchObject({ state: "running", generation: 2 });
    expect(now.pid).not.toBe(before.pid);
    expect(alive(before.pid!)).toBe(false);
    const why = await place.must("why", "web");
    expect((why["transitions"] as { cause: { command?: string } }[]).at(-1)).toMatchObject({
      cause: { kind: "command", command: "restart" },
    });
  });

  it("answers a mistyped name with the nearest one and exit 1", async () => {
    const place = home();
    place.spec("worker");
    await place.start();
    const { status, stderr } = await place.say("up", "wroker");
    expect(status).toBe(1);
    expect(stderr).toMatch(/no service wroker.*did you mean worker\?\n$/);
  });

  it("refuses a container service in one line and exit 3, and starts the others", async () => {
    const place = home();
    place.specText("db", "service: {name: db, type: container, image: postgres}\n");
    place.spec("web");
    await place.start();
    const { status, stderr } = await place.say("up");
    expect(status).toBe(3);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("container driver is not part of this version");
    await place.waitFor("web", "running");
  });
});
