import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { identify } from "../../src/adapters/process/identity.js";
import { newAsker } from "../../src/cli/local.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import { AuraError } from "../../src/shared/errors.js";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";
import type { FakeEpochs } from "../support/fake-epochs.js";
import { planOf } from "../support/plans.js";

let main: string;
let cli: CliHost;
let epochs: FakeEpochs;
const me = newAsker().by;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(async () => {
  cli = new CliHost(main);
  ({ epochs } = cli);
  await cli.serve([]);
  return () => cli.remove();
});

async function given(phase: PhaseId = "p1", plan = planOf()): Promise<void> {
  await epochs.start({ epoch_id: "demo", description: "a way to log in", plan: plan.slices.length === 0 ? null : plan, by: "ann" });
  const way: PhaseId[] = ["p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12"];
  for (const to_phase of way.slice(0, way.indexOf(phase) + 1)) {
    if (to_phase === "p5" || to_phase === "p11") await threeAccepts();
    const reply = await epochs.advance("demo", { to_phase, triggered_by: "ann", condition_met: "yes" });
    expect(reply.refused).toEqual([]);
  }
  epochs.messages.length = 0;
}

async function threeAccepts(): Promise<void> {
  for (const axis of ["correctness", "test_quality", "elegance"] as const) {
    await epochs.vote("demo", { axis, vote: "ACCEPT", reviewer_id: `r-${axis}` });
  }
}

const lines = (text: string): string[] => text.trimEnd().split("\n");
const widest = (text: string): number => Math.max(...lines(text).map((line) => line.length));

describe("epoch start", () => {
  it("starts an epoch, signed by who asks, and says where to look", async () => {
    const { status, stdout, stderr } = await cli.run("epoch", "start", "--epoch-id", "demo", "--description", "a way to log in");
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "epoch demo is in p1 Request; see: aura-msg query state --epoch-id demo\n",
      stderr: "",
    });
    expect(epochs.started).toEqual([{ epoch_id: "demo", description: "a way to log in", plan: null, by: me }]);
    const json = await cli.run("epoch", "start", "--epoch-id", "next", "--json");
    expect(JSON.parse(json.stdout)).toEqual({ schema_version: 1, epoch_id: "next", workflow_id: "next", run_id: "run-of-next" });
  });

  it("refuses a name that is taken with exit 3", async () => {
    await given();
    expect(await cli.run("epoch", "start", "--epoch-id", "demo")).toMatchObject({
      status: 3,
      stderr: "aura-msg: epoch demo exists already; choose another --epoch-id\n",
    });
  });

  it("reads a long description from stdin, and refuses one over 64 KiB with exit 1", async () => {
    for (const [id, size, status] of [
      ["fits", 64 * 1024, 0],
      ["large", 1024 * 1024, 1],
    ] as const) {
      const child = cli.start("epoch", "start", "--epoch-id", id, "--description", "-");
      let stderr = "";
      child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
      child.stdin.end("d".repeat(size));
      const ended = await new Promise((resolve) => child.once("close", resolve));
      expect([id, ended, stderr.split("\n").length]).toEqual([id, status, status === 0 ? 1 : 2]);
    }
    expect(epochs.started.map(({ epoch_id, description }) => [epoch_id, description.length])).toEqual([["fits", 65_536]]);
  });
});

