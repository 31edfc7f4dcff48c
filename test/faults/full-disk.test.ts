import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { killProcess } from "../support/processes.js";
import { until } from "../support/until.js";
import { expectGapless, expectToldWhole, journalByService } from "./story.js";

const disks: string[] = [];

// Before the homes, so that it runs after they have ended: hooks run last to first.
afterEach(async () => {
  for (const dir of disks.splice(0)) {
    // Busy while anything of the home lives.
    await until(() => spawnSync("umount", [dir]).status === 0);
    rmSync(dir, { recursive: true, force: true });
  }
});

const home = auraHomes();

/** A file system of a few megabytes. */
function disk(): string {
  const dir = mkdtempSync(join(tmpdir(), "aura-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", dir]);
  disks.push(dir);
  return dir;
}

/** Takes all the room that is left; returns how to give it back. */
function fill(dir: string): () => void {
  const path = join(dir, "filler");
  const fd = openSync(path, "w");
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(fd, block);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
  }
  closeSync(fd);
  expect(statfsSync(dir).bavail).toBe(0);
  return () => rmSync(path);
}

function lines({ daemon }: AuraHome): string[] {
  return daemon.log.filter(({ level }) => level === "error" || level === "warn").map(({ msg }) => msg ?? "");
}

describe.skipIf(missing("temporal") || missing("root"))("the disk for logs and state is full", { timeout: 90_000 }, () => {
  it("aurad and its services live on, one line says so, and nothing of the past is missing once there is room", async () => {
    const dir = disk();
    const place = home({ dir });
    place.spec("web", { restart: { delay: "50ms" } });
    place.spec("talks", { service: { command: ["sh", "-c", "while :; do echo something to say; sleep 0.05; done"] } });
    place.spec("later");
    await place.start();
    await place.must("up", "web", "talks");
    const talks = await place.row("talks");

    const empty = fill(dir);
    for (let n = 1; n <= 5; n++) {
      killProcess((await place.row("web")).pid!);
      await place.waitFor("web", (row) => row.generation === n + 1 && row.state === "running");
    }
    await place.must("restart", "web");
    // One that has no record yet: after a kill of aurad nobody would know of its process.
    const { status, stderr } = await place.say("up", "later", "--timeout", "500ms");
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/could not start: its record cannot be written: ENOSPC/),
    });
    expect(await place.row("talks")).toMatchObject({ pid: talks.pid, state: "running" });
    expect(place.daemon.running).toBe(true);
    // Not one a record. Whoever gives a block back for a moment lets the journal begin anew, once.
    const told = lines(place).filter((line) => line.includes("cannot write the journal"));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(3);
    expect(lines(place).filter((line) => line.includes("cannot write the record"))).toHaveLength(1);

    empty();
    await until(
      () =>
        journalByService(place)
          .get("web")
          ?.some(({ reason }) => reason.startsWith("restarting: restart by")),
      10_000,
      () => lines(place).join("\n"),
    );
    for (const name of ["web", "talks"]) expectGapless(journalByService(place).get(name)!);
    await expectToldWhole(place, "web");
    killProcess((await place.row("web")).pid!);
    await place.waitFor("web", (row) => row.generation === 8 && row.state === "running");

    await place.waitFor("later", "running");
    const before = await place.status();
    await place.daemon.kill();
    await place.start();
    const after = await place.status();
    for (const name of ["web", "later", "talks"]) expect(after.get(name)).toMatchObject({ pid: before.get(name)!.pid, state: "running" });
  });

  it("a kill of aurad while it is full starts nothing twice and loses no service", async () => {
    const dir = disk();
    const place = home({ dir });
    place.spec("web", { restart: { delay: "50ms" } });
    await place.start();
    await place.must("up");
    const empty = fill(dir);
    killProcess((await place.row("web")).pid!);
    const { pid } = await place.waitFor("web", (row) => row.generation === 2 && row.state === "running");
    await place.daemon.kill();
    empty();
    await place.start();
    expect(await place.row("web")).toMatchObject({ pid, generation: 2, state: "running" });
    killProcess(pid!);
    await place.waitFor("web", (row) => row.generation === 3 && row.state === "running");
    // The transitions that had no room are gone with the aurad that held them; those after must not be taken for them.
    const why = await until(async () => {
      const document = await place.must("why", "web");
      return (document["snapshot"] as { generation: number } | null)?.generation === 3 && document;
    });
    const seqs = (why["transitions"] as { seq: number }[]).map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });
});
