import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, inject, it } from "vitest";
import { createEpochsClient, type EpochsClient } from "../../../src/api/epochs-client.js";
import { untilReady } from "../../../src/adapters/temporal/server-ready.js";
import { type AuraHome, auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { ALL_EDGES, EFFECTS, EpochWalk, workPlan } from "../../support/epoch-walk.js";
import { withClient } from "../../support/histories.js";
import { Random } from "../../support/random.js";
import { startServer, type TestServer } from "../../support/temporal.js";
import { pause } from "../../support/until.js";
import { epochStory, expectNothingRuns, expectTrailWhole, historySizes, replayProblems, standingOf, workFolder } from "./story.js";

const KILLS = Number(process.env["AURA_TEST_KILLS"] ?? 50);
const AT_ONCE = 3;
const COMING_UP_MS = 1200;
const JUST_UP_MS = 500;
/** Temporal takes a task that a killed aurad had begun for lost after six seconds. */
const AT_WORK_MS = 4000;
const SERVER_MS = 10_000;
const NO_TEMPORAL = 69;
const CHILDREN = ["slice/first", "slice/left", "slice/right", "slice/last", "review/p4", "review/p10"] as const;

const home = auraHomes();
let server: TestServer | undefined;
let client: EpochsClient | undefined;
afterEach(async () => {
  client?.close();
  await server?.end();
});

/** Epochs on their way all the time, a few side by side, as long as there is something to disturb. */
class Traffic {
  readonly walks: EpochWalk[] = [];
  private isOver = false;
  private failure: unknown;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly walk: () => EpochWalk) {}

  begin(): void {
    const lanes = Array.from({ length: AT_ONCE }, () => this.lane());
    this.running = Promise.all(lanes).catch((error: unknown) => (this.failure = error));
  }

  get acknowledged(): number {
    return this.walks.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Throws as soon as an epoch was answered what it must not be. */
  async check(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
  }

  /** No new ones; those on their way come to their end. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.running;
    await this.check();
  }

  private async lane(): Promise<void> {
    while (!this.isOver && this.failure === undefined) {
      const walk = this.walk();
      this.walks.push(walk);
      await walk.run();
    }
  }
}

describe.skipIf(missing("temporal"))("epochs while aurad and the Temporal server are killed", { timeout: 120_000 + KILLS * 15_000 }, () => {
  it(`${KILLS} times at random moments: they end as if nothing had been, and nothing is done twice`, async () => {
    const random = new Random("kill -9 of aurad and of the Temporal server amid epochs");
    server = await startServer(inject("temporal")!.cli);
    const place = home({ address: server.address });
    client = createEpochsClient({ socketPath: place.places.sock });
    const newWalk = (): EpochWalk => walkOf(place, () => client!);
    await place.start();

    const quiet = newWalk();
    await quiet.run();
    const expected = await epochStory(place, quiet);
    expect(expected.files).toEqual(EFFECTS);

    const traffic = new Traffic(newWalk);
    const explain = async (failure: unknown): Promise<never> => {
      const standing = await withClient(server!.address, (temporal) =>
        Promise.all(traffic.walks.map((walk) => standingOf(temporal, walk.options.id))),
      );
      throw new Error(`${standing.join("\n")}\n${place.daemon.stdout.slice(-3000)}\n${server!.log()}`, { cause: failure });
    };
    traffic.begin();
    let servers = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      await lifetime(place, traffic, random);
      await traffic.check().catch(explain);
      const both = random.below(8) === 0;
      if (both || random.below(4) === 0) {
        servers += 1;
        await server.kill();
        if (both) await place.daemon.kill();
        await pause(random.below(500));
        await served(server);
        if (both) place.launch();
      } else {
        await place.daemon.kill();
        await pause(random.below(200));
        place.launch();
      }
    }
    await comeUp(place);
    const care = takeCare(server);
    try {
      await traffic.end().catch(explain);
    } finally {
      await care.end();
    }

    const repeated = traffic.walks.reduce((sum, walk) => sum + walk.repeated, 0);
    for (const walk of traffic.walks) {
      expect(await epochStory(place, walk)).toEqual(expected);
      await expectTrailWhole(place, walk);
      expect((await place.say("audit", "verify", "--epoch-id", walk.options.id)).status).toBe(0);
    }
    // The kills met epochs at work.
    expect(repeated).toBeGreaterThan(KILLS / 2);
    const ids = traffic.walks.map(({ options }) => options.id);
    await withClient(server.address, async (temporal) => {
      await expectNothingRuns(place, temporal, ids);
      expect(await replayProblems(temporal, ids)).toEqual([]);
      const [without, ...with_] = await Promise.all([quiet.options.id, ...ids].map((id) => historySizes(temporal, id, CHILDREN)));
      process.stderr.write(`${KILLS} kills, ${servers} of them of the server; ${ids.length} epochs, ${repeated} questions repeated\n`);
      process.stderr.write(`histories, undisturbed: ${without}; disturbed:\n  ${with_.join("\n  ")}\n`);
    });
  });
});

function walkOf(place: AuraHome, control: () => EpochsClient): EpochWalk {
  const id = `walk-${randomUUID()}`;
  return new EpochWalk({ id, plan: workPlan(workFolder(place, id)), steps: ALL_EDGES, control });
}

/**
 * Starts the server again. A development server that was killed amid its work comes up now and then and serves nobody:
 * who runs one starts it once more, as aurad does with its own.
 */
async function served(one: TestServer): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await one.startAgain(SERVER_MS);
    } catch (error) {
      await one.kill();
      if (attempt === 5) throw error;
      process.stderr.write("the Temporal server came up and served nobody; started once more\n");
    }
  }
}

/** As long as the last epochs go on: a server that serves nobody any more is started again. */
function takeCare(one: TestServer): { end(): Promise<void> } {
  const over = new AbortController();
  const { port } = one;
  const caring = (async () => {
    while (!over.signal.aborted) {
      const well = untilReady({ port, namespace: "default", timeoutMs: SERVER_MS, alive: () => !over.signal.aborted });
      const isWell = await well.then(() => true).catch(() => false);
      if (!isWell && !over.signal.aborted) {
        process.stderr.write("the Temporal server ran and served nobody; started again\n");
        await one.kill();
        await served(one);
      }
      await pause(500);
    }
  })();
  return {
    end() {
      over.abort();
      return caring;
    },
  };
}

/** An aurad that comes up while the server is away gives up with 69, and is started again as a service manager would. */
async function comeUp(place: AuraHome): Promise<void> {
  for (;;) {
    try {
      await place.daemon.ready();
      return;
    } catch (error) {
      if (place.daemon.running || (await place.daemon.exited).code !== NO_TEMPORAL) throw error;
      place.launch();
    }
  }
}

/** A kill meets an aurad that is coming up, one that has just come up, or (every other time) one amid its work. */
async function lifetime(place: AuraHome, traffic: Traffic, random: Random): Promise<void> {
  const kind = random.below(4);
  if (kind === 0) return pause(random.below(COMING_UP_MS));
  await comeUp(place);
  if (kind === 1) return pause(random.below(JUST_UP_MS));
  const enough = traffic.acknowledged + 1 + random.below(12);
  const deadline = performance.now() + random.below(AT_WORK_MS);
  while (traffic.acknowledged < enough && performance.now() < deadline) await pause(10);
  return pause(random.below(100));
}
