import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, inject, it } from "vitest";
import { createEpochsClient, type EpochsClient } from "../../../src/api/epochs-client.js";
import type { EpochWorkflow } from "../../../src/workflows/epoch.js";
import { auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { ALL_EDGES, EpochWalk, FORWARD, mockPlan, workPlan } from "../../support/epoch-walk.js";
import { withClient } from "../../support/histories.js";
import { planOf } from "../../support/plans.js";
import { startServer, type TestServer } from "../../support/temporal.js";
import { expectNothingRuns, historySizes, replayProblems, workFolder } from "./story.js";

const EPOCHS = 100;
/** Epochs with processes, side by side. */
const WORKING = 16;
/** Of these, so many take every edge instead of the straight way. */
const ROUNDABOUT = 4;
const TWO = planOf({ id: "types" }, { id: "wiring", needs: ["types"] });

const home = auraHomes();
let server: TestServer | undefined;
let client: EpochsClient | undefined;
afterEach(async () => {
  client?.close();
  await server?.end();
});

describe.skipIf(missing("temporal"))(`${EPOCHS} epochs at once`, { timeout: 600_000 }, () => {
  it("all go through all phases to their end; their histories are short, and replay", async () => {
    server = await startServer(inject("temporal")!.cli);
    const place = home({ address: server.address });
    await place.start();
    client = createEpochsClient({ socketPath: place.places.sock });
    const walks = Array.from({ length: EPOCHS }, (_, index) => {
      const [steps, plan] = index < ROUNDABOUT ? ([ALL_EDGES, mockPlan()] as const) : ([FORWARD, TWO] as const);
      return new EpochWalk({ id: `many-${randomUUID()}`, plan, steps, control: () => client! });
    });
    const from = performance.now();
    await Promise.all(walks.map((walk) => walk.run()));
    process.stderr.write(`${EPOCHS} epochs to complete: ${Math.round(performance.now() - from)} ms\n`);

    const ids = walks.map(({ options }) => options.id);
    const sample = [walks[0]!, walks[1]!, walks.at(-2)!, walks.at(-1)!];
    for (const { status, votes, slices, completed_phases } of await Promise.all(sample.map((walk) => walk.state())).catch(
      (error: unknown) => {
        throw new Error(place.daemon.stdout.slice(-6000), { cause: error });
      },
    )) {
      expect({ status, votes, states: new Set(slices.map(({ state }) => state)) }).toEqual({
        status: "complete",
        votes: {},
        states: new Set(["succeeded"]),
      });
      expect(completed_phases).toHaveLength(12);
    }
    await withClient(server.address, async (temporal) => {
      const straight: number[] = [];
      for (const [index, id] of ids.entries()) {
        const handle = temporal.workflow.getHandle<typeof EpochWorkflow>(id);
        expect(await handle.result()).toMatchObject({ epoch_id: id, status: "complete", final_phase: "complete" });
        const { historyLength } = await handle.describe();
        if (index >= ROUNDABOUT) straight.push(historyLength);
        // Far from the server's suggestion to continue as new (4096), let alone its limit.
        expect(historyLength).toBeLessThan(2000);
      }
      await expectNothingRuns(place, temporal, ids);
      const childrenOf = ({ options }: EpochWalk): string[] => [
        ...options.plan.slices.map((slice) => `slice/${slice.id}`),
        "review/p4",
        "review/p10",
      ];
      const all = sample.flatMap((walk) => [walk.options.id, ...childrenOf(walk).map((child) => `${walk.options.id}/${child}`)]);
      expect(await replayProblems(temporal, all)).toEqual([]);
      const size = (walk: EpochWalk): Promise<string> => historySizes(temporal, walk.options.id, childrenOf(walk));
      process.stderr.write(`history of an epoch on the straight way: ${Math.min(...straight)} to ${Math.max(...straight)} events; `);
      process.stderr.write(`one is ${await size(sample.at(-1)!)}; over all edges ${await size(sample[0]!)}\n`);
    });
  });

  it("with real slices, whose news arrives amid everything else, leave histories that replay", async () => {
    server = await startServer(inject("temporal")!.cli);
    const place = home({ address: server.address });
    await place.start();
    client = createEpochsClient({ socketPath: place.places.sock });
    const walks = Array.from({ length: WORKING }, () => {
      const id = `work-${randomUUID()}`;
      return new EpochWalk({ id, plan: workPlan(workFolder(place, id)), steps: ALL_EDGES, control: () => client! });
    });
    await Promise.all(walks.map((walk) => walk.run()));
    const ids = walks.map(({ options }) => options.id);
    await withClient(server.address, async (temporal) => expect(await replayProblems(temporal, ids)).toEqual([]));
  });
});
