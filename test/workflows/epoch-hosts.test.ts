import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createEpochsClient, type EpochsClient } from "../../src/api/epochs-client.js";
import type { EpochDocument } from "../../src/epochs/control.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import type { PlannedSlice } from "../../src/epochs/slice.js";
import { type AuraHome, auraHomes, type HomeOptions } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { alive } from "../support/processes.js";
import { slowness, until } from "../support/until.js";
import { plan, UNTIL_GO } from "./epoch-place.js";

const WAY: readonly PhaseId[] = ["p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"];

describe.skipIf(missing("temporal"))("epochs and slices of aurads that come and go", { timeout: 120_000 }, () => {
  const homes = auraHomes();
  const clients: EpochsClient[] = [];
  afterEach(() => clients.splice(0).forEach((client) => client.close()));

  /** An aurad on a queue of the test's own, so that no other test's takes its tasks. */
  function host(queue: string, options?: HomeOptions): Host {
    return new Host(homes(options), queue, clients);
  }

  it("a slice runs on while its aurad is stopped, and its result is collected by the next one", async () => {
    const one = await host(randomUUID()).start();
    const id = await one.epoch([one.slice("work", `echo began >> story; ${UNTIL_GO}; echo ended >> story`)]);
    await one.walk(id);
    const { slices } = await one.state(id, (document) => document.slices[0]!.state === "running");
    expect(await one.home.daemon.stop()).toBe(0);
    await one.start();
    expect(alive(slices[0]!.pid!)).toBe(true);
    one.go();
    await one.state(id, (document) => document.slices[0]!.state === "succeeded");
    expect(one.written("story")).toBe("began\nended\n");
  });

  it("a slice is found again at once by the aurad that follows a killed one", async () => {
    const one = await host(randomUUID()).start();
    const id = await one.epoch([one.slice("work", `echo began >> story; ${UNTIL_GO}`, { heartbeat_s: 60 })]);
    await one.walk(id);
    const { slices } = await one.state(id, (document) => document.slices[0]!.state === "running");
    await one.home.daemon.kill();
    const from = performance.now();
    await one.start();
    one.go();
    const after = await one.state(id, (document) => document.slices[0]!.state === "succeeded");
    expect(performance.now() - from).toBeLessThan(30_000 * slowness()); // its heartbeat alone would tell after a minute
    expect(after.slices[0]).toMatchObject({ attempt: 1, host: slices[0]!.host });
    expect(one.written("story")).toBe("began\n");
  });

  it("a slice that ended while no aurad was there is told with its exit status, and not run again", async () => {
    const one = await host(randomUUID()).start();
    const id = await one.epoch([one.slice("work", `echo began >> story; ${UNTIL_GO}; exit 9`)]);
    await one.walk(id);
    const { slices } = await one.state(id, (document) => document.slices[0]!.state === "running");
    await one.home.daemon.kill();
    one.go();
    await until(() => !alive(slices[0]!.pid!));
    await one.start();
    const after = await one.state(id, (document) => document.slices[0]!.state === "failed");
    expect(after.slices[0]!.reason).toMatch(/9/);
    expect(one.written("story")).toBe("began\n");
  });

  it("a slice of a dead host is told as lost within its heartbeat, goes on elsewhere when it is moved, and ends where it was", async () => {
    const queue = randomUUID();
    const dies = await host(queue).start();
    const lives = await host(queue).start();
    const command = `echo $AURA_HOST $AURA_ATTEMPT $$ >> story; ${UNTIL_GO}`;
    const id = await dies.epoch([dies.slice("work", command, { working_dir: lives.home.dir })]);
    await lives.walk(id);
    await lives.state(id, (document) => document.slices[0]!.state === "running");
    await dies.home.daemon.kill();
    const from = performance.now();
    const { slices } = await lives.state(id, (document) => document.slices[0]!.state === "lost");
    // Its heartbeat is 2 s; a question that waits for the dead one is asked anew after five.
    expect(performance.now() - from).toBeLessThan(8000 * slowness());
    expect(slices[0]!.reason).toBe(`no aurad on ${dies.home.host} has been heard of for 2 s`);
    expect(await lives.client.moveSlice(id, { slice_id: "work", to_host: lives.home.host })).toMatchObject({ success: true });
    await lives.state(id, (document) => document.slices[0]!.state === "running" && document.slices[0]!.host === lives.home.host);
    const [first] = lives.written("story").split("\n");
    expect(alive(Number(first!.split(" ")[2]))).toBe(true);
    // The host is back, with the process that ran on all the while: it gives way.
    await dies.start();
    await until(() => !alive(Number(first!.split(" ")[2])));
    lives.go();
    await lives.state(id, (document) => document.slices[0]!.state === "succeeded");
    expect(
      lives
        .written("story")
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 2)),
    ).toEqual([
      [dies.home.host, "1"],
      [lives.home.host, "2"],
    ]);
  });

  it("a slice of a host that was never there is told as lost, and can be cancelled", async () => {
    const one = await host(randomUUID()).start();
    const id = await one.epoch([one.slice("work", "true", { host: "no-such-host", heartbeat_s: 1 })]);
    await one.walk(id);
    await one.state(id, (document) => document.slices[0]!.state === "lost");
    await one.client.cancel(id, { reason: "never mind" });
    const after = await one.state(id, (document) => document.slices[0]!.state === "cancelled");
    expect(after.slices[0]!.reason).toContain("never mind");
  });

  it("an epoch goes on on the other host when one dies, and its audit trail is whole there", async () => {
    const queue = randomUUID();
    const dies = await host(queue).start();
    const lives = await host(queue).start();
    const id = await dies.epoch([]);
    await dies.walk(id, WAY.slice(0, 3));
    await dies.home.daemon.kill();
    await lives.walk(id, WAY.slice(3));
    expect(await lives.client.state(id)).toMatchObject({ current_phase: "p9" });
    const kept = await lives.client.keptAudit(id);
    await until(async () => (await lives.client.audit(id, {})).length === kept.length);
    expect(await lives.client.audit(id, {})).toEqual(kept);
  });
});

