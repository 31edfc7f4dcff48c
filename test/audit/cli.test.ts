import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectSqlite } from "../../src/adapters/audit/connection.js";
import { openSqliteTrail } from "../../src/adapters/audit/sqlite.js";
import type { AuditEvent } from "../../src/epochs/audit.js";
import { hashOf } from "../../src/epochs/audit-chain.js";
import type { AuditTrail } from "../../src/epochs/ports.js";
import { AuraError } from "../../src/shared/errors.js";
import { silentLog } from "../../src/shared/log.js";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";
import { removeScratch, scratch } from "./story.js";

let main: string;
let cli: CliHost;
let path: string;
let trail: AuditTrail;

beforeAll(async () => {
  main = await builtCli();
});
afterAll(removeScratch);

/** An epoch that was walked to p5, with a refused step and a changed vote on the way; its events are in a trail in SQLite. */
beforeEach(async () => {
  cli = new CliHost(main);
  await cli.serve([]);
  path = join(scratch(), "audit.db");
  trail = await openSqliteTrail(path, silentLog);
  const { epochs } = cli;
  epochs.audit = (epochId, filter) => trail.read(epochId, filter);
  await epochs.start({ epoch_id: "demo", description: "do it", plan: null, by: "ann" });
  await epochs.advance("demo", { to_phase: "p2" });
  await epochs.advance("demo", { to_phase: "p3" });
  await epochs.advance("demo", { to_phase: "p3", triggered_by: "ann", condition_met: "yes, \u001b[31mgo\u001b[0m\non" });
  await epochs.advance("demo", { to_phase: "p4" });
  for (const [axis, reviewer_id] of [
    ["correctness", "r1"],
    ["test_quality", "r2"],
    ["elegance", "r3"],
  ] as const) {
    await epochs.vote("demo", { axis, reviewer_id, vote: "ACCEPT", comment: "word ".repeat(60) });
  }
  await epochs.advance("demo", { to_phase: "p5" });
  await deliver();
  return async () => {
    await trail.close();
    await cli.remove();
  };
});

async function deliver(): Promise<readonly AuditEvent[]> {
  const events = await cli.epochs.keptAudit("demo");
  await trail.append("demo", events);
  return events;
}

/** Somebody with a SQLite shell. */
async function tamper(sql: string): Promise<void> {
  const connection = await connectSqlite(path, 1000);
  await connection.exec(sql);
  connection.close();
}

