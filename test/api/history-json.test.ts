import { temporal } from "@temporalio/proto";
import { describe, expect, it } from "vitest";
import { historyEvents } from "../../src/api/history-json.js";

const { EventType } = temporal.api.enums.v1;

describe("a history as JSON", () => {
  it("is written as Temporal's own tools write it: words for enumerations, text for times and long numbers", () => {
    const history = temporal.api.history.v1.History.fromObject({
      events: [
        {
          eventId: 1,
          eventTime: { seconds: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000, nanos: 678_900_000 },
          eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
          taskId: 1_048_587,
          workflowExecutionStartedEventAttributes: {
            workflowType: { name: "EpochWorkflow" },
            workflowTaskTimeout: { seconds: 10 },
            firstWorkflowTaskBackoff: { nanos: 500_000_000 },
            input: { payloads: [{ metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from('"x"') }] },
          },
        },
        { eventId: 2, eventTime: { seconds: 1 }, eventType: EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED },
      ],
    });
    expect(historyEvents(history)).toEqual([
      {
        eventId: "1",
        eventTime: "2026-01-02T03:04:05.678900Z",
        eventType: "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
        taskId: "1048587",
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: "EpochWorkflow" },
          workflowTaskTimeout: "10s",
          firstWorkflowTaskBackoff: "0.500s",
          input: { payloads: [{ metadata: { encoding: "anNvbi9wbGFpbg==" }, data: "Ingi" }] },
        },
      },
      { eventId: "2", eventTime: "1970-01-01T00:00:01Z", eventType: "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED" },
    ]);
  });

  it("of nothing is empty", () => {
    expect(historyEvents({})).toEqual([]);
  });
});
