import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { beginEpochs, planFile, sliceIn, startEpoch, stateOf, walkTo } from "../support/epochs.js";
import { until } from "../support/until.js";

const home = auraHomes();

describe.skipIf(missing("temporal"))("epochs by another way", { timeout: 120_000 }, () => {
  it("are asked over Temporal with the same answers, the same audit and the same refusals", async () => {
    const place = await beginEpochs(home());
    const id = await startEpoch(place);
    await walkTo(place, id, "p4");
    const over = ["--server-address", place.address];
    expect(await place.must("query", "state", "--epoch-id", id, ...over)).toEqual(await stateOf(place, id));
    expect(await place.must("audit", "--epoch-id", id, ...over)).toEqual(await place.must("audit", "--epoch-id", id));
    await place.must("signal", "vote", "--epoch-id", id, "--axis", "A", "--vote", "accept", ...over);
    expect(await place.say("phase", "advance", "--epoch-id", id, "--to-phase", "p5", ...over)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("no vote on test_quality and elegance"),
    });
    expect(await place.say("query", "state", "--epoch-id", `${id}0`, ...over)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`did you mean ${id}?`),
    });
    const { status, json } = await place.aura(
      "session",
      "register",
      "--epoch-id",
      id,
      "--session-id",
      "\u0007",
      "--role",
      "worker",
      ...over,
    );
    expect([status, json["error"]]).toEqual([
      1,
      expect.objectContaining({ code: "usage", message: expect.stringContaining("session_id") }),
    ]);
  });

  it("are asked when no aurad runs here, while one elsewhere works on them", async () => {
    const here = home();
    const there = await beginEpochs(home());
    here.env["TEMPORAL_ADDRESS"] = there.address;
    const id = await startEpoch(there);
    expect(await here.must("query", "state", "--epoch-id", id)).toMatchObject({ current_phase: "p1" });
    await here.must("phase", "advance", "--epoch-id", id, "--to-phase", "p2");
    expect((await stateOf(there, id)).current_phase).toBe("p2");
    expect((await here.say("epoch", "list")).stdout).toContain(id);
  });

  it("run their slices on the host that is named, and give their output through its API", async () => {
    const here = home();
    const there = home();
    const queue = `epochs-${here.host}`;
    await Promise.all([beginEpochs(here, [], queue), beginEpochs(there, ["--api-addr", "127.0.0.1:0"], queue)]);
    const id = await startEpoch(
      here,
      "--slices",
      planFile(here, { id: "far", command: "echo from afar", host: there.host, working_dir: "/" }),
    );
    await walkTo(here, id, "p9");
    expect(await sliceIn(here, id, "far", "succeeded")).toMatchObject({ host: there.host });
    const logs = () => here.say("slice", "logs", "--epoch-id", id, "--slice-id", "far");
    expect(await logs()).toMatchObject({ status: 3, stderr: expect.stringContaining("AURA_API_TOKEN") });
    here.env["AURA_API_TOKEN"] = readFileSync(there.places.apiToken, "utf8").trim();
    expect(await until(async () => (await logs()).stdout)).toBe("from afar\n");
    expect((await there.say("slice", "logs", "--epoch-id", id, "--slice-id", "far")).stdout).toBe("from afar\n");
  });
});