describe("query state", () => {
  it("shows everything in 80 columns, in the order of what a person asks", async () => {
    await given("p10", planOf({ id: "api" }, { id: "web", needs: ["api"] }));
    await epochs.vote("demo", { axis: "elegance", vote: "REVISE", reviewer_id: "reviewer-C", comment: "x".repeat(100) });
    await epochs.finding("demo", { op: "add", description: "the token\u001b[31m is logged", slice_id: "api" });
    await epochs.advance("demo", { to_phase: "p11", triggered_by: "supervisor" });
    const { status, stdout } = await cli.run("query", "state", "--epoch-id", "demo");
    expect(status).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("\u001b");
    const labels = lines(stdout).flatMap((line) => /^([A-Z][a-z ]+):/.exec(line)?.[1] ?? []);
    expect(labels).toEqual([
      "Epoch",
      "Description",
      "Phase",
      "Role",
      "Status",
      "Votes",
      "Blockers",
      "Slices",
      "Last error",
      "Available transitions",
      "Missing",
      "Violations",
      "Transitions",
      "Active sessions",
    ]);
    expect(stdout).toMatch(/^Phase: +p10 Code Review \(impl\)$/m);
    expect(stdout).toMatch(/^Role: +reviewer$/m);
    expect(stdout).toMatch(/^Votes: +elegance REVISE by reviewer-C:$/m);
    expect(stdout).toMatch(/^Blockers: +b1 \(slice api\): the token is logged$/m);
    expect(stdout).toMatch(/^Slices: +2 of 2 succeeded$/m);
    expect(stdout).toMatch(/^Last error: +consensus gate: /m);
    expect(stdout).toMatch(/^Available transitions: p9 Worker Slices: a REVISE vote/m);
    expect(stdout).toMatch(/^Missing: +consensus gate: /m);
  });

  it("says none where there is nothing", async () => {
    await given();
    const { stdout } = await cli.run("query", "state", "--epoch-id", "demo");
    for (const label of ["Votes", "Blockers", "Slices", "Last error", "Missing"])
      expect(stdout).toMatch(new RegExp(`^${label}: +none$`, "m"));
    expect(stdout).toMatch(/^Active sessions: +0$/m);
  });

  it("prints the document with --json", async () => {
    await given("p3");
    const { stdout } = await cli.run("query", "state", "--epoch-id", "demo", "--json");
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(await epochs.state("demo"))));
    expect(JSON.parse(stdout)).toMatchObject({ current_phase: "p3", transition_count: 2, available_transitions: [{ to_phase: "p4" }] });
  });

  it("names the nearest epoch for a mistyped one, or where to see them", async () => {
    await given();
    expect(await cli.run("query", "state", "--epoch-id", "dmeo")).toMatchObject({
      status: 1,
      stderr: "aura-msg: there is no epoch dmeo; did you mean demo?\n",
    });
    const { status, stdout } = await cli.run("query", "state", "--epoch-id", "other", "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ code: "not_found", fix: "see the epochs with: aura-msg epoch list --all" });
  });
});

