import { randomUUID } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createEpochsClient, type EpochsClient } from "../../../src/api/epochs-client.js";
import type { AuditEvent } from "../../../src/epochs/audit.js";
import type { EpochDocument } from "../../../src/epochs/control.js";
import type { SliceStatus } from "../../../src/epochs/slice.js";
import { type AuraHome, auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { ALL_EDGES, EFFECTS, EpochWalk, FORWARD, workPlan } from "../../support/epoch-walk.js";
import { withClient } from "../../support/histories.js";
import { planOf } from "../../support/plans.js";
import { alive, processesOfHome } from "../../support/processes.js";
import { slowness, until } from "../../support/until.js";
import { epochStory, expectNothingRuns, expectTrailWhole, filesIn, workFolder } from "./story.js";

/** Above the 5 s that a message of the dying host may still wait in its own queue. */
const HEARTBEAT_S = 8;
/** Until the file is there, two minutes at the longest: nothing of a test lives on after it. */
const UNTIL_GO = (go: string): string => `for i in $(seq 1200); do [ -e '${go}' ] && break; sleep 0.1; done`;

const home = auraHomes();
const clients: EpochsClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));

/** Two hosts that work on one queue of their own, each with its AURA_HOME, and the epochs as each serves them. */
async function twoHosts(): Promise<{ dies: AuraHome; lives: AuraHome; ofDies: EpochsClient; ofLives: EpochsClient }> {
  const queue = `epochs-${randomUUID()}`;
  const places = [home(), home()] as const;
  for (const place of places) {
    place.env["TEMPORAL_TASK_QUEUE"] = queue;
    await place.start();
    clients.push(createEpochsClient({ socketPath: place.places.sock }));
  }
  const [dies, lives] = places;
  return { dies, lives, ofDies: clients[0]!, ofLives: clients[1]! };
}

function sliceOf(place: AuraHome, id: string, sliceId: string, fits: (slice: SliceStatus) => boolean): Promise<SliceStatus> {
  const slices = async (): Promise<readonly SliceStatus[]> =>
    ((await place.must("slice", "list", "--epoch-id", id)) as unknown as EpochDocument).slices;
  return until(
    async () => (await slices()).find((slice) => slice.id === sliceId && fits(slice)),
    40_000,
    async () => JSON.stringify(await slices()),
  );
}

