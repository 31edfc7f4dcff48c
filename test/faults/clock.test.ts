import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { auraHomes } from "../support/aura-home.js";
import { faketimeLibrary, missing } from "../support/components.js";
import { killProcess } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { expectGapless, expectToldWhole, journalByService } from "./story.js";

const home = auraHomes();

describe.skipIf(missing("temporal") || missing("faketime"))("the wall clock jumps", { timeout: 90_000 }, () => {
  it.each([
    ["forward", "+1d", 86_400],
    ["back", "-1d", -86_400],
  ])("a day %s: nothing restarts, up times stay sane, policies and commands go on", async (_way, jump, seconds) => {
    const place = home();
    const file = join(place.dir, "clock");
    const set = (offset: string): void => {
      writeFileSync(`${file}.new`, offset);
      renameSync(`${file}.new`, file);
    };
    set("+0");
    place.spec("steady");
    place.spec("checked", { health: { type: "exec", command: ["true"], interval: "100ms" } });
    place.spec("crashes", { restart: { delay: "300ms", backoff: "fixed", max_attempts: 3, reset_after: "60s" } });
    await place.start([], {
      LD_PRELOAD: faketimeLibrary()!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    });
    await place.must("up");
    killProcess((await place.row("crashes")).pid!);
    await place.waitFor("crashes", (row) => row.generation === 2 && row.state === "running");
    const before = await place.status();
    const told = place.journal().length;

    set(jump);
    await pause(1500); // a dozen health checks
    const after = await place.status();
    for (const [name, row] of before) {
      expect(after.get(name)).toMatchObject({ pid: row.pid, generation: row.generation, state: "running", health: row.health });
      expect(after.get(name)!.uptime_s! - row.uptime_s!).toBeLessThan(30);
      expect(after.get(name)!.uptime_s).toBeGreaterThanOrEqual(row.uptime_s!);
    }
    expect(place.journal()).toHaveLength(told);

    // A day in which the clock was wrong is no stable run: the attempts still count.
    const from = performance.now();
    killProcess((await place.row("crashes")).pid!);
    await place.waitFor("crashes", (row) => row.generation === 3 && row.state === "running");
    expect(performance.now() - from).toBeGreaterThan(250);
    expect((await place.row("crashes")).restart_count).toBe(2);
    const last = journalByService(place)
      .get("crashes")!
      .find(({ to, snapshot }) => to === "backoff" && snapshot.restartCount === 2)!;
    expect(last.reason).toContain("restart 2 of 3");
    expect(Math.abs((last.at - Date.now()) / 1000 - seconds)).toBeLessThan(60); // the clock did jump

    await place.must("restart", "steady");
    await place.must("down", "checked");
    await place.must("up", "checked");
    for (const name of ["steady", "crashes", "checked"]) {
      expectGapless(journalByService(place).get(name)!);
      await expectToldWhole(place, name);
    }
    // And back to where it was.
    set("+0");
    const again = await place.row("steady");
    await pause(300);
    expect(await place.row("steady")).toMatchObject({ pid: again.pid, state: "running" });
    expect((await place.row("steady")).uptime_s!).toBeLessThan(60);
    await until(async () => (await place.row("checked")).health === "healthy");
  });
});