describe("phase advance", () => {
  it("takes a phase in every form and says where the epoch is now", async () => {
    await given();
    expect(await cli.run("phase", "advance", "--epoch-id", "demo", "--to-phase", "Elicit")).toMatchObject({
      status: 0,
      stdout: "epoch demo is in p2 Elicit, led by architect\n",
    });
    const answered = ["--triggered-by", "ann", "--condition", "yes, exactly so"];
    expect((await cli.run("phase", "advance", "--epoch-id", "demo", "--to-phase", "3", ...answered)).status).toBe(0);
    expect(epochs.messages).toMatchObject([
      { kind: "advance", message: { to_phase: "p2", by: me, key: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
      { kind: "advance", message: { to_phase: "p3", triggered_by: "ann", condition_met: "yes, exactly so" } },
    ]);
    expect(JSON.parse((await cli.run("phase", "advance", "--epoch-id", "demo", "--to-phase", "p4-review", "--json")).stdout)).toEqual({
      schema_version: 1,
      success: true,
      refused: [],
      phase: "p4",
      role: "reviewer",
    });
  });

  it("prints every gate that is missing on a line of its own, with exit 3", async () => {
    await given("p10", planOf());
    await epochs.vote("demo", { axis: "elegance", vote: "REVISE", reviewer_id: "reviewer-C" });
    await epochs.finding("demo", { op: "add" });
    const { status, stdout, stderr } = await cli.run("phase", "advance", "--epoch-id", "demo", "--to-phase", "p11");
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(lines(stderr)).toEqual([
      "aura-msg: refused: advance to p11 Impl UAT; epoch demo is in p10 Code Review; see: aura-msg query state --epoch-id demo",
      expect.stringMatching(/^ {2}consensus gate: REVISE stands on elegance/),
      expect.stringMatching(/^ {2}consensus gate: no vote on correctness and test_quality/),
      expect.stringMatching(/^ {2}blocker gate: 1 open BLOCKER \(b1\)/),
    ]);
    const json = await cli.run("phase", "advance", "--epoch-id", "demo", "--to-phase", "p11", "--json");
    expect({ status: json.status, stderr: json.stderr }).toEqual({ status: 3, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: "refused" },
      success: false,
      refused: [{}, {}, {}].map(() => expect.any(String)),
      phase: "p10",
    });
  });
});

describe("signals", () => {
  it("cast a vote under the axis' own reviewer when none is named", async () => {
    await given("p4");
    expect(await cli.run("signal", "vote", "--epoch-id", "demo", "--axis", "b", "--vote", "accept")).toMatchObject({
      status: 0,
      stdout: "recorded in p4 Review: test_quality ACCEPT by reviewer-B\n",
    });
    const more = ["--reviewer-id", "carla", "--comment", "too long", "--slice-id", "x", "--slice-id", "y"];
    const said = await cli.run("signal", "vote", "--epoch-id", "demo", "--axis", "elegance", "--vote", "REVISE", ...more);
    expect(said.stdout).toBe("recorded in p4 Review: elegance REVISE by carla\n");
    expect(epochs.messages.map(({ message }) => message)).toMatchObject([
      { axis: "test_quality", vote: "ACCEPT", reviewer_id: "reviewer-B" },
      { axis: "elegance", vote: "REVISE", reviewer_id: "carla", comment: "too long", slice_ids: ["x", "y"] },
    ]);
    const refused = await cli.run("signal", "vote", "--epoch-id", "demo", "--axis", "A", "--vote", "ACCEPT", "--reviewer-id", "carla");
    expect(refused.status).toBe(3);
    expect(lines(refused.stderr)).toEqual([
      "aura-msg: refused: ACCEPT on correctness by carla; epoch demo is in p4 Review; see: aura-msg query state --epoch-id demo",
      "  carla votes on elegance in this round; one reviewer has one axis, let another one vote on correctness",
    ]);
  });

  it("add and resolve findings, with and without a text or an id", async () => {
    await given("p10");
    const blocker = (...args: string[]) => cli.run("signal", "blocker", "--epoch-id", "demo", ...args);
    expect((await blocker("--add", "it leaks")).stdout).toBe("recorded BLOCKER b1 in p10 Code Review\n");
    expect((await blocker("--add", "--severity", "minor")).stdout).toBe("recorded MINOR m1 in p10 Code Review\n");
    expect((await blocker("--resolve", "m1")).stdout).toBe("resolved m1 in p10 Code Review\n");
    expect((await blocker("--resolve")).stdout).toBe("resolved b1 in p10 Code Review\n");
    const none = await blocker("--resolve");
    expect([none.status, lines(none.stderr)[1]]).toEqual([3, "  no finding is open; nothing to resolve"]);
  });

  it("say how a slice ended, over what its process says", async () => {
    await given("p9", planOf({ id: "api", mode: "subprocess", command: "make" }, { id: "web", mode: "subprocess", command: "make" }));
    const complete = (...args: string[]) => cli.run("signal", "complete", "--epoch-id", "demo", ...args);
    expect((await complete("--slice-id", "api", "--output", "3 files")).stdout).toBe("recorded: slice api succeeded\n");
    expect((await complete("--slice-id", "web", "--error", "no")).stdout).toBe("recorded: slice web failed\n");
    expect((await epochs.state("demo")).slices).toMatchObject([
      { id: "api", state: "succeeded", output: "3 files" },
      { id: "web", state: "failed", error: "no" },
    ]);
  });
});

describe("epoch answer, cancel and list", () => {
  it("records an answer word for word, by who gave it", async () => {
    await given("p2");
    const words = "yes; but „later“ — and 2 of 3";
    const asked = ["--question", "Is it right?", "--option", "yes", "--option", "no", "--triggered-by", "ann"];
    const { status, stdout } = await cli.run("epoch", "answer", "--epoch-id", "demo", "--answer", words, ...asked);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `recorded in p2 Elicit: ${words}\n` });
    expect((await epochs.state("demo")).answers).toMatchObject([
      { answer: words, question: "Is it right?", options: ["yes", "no"], answered_by: "ann" },
    ]);
  });

  it("cancels with a reason, and lists what runs, all of it with --all", async () => {
    await given("p4");
    await epochs.start({ epoch_id: "other", description: "", plan: null, by: "bob" });
    expect((await cli.run("epoch", "cancel", "--epoch-id", "demo", "--reason", "not worth it")).stdout).toBe(
      "epoch demo is cancelled in p4 Review\n",
    );
    const open = lines((await cli.run("epoch", "list")).stdout);
    expect(open[0]).toMatch(/^EPOCH +PHASE +STATUS +AGE +HOST$/);
    expect(open.slice(1)).toEqual([expect.stringMatching(/^other +p1 Request +running +\S+ +laptop$/)]);
    const all = JSON.parse((await cli.run("epoch", "list", "--all", "--json")).stdout);
    expect(all).toMatchObject({
      schema_version: 1,
      epochs: expect.arrayContaining([expect.objectContaining({ epoch_id: "demo", status: "cancelled" })]),
    });
    const refused = await cli.run("epoch", "cancel", "--epoch-id", "demo", "--reason", "again");
    expect([refused.status, lines(refused.stderr)[1]]).toEqual([3, "  the epoch is cancelled; start another one"]);
  });

  it("says how to go on when there is none", async () => {
    expect((await cli.run("epoch", "list")).stdout).toBe("no epochs run; those that have ended: aura-msg epoch list --all\n");
  });
});

