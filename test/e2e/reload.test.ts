import { describe, expect, it } from "vitest";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { alive } from "../support/processes.js";
import { until } from "../support/until.js";

const home = auraHomes();
const sleep = (seconds: number) => ({ service: { command: ["sleep", String(seconds)] } });

describe.skipIf(missing("temporal"))("changed specs", () => {
  it("restarts only the services whose specs changed on reload, and names what was added and removed", async () => {
    const place = home();
    for (const name of ["same", "changed", "removed"]) place.spec(name, sleep(100_000));
    await place.start();
    await place.must("up");
    const before = await place.status();

    place.spec("same", { ...sleep(100_000), restart: {} }); // other text, same meaning
    place.spec("changed", sleep(100_001));
    place.removeSpec("removed");
    place.spec("added");
    // The watcher may be quicker than the command; then the command finds nothing left to do.
    await place.must("reload");
    const changed = await place.waitFor("changed", (row) => row.state === "running" && row.generation === 2);
    await until(async () => !(await place.status()).has("removed"));
    expect(await place.row("same")).toMatchObject({ pid: before.get("same")!.pid, generation: 1 });
    expect(changed.pid).not.toBe(before.get("changed")!.pid);
    expect(alive(before.get("removed")!.pid!)).toBe(false);
    expect(await place.row("added")).toMatchObject({ state: "stopped", pid: null });
    const why = await place.must("why", "changed");
    expect(JSON.stringify(why["transitions"])).toContain("its spec changed");
  });

  it("says what a reload found: added, removed, changed", async () => {
    const place = home();
    place.spec("changed", sleep(100_000));
    place.spec("removed");
    await place.start();
    await place.must("up", "changed");
    place.spec("changed", sleep(100_001));
    place.removeSpec("removed");
    place.spec("added");
    expect(await place.must("reload")).toMatchObject({ added: ["added"], removed: ["removed"], changed: ["changed"], errors: [] });
  });

  it("takes up a changed spec by itself half a second after it was saved", async () => {
    const place = home();
    place.spec("web", sleep(100_000));
    await place.start();
    await place.must("up");
    place.spec("web", sleep(100_001));
    await place.waitFor("web", (row) => row.generation === 2 && row.state === "running", 5000);
  });

  it("forgets what was down and stops what ran when their specs went while no aurad did", async () => {
    const place = home();
    for (const name of ["stays", "ran", "was-down"]) place.spec(name, sleep(100_000));
    await place.start();
    await place.must("up");
    await place.must("down", "was-down");
    const { pid } = await place.row("ran");
    await place.daemon.stop("SIGUSR2");
    place.removeSpec("ran");
    place.removeSpec("was-down");
    await place.start();
    await until(async () => [...(await place.status()).keys()].join() === "stays");
    expect(alive(pid!)).toBe(false);
  });

  it("starts a service that comes back while it is still wanted up", async () => {
    const place = home();
    place.spec("web");
    await place.start();
    await place.must("up");
    place.removeSpec("web");
    await until(async () => !(await place.status()).has("web"));
    place.spec("web");
    await place.waitFor("web", "running");
  });

  it("keeps the last good version of a spec edited to garbage, names the fault once, and goes on when it is fixed", async () => {
    const place = home();
    place.spec("web", sleep(100_000));
    place.spec("other", sleep(100_000));
    const daemon = await place.start();
    await place.must("up");
    const before = await place.status();

    place.specText("web", "service: {name: web, type: nativ\n  command: [[");
    const line = await until(() => daemon.log.find(({ msg, level }) => level === "error" && msg?.includes("web.yaml")));
    expect(line.msg).toMatch(/web\.yaml:\d+: /);
    const { status, json, stderr } = await place.aura("reload");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(json["errors"]).toEqual([line.msg]);
    expect(await place.row("web")).toMatchObject({ pid: before.get("web")!.pid, state: "running" });

    // The last good version outlives aurad too.
    await daemon.kill();
    await place.start();
    expect(await place.row("web")).toMatchObject({ pid: before.get("web")!.pid, state: "running" });

    place.spec("web", sleep(100_001));
    await place.waitFor("web", (row) => row.generation === 2 && row.state === "running");
    expect((await place.row("other")).pid).toBe(before.get("other")!.pid);
    expect(place.daemon.log.filter(({ level }) => level === "error").length).toBe(1);
  });
});