class Host {
  private readonly epochs: EpochsClient;
  private count = 0;

  constructor(
    readonly home: AuraHome,
    private readonly queue: string,
    clients: EpochsClient[],
  ) {
    this.epochs = createEpochsClient({ socketPath: home.places.sock });
    clients.push(this.epochs);
  }

  get client(): EpochsClient {
    return this.epochs;
  }

  async start(): Promise<this> {
    await this.home.start(["--task-queue", this.queue]);
    return this;
  }

  async epoch(slices: readonly PlannedSlice[]): Promise<string> {
    const epoch_id = `${this.home.host}-${(this.count += 1)}`;
    await this.client.start({ epoch_id, description: "", plan: slices.length === 0 ? null : plan(slices), by: "tester" });
    return epoch_id;
  }

  slice(id: string, command: string, more: Partial<PlannedSlice> = {}): PlannedSlice {
    const defaults = { timeout_s: 300, heartbeat_s: 2, needs: [], retries: 0, resources: [], host: null } as const;
    return { id, title: id, mode: "subprocess", command, working_dir: this.home.dir, ...defaults, ...more };
  }

  async walk(id: string, way = WAY): Promise<void> {
    for (const to_phase of way) {
      if (to_phase === "p5") {
        for (const axis of ["correctness", "test_quality", "elegance"] as const) {
          await this.client.vote(id, { axis, vote: "ACCEPT", reviewer_id: `r-${axis}` });
        }
      }
      const reply = await this.client.advance(id, { to_phase, triggered_by: "ann", condition_met: "yes" });
      expect(reply.refused).toEqual([]);
    }
  }

  state(id: string, fits: (document: EpochDocument) => boolean): Promise<EpochDocument> {
    let last: unknown;
    return until(
      async () => {
        const document = await this.client.state(id).catch((error: unknown) => void (last = error));
        if (document === undefined) return null;
        last = document.slices;
        return fits(document) ? document : null;
      },
      30_000,
      () => `${JSON.stringify(last)}\n${this.home.daemon.stdout.slice(-3000)}`,
    );
  }

  written(file: string): string {
    return readFileSync(join(this.home.dir, file), "utf8");
  }

  /** What UNTIL_GO waits for. */
  go(): void {
    writeFileSync(join(this.home.dir, "go"), "");
  }
}
