import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyChain } from "../../src/epochs/audit-chain.js";
import type { AuditEvent } from "../../src/epochs/audit.js";
import type { EpochDocument } from "../../src/epochs/control.js";
import { PHASES } from "../../src/epochs/phases.js";
import { startCli } from "../support/built-cli.js";
import { AURA_MSG } from "../support/build.js";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { beginEpochs, planFile, sliceIn, startEpoch, stateOf, threeAccepts, walkByCommands, walkTo } from "../support/epochs.js";
import { until } from "../support/until.js";

const home = auraHomes();

const begun = (): Promise<AuraHome> => beginEpochs(home());

describe.skipIf(missing("temporal"))("a whole epoch", { timeout: 120_000 }, () => {
  it("goes through all twelve phases, runs its slices in order, and leaves a trail that is whole", async () => {
    const place = await begun();
    const ran = join(place.dir, "ran");
    const note = `echo "$AURA_SLICE_ID $AURA_PHASE $AURA_ROLE" >> ${ran}; echo "said by $AURA_SLICE_ID of $AURA_EPOCH_ID"`;
    const id = await startEpoch(
      place,
      "--slices",
      planFile(place, { id: "api", command: note }, { id: "web", command: note, needs: ["api"] }),
    );
    const watching = startCli(AURA_MSG, ["epoch", "watch", "--epoch-id", id], place.env);
    let seen = "";
    watching.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    const watched = new Promise((resolve) => watching.once("close", resolve));

    await walkByCommands(place, id, "p9");
    await sliceIn(place, id, "web", "succeeded");
    expect(readFileSync(ran, "utf8")).toBe("api p9 worker\nweb p9 worker\n");
    expect((await place.say("slice", "logs", "--epoch-id", id, "--slice-id", "api")).stdout).toBe(`said by api of ${id}\n`);
    await walkByCommands(place, id, "complete");

    const document = await stateOf(place, id);
    expect(document).toMatchObject({
      status: "complete",
      current_phase: "complete",
      completed_phases: PHASES.map((phase) => phase.id),
      transition_count: 12,
      last_error: null,
      votes: {},
      available_transitions: [],
    });
    expect(document.answers.map(({ phase, answer, answered_by }) => [phase, answer, answered_by])).toEqual([
      ["p2", "on to p3", "ann"],
      ["p5", "on to p6", "ann"],
      ["p11", "on to p12", "ann"],
    ]);
    expect(await watched).toBe(0);
    expect(seen).toContain(`epoch ${id} is complete\n`);
    expect(seen.match(/phase_transition/g)).toHaveLength(12);

    expect((await place.say("audit", "verify", "--epoch-id", id)).status).toBe(0);
    const file = join(place.dir, "export.json");
    await place.must("epoch", "export", "--epoch-id", id, "-o", file);
    const { state, audit, history } = JSON.parse(readFileSync(file, "utf8")) as {
      state: EpochDocument;
      audit: AuditEvent[];
      history: { run_id: string; events: { eventType: string }[] }[];
    };
    expect(state).toEqual(document);
    expect(verifyChain(audit)).toEqual({ ok: true, problems: [] });
    expect(audit.map(({ seq }) => seq)).toEqual(audit.map((_, at) => at + 1));
    expect(audit.filter(({ type }) => type === "vote_recorded")).toHaveLength(6);
    expect(history[0]!.events[0]!.eventType).toBe("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED");
    const { epochs } = (await place.must("epoch", "list", "--all")) as { epochs: { epoch_id: string; status: string }[] };
    expect(epochs.find(({ epoch_id }) => epoch_id === id)).toMatchObject({ status: "complete", phase: "complete" });
  });

  it("goes on after a kill of aurad, with the slice that ran and its only process", async () => {
    const place = await begun();
    const [ran, go] = [join(place.dir, "ran"), join(place.dir, "go")];
    const command = `echo started >> ${ran}; until [ -e ${go} ]; do sleep 0.05; done; echo over`;
    const id = await startEpoch(place, "--slices", planFile(place, { id: "long", command }));
    await walkTo(place, id, "p9");
    const { pid } = await sliceIn(place, id, "long", "running");
    await place.daemon.kill();
    await place.start();
    writeFileSync(go, "");
    expect(await sliceIn(place, id, "long", "succeeded")).toMatchObject({ attempt: 1 });
    expect(pid).toBeGreaterThan(0);
    expect(readFileSync(ran, "utf8")).toBe("started\n");
    expect((await place.say("slice", "logs", "--epoch-id", id, "--slice-id", "long")).stdout).toBe("over\n");
    await walkTo(place, id, "complete");
    expect(await place.say("audit", "verify", "--epoch-id", id)).toMatchObject({ stderr: "", status: 0 });
  });

  it("is cancelled with what runs: the whole tree is gone within a second", async () => {
    const place = await begun();
    const id = await startEpoch(
      place,
      "--slices",
      planFile(place, { id: "long", command: "sleep 100000 & sleep 100000" }, { id: "next", command: "true", needs: ["long"] }),
    );
    await walkTo(place, id, "p9");
    const { pid } = await sliceIn(place, id, "long", "running");
    await place.must("epoch", "cancel", "--epoch-id", id, "--reason", "no longer wanted");
    await until(
      () => !groupLives(pid!),
      1500,
      () => `group ${pid} still lives`,
    );
    await sliceIn(place, id, "long", "cancelled");
    await sliceIn(place, id, "next", "cancelled");
    expect(await stateOf(place, id)).toMatchObject({ status: "cancelled", reason: "no longer wanted", current_phase: "p9" });
    expect(await place.say("phase", "advance", "--epoch-id", id, "--to-phase", "p10")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("the epoch is cancelled"),
    });
  });
});

