import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, inject, it } from "vitest";
import { createEpochsClient } from "../../../src/api/epochs-client.js";
import { EDGES } from "../../../src/epochs/transitions.js";
import { auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { ALL_EDGES, EFFECTS, EpochWalk, workPlan } from "../../support/epoch-walk.js";
import { withClient } from "../../support/histories.js";
import { type ProductionServer, startProductionServer } from "../../support/production/server.js";
import { until } from "../../support/until.js";
import { epochStory, expectNothingRuns, expectTrailWhole, workFolder } from "./story.js";

const home = auraHomes();
let server: ProductionServer | undefined;
afterEach(() => server?.end());

describe.skipIf(missing("temporal") || missing("production"))("a whole epoch on a production Temporal server", { timeout: 400_000 }, () => {
  it("goes over all sixteen edges, also over a kill of aurad amid its slices", async () => {
    server = await startProductionServer(inject("temporal")!.cli);
    const place = home({ address: server.address });
    await place.start();
    const client = createEpochsClient({ socketPath: place.places.sock });
    const id = `walk-${randomUUID()}`;
    const walk = new EpochWalk({ id, plan: workPlan(workFolder(place, id)), steps: ALL_EDGES, control: () => client });
    try {
      await walk.run((step) => step === "slices");
      await place.daemon.kill();
      await place.start();
      await walk.run();
      const document = await walk.state();
      expect(document).toMatchObject({ status: "complete", current_phase: "complete", votes: {}, blocker_count: 0, last_error: null });
      const taken = document.transition_history.filter(({ success }) => success).map((one) => `${one.from_phase} ${one.to_phase}`);
      expect(new Set(taken)).toEqual(new Set(EDGES.map(({ from, to }) => `${from} ${to}`)));
      expect((await epochStory(place, walk)).files).toEqual(EFFECTS);
      await expectTrailWhole(place, walk);
      expect((await place.say("audit", "verify", "--epoch-id", id)).status).toBe(0);
    } finally {
      client.close();
    }
    // PostgreSQL's visibility follows a little later.
    await until(async () => {
      const { epochs } = (await place.must("epoch", "list", "--all")) as {
        epochs: readonly { readonly epoch_id: string; readonly status: string }[];
      };
      return epochs.some((row) => row.epoch_id === id && row.status === "complete");
    });
    await withClient(server.address, (temporal) => expectNothingRuns(place, temporal, [id]));
  });
});