describe("epoch export", () => {
  it("writes state, audit and history as one document that only its owner reads", async () => {
    await given("p3");
    const file = join(cli.home, "demo.json");
    const { status, stdout } = await cli.run("epoch", "export", "--epoch-id", "demo", "-o", file);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `wrote ${file}: epoch demo in p3, 6 audit events\n` });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const document = JSON.parse(readFileSync(file, "utf8"));
    expect(document).toMatchObject({
      schema_version: 1,
      epoch_id: "demo",
      state: { current_phase: "p3" },
      audit: await epochs.audit("demo", {}),
    });
    expect(document.history).toEqual(await epochs.history("demo"));
    const printed = JSON.parse((await cli.run("epoch", "export", "--epoch-id", "demo")).stdout);
    expect(Object.keys(printed)).toEqual(["schema_version", "epoch_id", "exported_at", "state", "audit", "history"]);
    expect(await cli.run("epoch", "export", "--epoch-id", "demo", "-o", "/nowhere/at/all")).toMatchObject({ status: 3 });
  });
});

describe("sessions", () => {
  it("are registered with their process, seen to be gone, and ended", async () => {
    await given("p9");
    const register = (id: string, ...args: string[]) =>
      cli.run("session", "register", "--epoch-id", "demo", "--session-id", id, "--role", "worker", ...args);
    const told = await register("s1", "--model-harness", "claude-code", "--model", "small", "--pid", String(process.pid));
    expect(told.stdout).toBe("session s1 is registered as worker\n");
    const { startTime, bootId } = identify(process.pid)!;
    expect(epochs.messages.at(-1)!.message).toMatchObject({
      model_harness: "claude-code",
      model: "small",
      process: { host: "laptop", pid: process.pid, start_time: startTime, boot_id: bootId },
    });
    await epochs.registerSession("demo", {
      session_id: "s2",
      role: "reviewer",
      process: { host: "laptop", pid: process.pid, start_time: "0", boot_id: bootId },
    });
    const rows = lines((await cli.run("session", "list", "--epoch-id", "demo")).stdout);
    expect(rows[0]).toMatch(/^SESSION +ROLE +STATE +MODEL +PID +LAST SEEN$/);
    expect(rows.slice(1)).toEqual([expect.stringMatching(/^s1 +worker +active +small /), expect.stringMatching(/^s2 +reviewer +gone +- /)]);
    expect((await cli.run("query", "state", "--epoch-id", "demo")).stdout).toMatch(/^Active sessions: +1 \(1 gone\)$/m);
    expect((await cli.run("session", "end", "--epoch-id", "demo", "--session-id", "s2")).stdout).toBe("session s2 has ended\n");
    expect(JSON.parse((await cli.run("session", "list", "--epoch-id", "demo", "--json")).stdout).sessions[1].state).toBe("ended");
  });

  it("of a process that does not run are bad usage", async () => {
    await given();
    const { status, stderr } = await cli.run(
      ..."session register --epoch-id demo --session-id s1 --role worker --pid 999999999".split(" "),
    );
    expect([status, stderr]).toEqual([
      1,
      "aura-msg: --pid: no process 999999999 runs on this host; give the pid of the session's process\n",
    ]);
    expect(epochs.messages).toEqual([]);
  });
});