function groupLives(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(missing("temporal"))("the gates of an epoch", { timeout: 120_000 }, () => {
  it("refuse with every reason, keep it on record, and are cleared by the next good advance", async () => {
    const place = await begun();
    const id = await startEpoch(place);
    await walkTo(place, id, "p4");
    await place.must("signal", "vote", "--epoch-id", id, "--axis", "elegance", "--vote", "REVISE", "--comment", "too clever");
    const { status, stderr } = await place.say("phase", "advance", "--epoch-id", id, "--to-phase", "plan-uat");
    expect(status).toBe(3);
    const [head, ...gates] = stderr.trimEnd().split("\n");
    expect(head).toMatch(/^aura-msg: refused: advance to p5 Plan UAT; /);
    expect(gates).toEqual([
      expect.stringContaining("REVISE stands on elegance"),
      expect.stringContaining("no vote on correctness and test_quality"),
    ]);
    const refused = await stateOf(place, id);
    expect(refused.last_error).toContain("REVISE stands on elegance");
    expect(refused.available_transitions.map(({ to_phase }) => to_phase)).toEqual(["p3"]);
    expect(refused.transition_history.at(-1)).toMatchObject({
      to_phase: "p5",
      success: false,
      condition_met: expect.stringMatching(/^FAILED: /),
    });

    await place.must("phase", "advance", "--epoch-id", id, "--to-phase", "p3");
    const back = await stateOf(place, id);
    expect(back).toMatchObject({ current_phase: "p3", last_error: null, votes: {} });
    const { events } = (await place.must("audit", "--epoch-id", id, "--type", "phase_advance")) as { events: AuditEvent[] };
    expect(events.map(({ payload }) => payload["success"])).toEqual([true, true, true, false, true]);
  });

  it("hold a reviewer to one axis a round and keep a changed vote in the trail", async () => {
    const place = await begun();
    const id = await startEpoch(place);
    await walkTo(place, id, "p4");
    const vote = (axis: string, word: string, who: string) =>
      place.say("signal", "vote", "--epoch-id", id, "--axis", axis, "--vote", word, "--reviewer-id", who);
    expect((await vote("A", "revise", "carla")).status).toBe(0);
    expect(await vote("B", "accept", "carla")).toMatchObject({ status: 3, stderr: expect.stringContaining("one reviewer has one axis") });
    expect(await vote("A", "accept", "dan")).toMatchObject({ status: 3, stderr: expect.stringContaining("carla") });
    expect((await vote("A", "accept", "carla")).status).toBe(0);
    const { events } = (await place.must("audit", "--epoch-id", id, "--type", "vote_recorded")) as { events: AuditEvent[] };
    expect(events.map(({ payload }) => [payload["vote"], payload["changed_from"]])).toEqual([
      ["REVISE", undefined],
      ["ACCEPT", "REVISE"],
    ]);
    expect((await stateOf(place, id)).votes).toMatchObject({ correctness: { vote: "ACCEPT", reviewer_id: "carla" } });
  });

  it("stay shut while a blocker is open, and open when it is resolved", async () => {
    const place = await begun();
    const id = await startEpoch(place);
    await walkTo(place, id, "p10");
    await threeAccepts(place, id);
    await place.must("signal", "blocker", "--epoch-id", id, "--add", "it leaks");
    await place.must("signal", "blocker", "--epoch-id", id, "--add", "a name", "--severity", "minor");
    expect(await place.say("phase", "advance", "--epoch-id", id, "--to-phase", "p11")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("1 open BLOCKER (b1)"),
    });
    expect((await stateOf(place, id)).severity_groups).toEqual({ BLOCKER: ["b1"], IMPORTANT: [], MINOR: ["m1"] });
    expect((await place.must("signal", "blocker", "--epoch-id", id, "--resolve"))["ids"]).toEqual(["b1"]);
    await place.must("phase", "advance", "--epoch-id", id, "--to-phase", "p11");
  });

  it("want a person's answer at a user gate, also of an agent, word for word", async () => {
    const place = await begun();
    const id = await startEpoch(place);
    await walkTo(place, id, "p2");
    await place.must("session", "register", "--epoch-id", id, "--session-id", "s1", "--role", "architect", "--pid", String(process.pid));
    const on = (...args: string[]) => place.say("phase", "advance", "--epoch-id", id, "--to-phase", "p3", ...args);
    expect(await on()).toMatchObject({ status: 3, stderr: expect.stringContaining("--triggered-by") });
    expect(await on("--triggered-by", "s1")).toMatchObject({ status: 3, stderr: expect.stringContaining("the person's words") });
    const words = "Ja – but „only“ with tests; else no.";
    await place.must(
      "epoch",
      "answer",
      "--epoch-id",
      id,
      "--answer",
      words,
      "--question",
      "Shall we?",
      "--option",
      "yes",
      "--option",
      "no",
    );
    expect((await on("--triggered-by", "s1")).status).toBe(0);
    const { answers, sessions } = await stateOf(place, id);
    expect(answers).toMatchObject([{ phase: "p2", question: "Shall we?", options: ["yes", "no"], answer: words }]);
    expect(sessions).toMatchObject([{ session_id: "s1", state: "active" }]);
  });
});

