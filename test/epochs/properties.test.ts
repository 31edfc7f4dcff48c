import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditDraft } from "../../src/epochs/audit.js";
import { initialEpoch, nextEpoch } from "../../src/epochs/epoch.js";
import { AXES } from "../../src/epochs/messages.js";
import { ROLES } from "../../src/epochs/phases.js";
import type { EpochState } from "../../src/epochs/state.js";
import { Epoch, START } from "./make.js";
import { intents, plans, pursue, type Intent } from "./sequences.js";

const RUNS = { numRuns: 200 };

function lived(slices: ConstructorParameters<typeof Epoch>[0], intended: readonly Intent[]): Epoch {
  const epoch = new Epoch(slices);
  for (const intent of intended) pursue(epoch, intent);
  return epoch;
}

const lives = fc.tuple(fc.oneof(fc.constant(null), plans), intents).map(([slices, intended]) => lived(slices, intended));

/** What an observer who knows the audit trail only makes of an epoch: nothing of the reducer is used. */
class Observer {
  votes = new Map<unknown, { readonly vote: unknown; readonly reviewer: unknown }>();
  blockers = new Set<unknown>();
  answered = false;
  passed: string[] = [];

  see({ type, payload, by }: AuditDraft): void {
    if (type === "vote_recorded") this.votes.set(payload["axis"], { vote: payload["vote"], reviewer: payload["reviewer_id"] });
    if (type === "blocker_recorded" && payload["severity"] === "BLOCKER") this.blockers.add(payload["id"]);
    if (type === "blocker_resolved" && payload["severity"] === "BLOCKER") expect(this.blockers.delete(payload["id"])).toBe(true);
    if (type === "gate_answered") this.answered = payload["answer"] !== "" && by !== "";
    if (type === "phase_advance" && payload["success"] === true) this.advance(String(payload["from"]), String(payload["to"]));
  }

  private advance(from: string, to: string): void {
    const way = `${from} ${to}`;
    if (way === "p4 p5" || way === "p10 p11") {
      expect(AXES.map((axis) => this.votes.get(axis)?.vote)).toEqual(["ACCEPT", "ACCEPT", "ACCEPT"]);
      expect(new Set([...this.votes.values()].map(({ reviewer }) => reviewer)).size).toBe(3);
    }
    if (way === "p10 p11") expect(this.blockers.size).toBe(0);
    if (["p2", "p5", "p11"].includes(from)) expect(this.answered).toBe(true);
    this.votes.clear();
    this.answered = false;
    this.passed.push(way);
  }
}

describe("whatever is sent to an epoch", () => {
  it("no path reaches complete without both consensus gates, no open blocker, and an answer at each user gate", () => {
    let completed = 0;
    fc.assert(
      fc.property(lives, (epoch) => {
        const observer = new Observer();
        for (const event of epoch.events) observer.see(event);
        if (epoch.state.phase !== "complete") return;
        completed += 1;
        expect(observer.passed).toEqual(expect.arrayContaining(["p2 p3", "p4 p5", "p5 p6", "p10 p11", "p11 p12", "p12 complete"]));
      }),
      RUNS,
    );
    expect(completed).toBeGreaterThan(10);
  });

  it("a vote never survives a phase change", () => {
    let changes = 0;
    fc.assert(
      fc.property(lives, (epoch) => {
        for (const [before, after] of pairs(epoch)) {
          if (before.phase === after.phase) continue;
          changes += 1;
          expect(after.votes).toEqual({});
        }
      }),
      RUNS,
    );
    expect(changes).toBeGreaterThan(500);
  });

  it("the set of open blockers is what was recorded without what was resolved, and never less than nothing", () => {
    fc.assert(
      fc.property(lives, (epoch) => {
        const observer = new Observer();
        for (const step of epoch.steps) {
          for (const event of step.events) observer.see(event);
          const open = step.state.findings.filter(({ severity, resolved_at }) => severity === "BLOCKER" && resolved_at === null);
          expect(new Set(open.map(({ id }) => id))).toEqual(observer.blockers);
        }
      }),
      RUNS,
    );
  });

  it("replaying a history gives the same state, also from a copy that went through JSON on the way", () => {
    fc.assert(
      fc.property(lives, fc.nat(), (epoch, cut) => {
        const { epoch_id, description, plan, host, started_by } = epoch.steps[0]!.state;
        let { state } = initialEpoch({ epoch_id, description, plan, host, by: started_by }, START);
        for (const [index, command] of epoch.commands.entries()) {
          if (index === cut % epoch.commands.length) state = JSON.parse(JSON.stringify(state)) as EpochState;
          state = nextEpoch(state, command, START + (index + 1) * 1000).state;
        }
        expect(state).toEqual(epoch.state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      RUNS,
    );
  });

  it("a refusal changes nothing but the record of it, and says what to do", () => {
    fc.assert(
      fc.property(lives, (epoch) => {
        for (const [before, after, index] of pairs(epoch)) {
          const { reply } = epoch.steps[index]!;
          if (reply.success) continue;
          expect(recordless(after)).toEqual(recordless(before));
          expect(reply.refused.filter((line) => !line.includes("; "))).toEqual([]);
        }
        expect(epoch.state.violations.filter(({ message }) => message.startsWith("no fix is told"))).toEqual([]);
      }),
      RUNS,
    );
  });

  it("no agent leaves a phase that its role does not own", () => {
    fc.assert(
      fc.property(lives, (epoch) => {
        for (const [before, after, index] of pairs(epoch)) {
          const command = epoch.commands[index - 1]!;
          if (before.phase === after.phase || command.kind !== "advance") continue;
          const who = command.message.triggered_by ?? "";
          const role = (ROLES as readonly string[]).includes(who) ? who : before.sessions[who]?.role;
          expect([undefined, "epoch", ...OWNERS[before.phase]!]).toContain(role);
        }
      }),
      RUNS,
    );
  });
});

/** Written down again, from the protocol's own table. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  p1: ["architect"],
  p2: ["architect"],
  p3: ["architect"],
  p4: ["architect", "reviewer"],
  p5: ["architect"],
  p6: ["architect"],
  p7: ["architect", "supervisor"],
  p8: ["supervisor"],
  p9: ["supervisor", "worker"],
  p10: ["supervisor", "reviewer"],
  p11: ["supervisor"],
  p12: ["supervisor"],
};

function pairs(epoch: Epoch): readonly (readonly [before: EpochState, after: EpochState, index: number])[] {
  return epoch.steps.slice(1).map((step, index) => [epoch.steps[index]!.state, step.state, index + 1] as const);
}

/** All but what a refusal may leave: the error, the record of the attempt, violations, and who was seen. */
function recordless(state: EpochState): Partial<EpochState> {
  const { last_error: _, transitions: _t, transition_count: _c, violations: _v, violation_count: _n, sessions: _s, ...rest } = state;
  return rest;
}