describe("slices", () => {
  const plan = planOf(
    { id: "api", mode: "subprocess", command: "make" },
    { id: "web", mode: "subprocess", command: "make", needs: ["api"] },
  );

  it("are listed in their order, with the reason below what did not simply succeed", async () => {
    await given("p9", plan);
    epochs.end("demo", "api", "failed", "exited 2");
    const { stdout } = await cli.run("slice", "list", "--epoch-id", "demo");
    const [head, ...rows] = lines(stdout);
    expect(head).toMatch(/^SLICE +STATE +ATTEMPT +HOST +PID +TIME$/);
    expect(rows).toEqual([
      expect.stringMatching(/^api +failed +1 +laptop +- +\d+s$/),
      "    exited 2",
      expect.stringMatching(/^web +waiting +- +laptop +- +-$/),
      "    needs api (failed)",
    ]);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(JSON.parse((await cli.run("slice", "list", "--epoch-id", "demo", "--json")).stdout)).toMatchObject({
      schema_version: 1,
      epoch_id: "demo",
      slices: [{ id: "api", state: "failed" }, { id: "web" }],
    });
  });

  it("are retried and moved", async () => {
    await given("p9", plan);
    epochs.end("demo", "api", "failed", "exited 2");
    expect((await cli.run("slice", "retry", "--epoch-id", "demo", "--slice-id", "api")).status).toBe(0);
    expect((await epochs.state("demo")).slices[0]).toMatchObject({ state: "running", attempt: 2 });
    expect((await cli.run("slice", "move", "--epoch-id", "demo", "--slice-id", "web", "--to-host", "desk")).status).toBe(0);
    expect((await epochs.state("demo")).slices[1]).toMatchObject({ host: "desk" });
    const unknown = await cli.run("slice", "retry", "--epoch-id", "demo", "--slice-id", "nope");
    expect(unknown.status).toBe(3);
    expect(unknown.stderr).toContain("nope");
  });

  it("print what they wrote, by attempt, and go on as they write", async () => {
    await given("p9", plan);
    for (const line of ["one", "two", "three"]) epochs.writeLog("demo", "api", line);
    const logs = (...args: string[]) => cli.run("slice", "logs", "--epoch-id", "demo", "--slice-id", "api", ...args);
    expect((await logs("-n", "2")).stdout).toBe("two\nthree\n");
    expect(JSON.parse((await logs("--attempt", "1", "--json")).stdout)).toEqual({
      schema_version: 1,
      epoch_id: "demo",
      slice_id: "api",
      lines: ["one", "two", "three"],
    });
    const child = cli.start("slice", "logs", "--epoch-id", "demo", "--slice-id", "api", "-n", "1", "-f");
    let seen = "";
    child.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    await expect.poll(() => seen).toBe("three\n");
    epochs.writeLog("demo", "api", "four");
    await expect.poll(() => seen).toBe("three\nfour\n");
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  });

  it("have the nearest name for a mistyped one", async () => {
    await given("p9", plan);
    expect(await cli.run("slice", "logs", "--epoch-id", "demo", "--slice-id", "apy")).toMatchObject({
      status: 1,
      stderr: "aura-msg: epoch demo has no slice apy; did you mean api?\n",
    });
  });
});

