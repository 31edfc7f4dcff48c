import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { describe, expect, it } from "vitest";
import { WORKFLOW_BUNDLE } from "../support/build.js";
import { quietRuntime } from "../support/quiet-runtime.js";

const HISTORIES = join(import.meta.dirname, "histories");

interface Messages {
  readonly temporal: { api: { history: { v1: { History: { fromObject(json: unknown): object } } } } };
}

/** The worker's own messages. It would read JSON itself, but not where npm has put two copies of its protobuf library. */
const { History } = (createRequire(createRequire(import.meta.url).resolve("@temporalio/worker"))("@temporalio/proto") as Messages).temporal
  .api.history.v1;

interface Recorded {
  readonly workflowId: string;
  readonly history: {
    events: {
      eventType: string;
      activityTaskScheduledEventAttributes?: { activityType: { name: string } };
      workflowExecutionSignaledEventAttributes?: { signalName: string };
    }[];
  };
}

function recorded(version: string): Map<string, Recorded> {
  const dir = join(HISTORIES, version);
  return new Map(readdirSync(dir).map((file) => [file, JSON.parse(readFileSync(join(dir, file), "utf8")) as Recorded]));
}

async function problems(histories: Iterable<Recorded>): Promise<string[]> {
  const found: string[] = [];
  quietRuntime();
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: WORKFLOW_BUNDLE } },
    [...histories].map(({ workflowId, history }) => ({ workflowId, history: History.fromObject(history) })),
  );
  for await (const { workflowId, error } of results) if (error !== undefined) found.push(`${workflowId}: ${error.message}`);
  return found;
}

/** A host that runs an older version's workflows is upgraded under them: what they did must be what this version would do. */
describe.each(readdirSync(HISTORIES))("histories of %s", (version) => {
  const histories = recorded(version);

  it("are replayed by this version's workflows step by step", async () => {
    expect(await problems(histories.values())).toEqual([]);
  });

  it("cover hosts and services, commands, orders, a new attach and continue-as-new", () => {
    const events = [...histories.values()].flatMap(({ history }) => history.events);
    const types = new Set(events.map(({ eventType }) => eventType.replace("EVENT_TYPE_", "")));
    expect([...types]).toEqual(
      expect.arrayContaining([
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "WORKFLOW_EXECUTION_SIGNALED",
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "ACTIVITY_TASK_COMPLETED",
      ]),
    );
    expect([...histories.keys()].filter((file) => file.startsWith("host-")).length).toBeGreaterThan(1);
    expect([...histories.keys()].filter((file) => file.startsWith("service-")).length).toBeGreaterThan(2);
  });

  it("cover epochs: every phase, reviews, slices that are tried again, lost and stopped, and continue-as-new", () => {
    const signals = [...histories.values()].flatMap(({ history }) =>
      history.events.flatMap(({ workflowExecutionSignaledEventAttributes: attributes }) => attributes?.signalName ?? []),
    );
    expect(new Set(signals)).toEqual(new Set([...signals, "slice_report", "stop_slice", "reattach", "vote_recorded", "round_ended"]));
    const files = [...histories.keys()];
    expect(files.filter((file) => /^whole-\d+\.json$/.test(file)).length).toBeGreaterThan(3);
    expect(files.filter((file) => file.startsWith("whole-slice-flaky-"))).toHaveLength(2);
    expect(files.filter((file) => file.includes("-review-p")).length).toBeGreaterThan(3);
  });

  it("cover sync roots: their ticks and errands, a server that is away, another aurad, continue-as-new and removal", () => {
    const roots = [...histories].filter(([file]) => file.startsWith("root-")).map(([, { history }]) => history.events);
    expect(roots.length).toBeGreaterThan(2);
    const activities = roots.flat().flatMap(({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityType.name ?? []);
    expect(new Set(activities)).toEqual(new Set(["tickRoot", "restoreRoot", "collectRoot", "verifyRoot", "manifestsOfRoot"]));
    const signals = roots.flat().flatMap(({ workflowExecutionSignaledEventAttributes: attributes }) => attributes?.signalName ?? []);
    expect([...new Set(signals)]).toEqual(expect.arrayContaining(["attach", "wake"]));
    expect(roots.map((events) => events.at(-1)!.eventType).filter((type) => type.endsWith("EXECUTION_COMPLETED"))).toHaveLength(1);
  });

  it("are told apart from those of workflows that do something else", async () => {
    const host = [...histories.values()].find(({ workflowId }) => workflowId.startsWith("host/"))!;
    const changed = structuredClone(host);
    const scheduled = changed.history.events.find(
      ({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes !== undefined,
    );
    scheduled!.activityTaskScheduledEventAttributes!.activityType.name = "somethingElse";
    expect(await problems([changed])).toEqual([expect.stringMatching(/^host\/.*nondeterminism/i)]);
  });
});
