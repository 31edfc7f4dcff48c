import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostWorkflowId, serviceWorkflowId } from "../../src/workflows/names.js";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { eventCount, histories, withClient } from "../support/histories.js";
import { alive, killProcess, processesOfHome, processesWith } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { expectNoLineLost, expectToldWhole } from "./story.js";

const home = auraHomes();
/** Seconds that nobody else sleeps. */
let seconds = 200_000 + (process.pid % 10_000) * 10;
const own = (): string => String((seconds += 1));

describe.skipIf(missing("temporal"))("services that misbehave", () => {
  it("children of a leader that was killed are ended before it runs again", async () => {
    const place = home();
    const [child, leader] = [own(), own()];
    place.spec("parent", { service: { command: ["sh", "-c", `sleep ${child} & exec sleep ${leader}`] }, restart: { delay: "50ms" } });
    await place.start();
    await place.must("up");
    const [orphan] = await until(() => processesWith(["sleep", child]).length === 1 && processesWith(["sleep", child]));
    killProcess((await place.row("parent")).pid!);
    await place.waitFor("parent", (row) => row.generation === 2 && row.state === "running");
    expect(alive(orphan!)).toBe(false);
    await until(() => processesWith(["sleep", child]).length === 1);
    expect(processesWith(["sleep", leader])).toHaveLength(1);
    expect(JSON.stringify(await place.must("why", "parent"))).toContain("left behind");
  });

  it("down ends the whole tree, what left the process group and what ignores SIGTERM included", async () => {
    const place = home();
    const [runaway, leader] = [own(), own()];
    const script = `setsid sleep ${runaway} & (trap '' TERM; while :; do sleep 0.1; done) & exec sleep ${leader}`;
    place.spec("tree", { service: { command: ["sh", "-c", script] }, stop: { timeout: "300ms" } });
    await place.start();
    await place.must("up");
    await until(() => processesWith(["sleep", runaway]).length === 1);
    await place.must("down");
    expect(processesOfHome(place.homeId)).toEqual([]);
    expect(processesWith(["sleep", runaway])).toEqual([]);
  });

  it("a service that forks and exits is ended with what it forked, and its story says so", async () => {
    const place = home();
    const forked = own();
    place.spec("daemonizes", { service: { command: ["sh", "-c", `sleep ${forked} & exit 0`] } });
    await place.start();
    await place.aura("up");
    const row = await place.waitFor("daemonizes", "stopped");
    expect(row).toMatchObject({ last_exit_code: 0, restart_count: 0 });
    expect(row.reason).toContain("1 process it left behind ended too");
    expect(processesWith(["sleep", forked])).toEqual([]);
  });

  it("a program that does not exist is told in one line, counts as an attempt, and runs once it is there", async () => {
    const place = home();
    const program = join(place.dir, "late");
    place.spec("late", { service: { command: [program] }, restart: { max_attempts: 3, delay: "20ms" } });
    await place.start();
    const { status, stderr } = await place.say("up");
    expect(status).toBe(3);
    expect(stderr).toMatch(new RegExp(`late \\(failed: could not start: ${program} does not exist.*gave up after 3 restarts`));
    writeFileSync(program, "#!/bin/sh\nexec sleep 100000\n", { mode: 0o755 });
    await place.must("up");
    expect((await place.row("late")).state).toBe("running");
  });

  it("a service that writes 100 MB of log a minute stays within its rotation and loses no line", { timeout: 150_000 }, async () => {
    const place = home();
    // 90 KB twenty times a second, written 4 KB at a time: lines are torn between writes.
    const script = 'n=0; while :; do seq -f "run $$ %.0f" $((n+1)) $((n+5000)); n=$((n+5000)); sleep 0.05; done';
    place.spec("bounded", { service: { command: ["sh", "-c", script] }, log: { max_size: "2MB", keep: 2 } });
    place.spec("kept", { service: { command: ["sh", "-c", script] }, log: { max_size: "512KB", keep: 1000 } });
    await place.start();
    await place.must("up");
    let largest = 0;
    const look = (name: string): number => sizeOf(place, name);
    const written = async (bytes: number): Promise<void> => {
      await until(
        () => {
          largest = Math.max(largest, look("bounded"));
          return look("kept") > bytes;
        },
        50_000,
        () => `only ${look("kept")} bytes`,
      );
    };
    await written(6e6);
    await place.daemon.kill();
    await pause(300);
    await place.start();
    await written(15e6);
    await place.must("down");
    // Three files of 2 MB, and what comes in while nobody rotates: until the next look, or until the next aurad.
    expect(largest).toBeLessThan(3 * (2 << 20) + 10e6);
    await until(
      () => look("bounded") < 3 * (2 << 20) + 1e5,
      15_000,
      () => `${look("bounded")} bytes are kept`,
    );
    expectNoLineLost(await place.logLines("kept"));
  });

  it("a crash loop of ten a second costs the history a batch now and then", { timeout: 60_000 }, async () => {
    const place = home();
    place.spec("loop", { service: { command: ["sh", "-c", "exit 7"] }, restart: { delay: "100ms", backoff: "fixed" } });
    place.spec("steady");
    await place.start();
    await place.aura("up", "--no-wait");
    const events = (): Promise<[number, number]> =>
      withClient(place.address, async (client) => [
        eventCount(await histories(client, hostWorkflowId(place.host))),
        eventCount(await histories(client, serviceWorkflowId(place.host, "loop")).catch(() => [])),
      ]);
    const crashes = Number(process.env["AURA_TEST_CRASHES"] ?? 100);
    const { restart_count } = await place.waitFor("loop", (row) => row.restart_count >= crashes, crashes * 400);
    const [host, service] = await events();
    expect(restart_count).toBeGreaterThanOrEqual(crashes);
    expect({ host, service }).toEqual({
      host: expect.toSatisfy((n: number) => n < 100),
      service: expect.toSatisfy((n: number) => n < 100),
    });
    expect(await place.row("steady")).toMatchObject({ generation: 1, state: "running" });
    await place.must("down", "loop");
    await expectToldWhole(place, "loop", 60_000);
  });

  it("forty crashes at once are restarted side by side", { timeout: 60_000 }, async () => {
    const place = home();
    for (let n = 0; n < 40; n++) place.spec(`s${n}`, { restart: { delay: "0s" } });
    await place.start();
    await place.must("up");
    const before = await place.status();
    for (const { pid } of before.values()) killProcess(pid!);
    await until(async () => [...(await place.status()).values()].every(({ generation, state }) => generation === 2 && state === "running"));
    await pause(100);
    for (const [name, { pid }] of await place.status())
      expect([name, alive(pid!), before.get(name)!.pid === pid]).toEqual([name, true, false]);
  });
});

function sizeOf(place: AuraHome, name: string): number {
  return place.logFiles(name).reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