describe("epoch watch", () => {
  it("prints a line an event without a terminal, and ends with the epoch", async () => {
    await given("p3");
    const child = cli.start("epoch", "watch", "--epoch-id", "demo");
    let seen = "";
    child.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    await expect.poll(() => seen).toMatch(/^\d\d:\d\d:\d\d {2}p1 +epoch_started +started by ann\n/);
    await epochs.vote("demo", { axis: "elegance", vote: "ACCEPT", reviewer_id: "carla" });
    await expect.poll(() => seen).toContain("elegance ACCEPT by carla\n");
    await epochs.cancel("demo", { reason: "enough", by: "ann" });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(lines(seen).at(-1)).toBe("epoch demo is cancelled: enough");
    expect(lines(seen).filter((line) => line.includes("epoch_started"))).toHaveLength(1);
  });

  it("waits for an aurad that is away, and goes on where it was", async () => {
    await given();
    const child = cli.start("epoch", "watch", "--epoch-id", "demo");
    let [seen, said] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    child.stderr.on("data", (part: Buffer) => (said += part.toString()));
    await expect.poll(() => seen).toContain("epoch_started");
    epochs.away = new AuraError("temporal_unreachable", "Temporal does not answer");
    await expect.poll(() => said).toBe("aura-msg: Temporal does not answer; trying again\n");
    epochs.away = null;
    await epochs.cancel("demo", { reason: "enough" });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(seen).toContain("epoch demo is cancelled: enough");
  });
});

describe("bad usage of epochs", () => {
  it.each([
    ["query state", "query state needs --epoch-id <id>; see: aura-msg query state --help"],
    ["phase advance --epoch-id demo", "phase advance needs --to-phase <phase>; see: aura-msg phase advance --help"],
    ["phase advance --epoch-id demo --to-phase prpose", '--to-phase: "prpose" is no phase; did you mean propose?'],
    ["phase advance --epoch-id demo --to-phase uat", '--to-phase: "uat" is no phase; uat is two phases: plan-uat (p5) or impl-uat (p11)'],
    [
      "signal vote --epoch-id demo --axis elegence --vote ACCEPT",
      '--axis: "elegence" is no axis; did you mean elegance? an axis is correctness, test_quality, elegance, or A, B, C',
    ],
    ["signal vote --epoch-id demo --axis A --vote MAYBE", '--vote: "MAYBE" is no vote; a vote is ACCEPT or REVISE'],
    [
      "session register --epoch-id demo --session-id s --role wroker",
      '--role: "wroker" is no role; did you mean worker? one of epoch, architect, supervisor, reviewer, worker',
    ],
    ["signal blocker --epoch-id demo", "signal blocker needs --add or --resolve; see: aura-msg signal blocker --help"],
    [
      "signal blocker --epoch-id demo --add --resolve",
      "signal blocker takes --add or --resolve, not both; see: aura-msg signal blocker --help",
    ],
    [
      "signal complete --epoch-id demo --slice-id a --output x --error y",
      "signal complete takes --output or --error, not both; see: aura-msg signal complete --help",
    ],
    [
      "session register --epoch-id demo --session-id s --role worker --pid x",
      '--pid: "x" is not a whole number above 0; give a number such as 3',
    ],
    ["epoch strat --epoch-id demo", "unknown command 'strat'; did you mean start?"],
    ["epch list", "unknown command 'epch'; did you mean epoch?"],
    ["epoch start --epoch-id demo --max-parallel 2", "--max-parallel is about a plan, and there is none; give it with --slices FILE"],
    ["slice logs --epoch-id demo --slice-id a -f --json", undefined],
    ["epoch watch --epoch-id demo --json", undefined],
  ])("%s: exit 1, one line, and nothing is asked", async (line, message) => {
    const { status, stdout, stderr } = await cli.run(...line.split(" "));
    expect(status).toBe(1);
    if (message === undefined) expect(JSON.parse(stdout).error.code).toBe("usage");
    else expect({ stdout, stderr }).toEqual({ stdout: "", stderr: `aura-msg: ${message}\n` });
    expect(epochs.messages).toEqual([]);
  });

  it("of an id that none can have is told with what is allowed", async () => {
    const { status, stderr } = await cli.run("epoch", "start", "--epoch-id", "a b");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^aura-msg: --epoch-id: epoch id "a b" is not one; give up to 100 letters/);
    expect(lines(stderr)).toHaveLength(1);
  });

  it.each(["epoch", "query", "phase", "signal", "session", "slice"])("%s alone prints its help and ends with 1", async (group) => {
    const [bare, help] = [await cli.run(group), await cli.run(group, "--help")];
    expect([bare.status, bare.stdout, help.status]).toEqual([1, "", 0]);
    expect(bare.stderr).toContain(`Usage: aura-msg ${group} [options] <command>`);
    expect(help.stdout).toBe(bare.stderr);
    expect(widest(help.stdout)).toBeLessThanOrEqual(80);
  });

  it("of no reachable aurad and Temporal is exit 2", async () => {
    await cli.stopServing();
    for (const line of ["epoch list", "query state --epoch-id demo", "signal vote --epoch-id demo --axis A --vote ACCEPT"]) {
      expect(await cli.run(...line.split(" "))).toMatchObject({ status: 2, stderr: expect.stringMatching(/^aura-msg: [^\n]+\n$/) });
    }
  });
});