describe.skipIf(missing("temporal"))("an epoch of two hosts of which one dies", { timeout: 120_000 }, () => {
  it("goes on on the other as if nothing had been: messages, reviews, slices and the whole audit trail", async () => {
    const { dies, lives, ofDies, ofLives } = await twoHosts();
    const walk = (id: string, control: () => EpochsClient): EpochWalk => {
      const plan = workPlan(workFolder(lives, id));
      const slices = plan.slices.map((slice) => ({ ...slice, host: lives.host }));
      return new EpochWalk({ id, plan: { ...plan, slices }, steps: ALL_EDGES, control });
    };
    let there = ofDies;
    const disturbed = walk(`dies-${randomUUID()}`, () => there);
    // Amid the first review: one vote is cast, the other two are not.
    await disturbed.run((step) => step !== "slices" && step.tell === "vote" && disturbed.acknowledged > 7);
    expect((await disturbed.state()).current_phase).toBe("p4");
    const toldThere = await ofDies.audit(disturbed.options.id, {});
    await dies.daemon.kill();
    there = ofLives;
    const quiet = walk(`lives-${randomUUID()}`, () => ofLives);
    await Promise.all([disturbed.run(), quiet.run()]);

    const [story, expected] = [await epochStory(lives, disturbed), await epochStory(lives, quiet)];
    expect(story.files).toEqual(EFFECTS);
    // Which host an epoch began on is told, and is all that differs.
    expect(JSON.parse(JSON.stringify(story).replaceAll(dies.host, lives.host))).toEqual(
      JSON.parse(JSON.stringify(expected).replaceAll(dies.host, lives.host)),
    );
    // What the dead host's trail was told, the other's caught up with.
    await expectTrailWhole(lives, disturbed);
    expect((await ofLives.audit(disturbed.options.id, {})).slice(0, toldThere.length)).toEqual(toldThere);
    expect((await lives.say("audit", "verify", "--epoch-id", disturbed.options.id)).status).toBe(0);
    await withClient(lives.address, (client) =>
      expectNothingRuns(
        lives,
        client,
        [disturbed, quiet].map(({ options }) => options.id),
      ),
    );
  });

  it("tells within a heartbeat which slices died with it, moves them, and the host that is back runs nothing twice", async () => {
    const { dies, lives, ofDies } = await twoHosts();
    const id = `moved-${randomUUID()}`;
    const folder = workFolder(lives, id);
    const go = join(folder, "go");
    const over = join(folder, "over");
    const work = (file: string): string =>
      `f="$AURA_SLICE_ID.$AURA_ATTEMPT"; echo "began $$" >> "$f"; ${UNTIL_GO(file)}; echo ended >> "$f"`;
    const slice = { mode: "subprocess", working_dir: folder, heartbeat_s: HEARTBEAT_S } as const;
    // `long` still runs when its host is back, `short` has long ended by then, `stays` was never there.
    const plan = planOf(
      { ...slice, id: "long", command: work(go) },
      { ...slice, id: "short", command: work(over) },
      { ...slice, id: "stays", command: "echo began >> stays.1", host: lives.host },
    );
    const walk = new EpochWalk({ id, plan, steps: FORWARD, control: () => ofDies });
    await walk.run((step) => step === "slices");
    for (const one of ["long", "short"]) await sliceOf(lives, id, one, ({ state }) => state === "running");
    await sliceOf(lives, id, "stays", ({ state }) => state === "succeeded");
    await until(() => existsSync(join(folder, "long.1")) && existsSync(join(folder, "short.1")));
    const [long] = processIn(folder, "long.1");

    const slow = slowness();
    await dies.daemon.kill();
    const from = performance.now();
    for (const one of ["long", "short"]) {
      const lost = await sliceOf(lives, id, one, ({ state }) => state === "lost");
      expect(lost.reason).toBe(`no aurad on ${dies.host} has been heard of for ${HEARTBEAT_S} s`);
    }
    const told = performance.now() - from;
    process.stderr.write(`slices of a dead host are told as lost after ${Math.round(told)} ms (heartbeat ${HEARTBEAT_S} s)\n`);
    expect(told).toBeLessThan(HEARTBEAT_S * 1000 * slow);
    // The processes know nothing of it; one comes to its end while nobody looks.
    expect(alive(long!)).toBe(true);
    writeFileSync(over, "");
    await until(() => filesIn(folder)["short.1"]!.endsWith("ended\n"));

    for (const one of ["long", "short"]) {
      await lives.must("slice", "move", "--epoch-id", id, "--slice-id", one, "--to-host", lives.host);
    }
    await sliceOf(lives, id, "short", ({ state }) => state === "succeeded");
    await sliceOf(lives, id, "long", ({ state, host }) => state === "running" && host === lives.host);
    await dies.start();
    // What it still runs gives way.
    await until(() => !alive(long!), 20_000);
    await until(() => processesOfHome(dies.homeId).length === 0);
    writeFileSync(go, "");
    await sliceOf(lives, id, "long", ({ state }) => state === "succeeded");
    for (const phase of ["p10", "p11", "p12", "complete"]) {
      if (phase === "p11") {
        for (const axis of ["A", "B", "C"]) await lives.must("signal", "vote", "--epoch-id", id, "--axis", axis, "--vote", "accept");
      }
      await lives.must("phase", "advance", "--epoch-id", id, "--to-phase", phase, "--triggered-by", "ann");
    }

    expect(withoutPids(filesIn(folder))).toEqual({
      go: "",
      over: "",
      "long.1": "began\n",
      "long.2": "began\nended\n",
      "short.1": "began\nended\n",
      "short.2": "began\nended\n",
      "stays.1": "began\n",
    });
    const { events } = (await lives.must("audit", "--epoch-id", id)) as unknown as { events: readonly AuditEvent[] };
    const starts = events
      .filter(({ type }) => type === "slice_started")
      .map(({ payload }) => [payload["slice_id"], payload["attempt"], payload["host"]]);
    expect(starts.sort()).toEqual([
      ["long", 1, dies.host],
      ["long", 2, lives.host],
      ["short", 1, dies.host],
      ["short", 2, lives.host],
      ["stays", 1, lives.host],
    ]);
    const ends = events
      .filter(({ type }) => type === "slice_completed")
      .map(({ payload }) => [payload["slice_id"], payload["attempt"], payload["outcome"]]);
    expect(ends.sort()).toEqual([
      ["long", 2, "succeeded"],
      ["short", 2, "succeeded"],
      ["stays", 1, "succeeded"],
    ]);
    expect((await lives.say("audit", "verify", "--epoch-id", id)).status).toBe(0);
    expect((await dies.say("audit", "verify", "--epoch-id", id)).status).toBe(0);
    await withClient(lives.address, (client) => expectNothingRuns(lives, client, [id]));
  });

  it("is complete before the dead host is back, which ends what is left there and tells nobody", async () => {
    const { dies, lives, ofDies, ofLives } = await twoHosts();
    const id = `late-${randomUUID()}`;
    const folder = workFolder(lives, id);
    const command = `f="$AURA_SLICE_ID.$AURA_ATTEMPT"; echo "began $$" >> "$f"; [ "$f" != work.1 ] || { ${UNTIL_GO(join(folder, "never"))}; }; echo ended >> "$f"`;
    const plan = planOf({ id: "work", mode: "subprocess", command, working_dir: folder, heartbeat_s: HEARTBEAT_S });
    let there = ofDies;
    const walk = new EpochWalk({ id, plan, steps: FORWARD, control: () => there });
    await walk.run((step) => step === "slices");
    await until(() => existsSync(join(folder, "work.1")));
    const [first] = processIn(folder, "work.1");
    await dies.daemon.kill();
    there = ofLives;
    await sliceOf(lives, id, "work", ({ state }) => state === "lost");
    await lives.must("slice", "move", "--epoch-id", id, "--slice-id", "work", "--to-host", lives.host);
    await walk.run();
    const before = await ofLives.keptAudit(id);
    expect(alive(first!)).toBe(true);
    await dies.start();
    await until(() => !alive(first!), 20_000);
    await until(() => processesOfHome(dies.homeId).length === 0);
    expect(withoutPids(filesIn(folder))).toEqual({ "work.1": "began\n", "work.2": "began\nended\n" });
    expect(await ofLives.keptAudit(id)).toEqual(before);
    expect((await walk.state()).status).toBe("complete");
  });
});

/** What `began PID` in a file names. */
function processIn(folder: string, file: string): number[] {
  return [...(filesIn(folder)[file] ?? "").matchAll(/^began (\d+)$/gm)].map(([, pid]) => Number(pid));
}

function withoutPids(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll(/^began \d+$/gm, "began")]));
}
