import { describe, expect, it } from "vitest";
import { stuckTask } from "../../src/worker/temporal-log.js";

const FAILURE =
  'Failure { failure: Some(Failure { message: "[TMPRL1100] Nondeterminism error: TimerMachine does not handle \\"x\\"", source: "", failure_info: None }), force_cause: NonDeterministicError }';

describe("what Temporal's core tells of a workflow that cannot go on", () => {
  it("is told with its reason and its run", () => {
    expect(stuckTask("Failing workflow task", { failure: FAILURE, runId: "01a1" })).toEqual({
      source: "temporal",
      run_id: "01a1",
      reason: '[TMPRL1100] Nondeterminism error: TimerMachine does not handle \\"x\\"',
    });
  });

  it("is told whatever it looks like, at no great length", () => {
    expect(stuckTask("Failing workflow task", { failure: "y".repeat(1000), runId: "01a1" })?.["reason"]).toBe("y".repeat(300));
  });

  it("is not taken for a call that is tried again", () => {
    expect(stuckTask("gRPC call poll_workflow_task_queue retried 5 times", {})).toBeNull();
  });
});