describe("audit", () => {
  it("shows what happened, when, in which phase and by whom, readable at 80 columns", async () => {
    const { status, stdout, stderr } = await cli.run("audit", "--epoch-id", "demo");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toMatch(/^ SEQ  TIME +PHASE +ROLE +TYPE$/);
    expect(lines[1]).toMatch(/^ {3}1 {2}2026-01-02 03:04:05 {2}p1 +architect +epoch_started$/);
    expect(lines[2]).toMatch(/^ {6}started.* by ann$/);
    expect(stdout).toMatch(/phase_advance\n {6}p2 -> p3 refused: /);
    expect(stdout).toContain(`gate_answered\n      answered by ann: ${JSON.stringify("yes, \u001b[31mgo\u001b[0m\non")}`);
    expect(stdout).not.toContain("\u001b");
  });

  it("prints the events whole with --json", async () => {
    const { status, stdout } = await cli.run("audit", "--epoch-id", "demo", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ schema_version: 1, epoch_id: "demo", events: await trail.read("demo") });
  });

  it("shows only events of a phase, a role and a type, in any way of writing them", async () => {
    const of = async (...filter: string[]): Promise<AuditEvent[]> =>
      JSON.parse((await cli.run("audit", "--epoch-id", "demo", "--json", ...filter)).stdout).events;
    const votes = await of("--type", "vote-recorded", "--phase", "4", "--role", "Reviewer");
    expect(votes).toEqual(await trail.read("demo", { type: "vote_recorded" }));
    expect(votes).toHaveLength(3);
    expect(await of("--phase", "elicit")).toEqual(await trail.read("demo", { phase: "p2" }));
    const none = await cli.run("audit", "--epoch-id", "demo", "--type", "epoch_cancelled");
    expect({ status: none.status, stdout: none.stdout }).toEqual({ status: 0, stdout: "epoch demo has no such events\n" });
  });

  it("refuses an epoch, phase, role, type or command that there is not, with what was meant", async () => {
    const cases: [string[], RegExp][] = [
      [["audit", "--epoch-id", "demi"], /there is no epoch demi; did you mean demo\?/],
      [["audit", "--epoch-id", "demo", "--type", "vote_recorder"], /--type: .*vote_recorder.*vote_recorded/],
      [["audit", "--epoch-id", "demo", "--role", "revewer"], /--role: .*reviewer/],
      [["audit", "--epoch-id", "demo", "--phase", "ratfy"], /--phase: .*ratify/],
      [["audit"], /audit needs --epoch-id/],
      [["audit", "verfy", "--epoch-id", "demo"], /unknown command 'verfy'; did you mean verify\?/],
      [["audit", "verify", "--epoch-id", "demi"], /there is no epoch demi; did you mean demo\?/],
    ];
    for (const [args, message] of cases) {
      const { status, stdout, stderr } = await cli.run(...args);
      expect({ args, status, stdout, stderr }).toEqual({ args, status: 1, stdout: "", stderr: expect.stringMatching(message) });
    }
  });

  it("follows the trail until the epoch ends; with --json an event a line", async () => {
    const follower = cli.start("audit", "--epoch-id", "demo", "--follow", "--json", "--type", "epoch_cancelled");
    const reader = cli.start("audit", "--epoch-id", "demo", "-f");
    const lines = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
    const next = async (pattern: RegExp): Promise<void> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended before ${String(pattern)}`);
        if (pattern.test(value)) return;
      }
    };
    await next(/p4 -> p5/);
    await cli.epochs.registerSession("demo", { session_id: "s1", role: "worker", by: "hook" });
    await deliver();
    await next(/session_registered/);
    await cli.epochs.cancel("demo", { reason: "changed my mind", by: "ann" });
    await deliver();
    await next(/cancelled.*changed my mind/);
    const status = (child: typeof reader): Promise<number | null> =>
      child.exitCode === null ? new Promise((resolve) => child.once("close", resolve)) : Promise.resolve(child.exitCode);
    const told: string[] = [];
    for await (const line of createInterface({ input: follower.stdout })) told.push(line);
    expect(told.map((line) => JSON.parse(line).type)).toEqual(["epoch_cancelled"]);
    expect(await Promise.all([status(reader), status(follower)])).toEqual([0, 0]);
  });
});

describe("audit verify", () => {
  const verify = (...more: string[]): ReturnType<CliHost["run"]> => cli.run("audit", "verify", "--epoch-id", "demo", ...more);

  it("says that the chain is whole and how much of it the workflow holds too", async () => {
    const n = (await trail.read("demo")).length;
    const { status, stdout, stderr } = await verify();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`epoch demo: ${n} events, 1 to ${n}; the chain is whole; ${n} compared with its\nworkflow\n`);
    expect(JSON.parse((await verify("--json")).stdout)).toEqual({
      schema_version: 1,
      epoch_id: "demo",
      ok: true,
      workflow: true,
      first_bad_seq: null,
      events: n,
      first_seq: 1,
      last_seq: n,
      compared: n,
      problems: [],
    });
  });

  it("ends with 3 at an event that was changed in the file, and names it", async () => {
    await tamper(
      "UPDATE audit_events SET event = json_set(event, '$.payload.vote', 'REVISE') WHERE seq = (SELECT min(seq) FROM audit_events WHERE type = 'vote_recorded')",
    );
    const [{ seq }] = (await trail.read("demo", { type: "vote_recorded" })) as [AuditEvent];
    const { status, stdout, stderr } = await verify();
    expect(status).toBe(3);
    expect(stdout).toMatch(new RegExp(`the trail is\\s+broken.*\\n  event ${seq}: was changed after it was written`, "s"));
    expect(stderr).toMatch(new RegExp(`^aura-msg: the audit trail of epoch demo is broken at event ${seq}: was changed`));
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const json = await verify("--json");
    expect(json.status).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, first_bad_seq: seq, error: { code: "audit_conflict" } });
  });

  it("ends with 3 where events are missing, at the end too", async () => {
    await tamper("DELETE FROM audit_events WHERE seq IN (3, 4)");
    expect((await verify()).stdout).toMatch(/event 3: events 3 to 4 are missing; the workflow holds 1 to/);
    await tamper("DELETE FROM audit_events WHERE seq > 2");
    const { status, stdout } = await verify();
    expect(status).toBe(3);
    expect(stdout).toMatch(/event 3: events 3 to \d+ are missing/);
  });

  it("ends with 3 when somebody who knows the format wrote the chain anew", async () => {
    const rows = await trail.read("demo");
    let prev = rows[0]!.prev;
    const forged = rows.map((event) => {
      const open = { ...event, by: event.seq < 5 ? event.by : "mallory", prev };
      prev = hashOf(open);
      return { ...open, hash: prev };
    });
    cli.epochs.audit = async () => forged;
    const { status, stdout } = await verify();
    expect(status).toBe(3);
    expect(stdout).toMatch(/\n {2}event 5: differs from what the workflow holds\n/);
  });

  it("checks the chain alone once the workflow is gone, and says so", async () => {
    cli.epochs.keptAudit = () => Promise.reject(new AuraError("not_found", "there is no epoch demo"));
    const { status, stdout } = await verify();
    expect(status).toBe(0);
    expect(stdout.replaceAll("\n", " ")).toMatch(
      /the chain is whole; its workflow is not held by Temporal any more, so there was nothing to compare it with/,
    );
  });

  it("is no verdict while Temporal is away: exit 2", async () => {
    cli.epochs.keptAudit = () => Promise.reject(new AuraError("temporal_unreachable", "Temporal does not answer"));
    expect(await verify()).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/Temporal does not answer/) });
  });
});