describe.skipIf(missing("temporal"))("slices of an epoch", { timeout: 120_000 }, () => {
  it("fail, are retried by a person, and are told done", async () => {
    const place = await begun();
    const ok = join(place.dir, "ok");
    const id = await startEpoch(
      place,
      "--slices",
      planFile(place, { id: "flaky", command: `test -e ${ok}` }, { id: "never", command: "/nowhere/at/all" }),
    );
    await walkTo(place, id, "p9");
    expect(await sliceIn(place, id, "flaky", "failed")).toMatchObject({ attempt: 1, reason: expect.stringContaining("1") });
    expect((await sliceIn(place, id, "never", "failed")).reason).not.toBe("");
    expect((await place.say("phase", "advance", "--epoch-id", id, "--to-phase", "p10")).stderr).toContain(
      "flaky (failed) and never (failed)",
    );
    writeFileSync(ok, "");
    await place.must("slice", "retry", "--epoch-id", id, "--slice-id", "flaky");
    expect(await sliceIn(place, id, "flaky", "succeeded")).toMatchObject({ attempt: 2 });
    await place.must("signal", "complete", "--epoch-id", id, "--slice-id", "never", "--output", "by hand");
    expect(await sliceIn(place, id, "never", "succeeded")).toMatchObject({ output: "by hand" });
    await place.must("phase", "advance", "--epoch-id", id, "--to-phase", "p10");
    expect((await place.say("slice", "list", "--epoch-id", id)).stdout).toMatch(/^flaky +succeeded +2 /m);
  });

  it("are followed as they write, until they end", async () => {
    const place = await begun();
    const go = join(place.dir, "go");
    const command = `echo one; until [ -e ${go} ]; do sleep 0.05; done; echo two`;
    const id = await startEpoch(place, "--slices", planFile(place, { id: "talks", command }));
    await walkTo(place, id, "p9");
    await sliceIn(place, id, "talks", "running");
    const following = startCli(AURA_MSG, ["slice", "logs", "--epoch-id", id, "--slice-id", "talks", "-f"], place.env);
    let seen = "";
    following.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    await until(() => seen === "one\n");
    writeFileSync(go, "");
    expect(await new Promise((resolve) => following.once("close", resolve))).toBe(0);
    expect(seen).toBe("one\ntwo\n");
  });
});