describe("the plan of epoch start", () => {
  const start = (...args: string[]) => cli.run("epoch", "start", "--epoch-id", "demo", ...args);

  it("is read with directories seen from its folder, and what the flags say goes before it", async () => {
    const file = join(cli.home, "plan.yaml");
    writeFileSync(
      file,
      "max_parallel: 2\nslices:\n  - {id: a, command: make, timeout: 5m, retries: 1}\n  - {id: b, mode: mock, needs: [a]}\n",
    );
    expect((await start("--slices", file, "--max-parallel", "7", "--fail-fast")).status).toBe(0);
    expect(epochs.started[0]!.plan).toEqual({
      ...planOf(
        { id: "a", mode: "subprocess", command: "make", working_dir: cli.home, retries: 1 },
        { id: "b", working_dir: cli.home, needs: ["a"] },
      ),
      max_parallel: 7,
      fail_fast: true,
    });
  });

  it.each([
    [
      "cyclic needs",
      "slices:\n  - {id: a, command: x, needs: [b]}\n  - {id: b, command: x, needs: [a]}\n",
      /^aura-msg: \S+plan\.yaml:2: .*a -> b -> a/,
    ],
    ["a missing command", "slices:\n  - id: a\n", /^aura-msg: \S+plan\.yaml:2: slices\[1\]\.command: is missing; add command/],
    ["no YAML", "slices: [", /^aura-msg: \S+plan\.yaml:1: /],
    ["an unknown key", "slices:\n  - {id: a, comand: x}\n", /^aura-msg: \S+plan\.yaml:2: .*comand/],
  ])("is refused with %s, in a line that names file and key, before anybody is asked", async (_what, text, line) => {
    const file = join(cli.home, "plan.yaml");
    writeFileSync(file, text);
    const { status, stdout, stderr } = await start("--slices", file);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(line);
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .every((one) => one.startsWith("aura-msg: ")),
    ).toBe(true);
    const json = JSON.parse((await start("--slices", file, "--json")).stdout);
    expect(json).toMatchObject({ error: { code: "usage" }, problems: [expect.stringContaining("plan.yaml"), ...json.problems.slice(1)] });
    expect(epochs.started).toEqual([]);
  });

  it("that is not there is named", async () => {
    expect(await start("--slices", "/nowhere/plan.yaml")).toMatchObject({
      status: 1,
      stderr: "aura-msg: --slices: /nowhere/plan.yaml: no such file; name the plan file\n",
    });
  });
});
