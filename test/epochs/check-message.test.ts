import { describe, expect, it } from "vitest";
import { problemOf, problemOfStart } from "../../src/epochs/check-message.js";
import { nextEpoch, type EpochCommand } from "../../src/epochs/epoch.js";
import { Epoch } from "./make.js";

type Row = readonly [kind: EpochCommand["kind"], message: unknown, problem: string | null];

const ROWS: readonly Row[] = [
  ["advance", { to_phase: "p2" }, null],
  ["advance", { to_phase: "p13" }, 'to_phase "p13" is not known; one of p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, complete'],
  ["advance", {}, "to_phase is missing from the message; give one"],
  ["advance", { to_phase: "p2", triggered_by: 7 }, "triggered_by is 7; it has to be a text"],
  ["advance", { to_phase: "p6", condition_met: "x".repeat(20_000) }, "condition_met has 20000 characters; at most 16384 are taken"],
  ["vote", { axis: "speed", vote: "ACCEPT", reviewer_id: "r" }, 'axis "speed" is not known; one of correctness, test_quality, elegance'],
  ["vote", { axis: "elegance", vote: "APPROVE", reviewer_id: "r" }, 'vote "APPROVE" is not known; one of ACCEPT, REVISE'],
  ["vote", { axis: "elegance", vote: "ACCEPT" }, "reviewer_id is missing from the message; give one"],
  ["vote", { axis: "elegance", vote: "ACCEPT", reviewer_id: " " }, "reviewer_id is empty; give a text"],
  ["vote", { axis: "elegance", vote: "ACCEPT", reviewer_id: "a\u001b[2J" }, 'reviewer_id "a [2J" is not a name; no control characters'],
  ["vote", { axis: "elegance", vote: "REVISE", reviewer_id: "r", slice_ids: "a" }, 'slice_ids is "a"; it has to be a list'],
  ["finding", { op: "add", severity: "HUGE" }, 'severity "HUGE" is not known; one of BLOCKER, IMPORTANT, MINOR'],
  ["finding", { op: "drop" }, 'op "drop" is not known; one of add, resolve'],
  ["finding", { op: "add", id: "../b" }, 'id "../b" is not a name; letters, digits, dot, underscore and dash, the first a letter or digit'],
  ["answer", { answer: "", answered_by: "ann" }, "answer is empty; give a text"],
  [
    "register_session",
    { session_id: "s", role: "boss" },
    'role "boss" is not known; one of epoch, architect, supervisor, reviewer, worker',
  ],
  [
    "register_session",
    { session_id: "s", role: "worker", process: { host: "h", pid: 0, start_time: "1", boot_id: "b" } },
    "pid is 0; it has to be a whole number from 1 on",
  ],
  ["complete_slice", { slice_id: "a", success: "yes" }, 'success is "yes"; true or false'],
  ["slice_progress", { slice_id: "a", leaf_task_id: "L1", stage_name: "s" }, "completed is missing from the message; give one"],
  ["move_slice", { slice_id: "a", to_host: "" }, "to_host is empty; give a text"],
  ["cancel", {}, "reason is missing from the message; give one"],
  ["cancel", null, "message is null; it has to be an object"],
  ["retry_slice", "a", 'message is "a"; it has to be an object'],
  ["end_session", [], "message is a list; it has to be an object"],
];

describe("a message", () => {
  it.each(ROWS)("%s %j: %s", (kind, message, problem) => {
    expect(problemOf({ kind, message })).toBe(problem);
  });

  it.each(ROWS.filter(([, , problem]) => problem !== null))(
    "%s %j changes nothing when it comes as a signal, which nobody checks",
    (kind, message, problem) => {
      const { state } = new Epoch();
      const step = nextEpoch(state, { kind, message } as EpochCommand, 0);
      expect(step.reply).toMatchObject({ success: false, refused: [problem] });
      expect({ ...step.state, violations: [], violation_count: 0 }).toEqual(state);
    },
  );

  it("with a vote of another word is a violation", () => {
    const epoch = new Epoch().walk("p4");
    epoch.send({ kind: "vote", message: { axis: "elegance", vote: "LGTM", reviewer_id: "r" } } as unknown as EpochCommand);
    expect(epoch.state.violations).toMatchObject([{ constraint: "C-review-binary", blocking: true }]);
  });
});

describe("the start of an epoch", () => {
  it("takes ids that can stand in commands and paths", () => {
    expect(problemOfStart({ epoch_id: "req-1.a_B", description: "" })).toBeNull();
    for (const epoch_id of ["", "-x", "a/b", "a b", "é", "x".repeat(101)]) {
      expect(problemOfStart({ epoch_id, description: "" })).toContain("epoch id");
    }
  });

  it("counts the description's bytes, not its characters", () => {
    expect(problemOfStart({ epoch_id: "e", description: "x".repeat(65_536) })).toBeNull();
    expect(problemOfStart({ epoch_id: "e", description: "é".repeat(32_769) })).toBe(
      "the description has 65538 bytes; at most 65536 are taken",
    );
  });
});
