import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@temporalio/client";
import { Worker } from "@temporalio/worker";
import { expect } from "vitest";
import { openAuditTrail } from "../../../src/adapters/audit/open.js";
import { historyEvents } from "../../../src/api/history-json.js";
import { verifyChain } from "../../../src/epochs/audit-chain.js";
import type { AuditEvent } from "../../../src/epochs/audit.js";
import { silentLog } from "../../../src/shared/log.js";
import type { AuraHome } from "../../support/aura-home.js";
import type { EpochWalk } from "../../support/epoch-walk.js";
import { WORKFLOW_BUNDLE } from "../../support/build.js";
import { eventCount, histories } from "../../support/histories.js";
import { processesOfHome } from "../../support/processes.js";
import { quietRuntime } from "../../support/quiet-runtime.js";
import { until } from "../../support/until.js";

/** What an epoch left behind, without what no two epochs share: ids, times, hashes. */
export interface EpochStory {
  readonly state: unknown;
  readonly replies: unknown;
  readonly events: readonly unknown[];
  readonly files: Readonly<Record<string, string>>;
}

/** A folder for the slices of an epoch. */
export function workFolder(place: AuraHome, id: string): string {
  const folder = join(place.dir, "work", id);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export async function epochStory(place: AuraHome, walk: EpochWalk): Promise<EpochStory> {
  const { id } = walk.options;
  const kept = await walk.insist((control) => control.keptAudit(id));
  expect(verifyChain(kept)).toEqual({ ok: true, problems: [] });
  expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index + 1));
  expectNoNeedUnmet(kept);
  const events = unshared(id, inFixedOrder(kept)) as AuditEvent[];
  return {
    state: unshared(id, await walk.state()),
    replies: unshared(id, walk.replies),
    events: events.map(({ seq: _seq, prev: _prev, hash: _hash, ...event }) => event),
    files: filesIn(join(place.dir, "work", id)),
  };
}

export function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

/** The host's own trail on the disk holds what the workflow does: nothing is missing, nothing is there twice. */
export async function expectTrailWhole(place: AuraHome, walk: EpochWalk): Promise<void> {
  const { id } = walk.options;
  const kept = await walk.insist((control) => control.keptAudit(id));
  const trail = await openAuditTrail({ backend: "sqlite", path: place.places.auditDb }, silentLog);
  try {
    await until(
      async () => (await trail.read(id)).length >= kept.length,
      60_000,
      async () => `the trail of ${id} holds ${(await trail.read(id)).length} of ${kept.length} events`,
    );
    expect(await trail.read(id)).toEqual(kept);
  } finally {
    await trail.close();
  }
}

/** No process of a slice, and no workflow of these epochs. */
export async function expectNothingRuns(place: AuraHome, client: Client, ids: readonly string[]): Promise<void> {
  const running = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
      if (ids.some((id) => workflowId === id || workflowId.startsWith(`${id}/`))) found.push(workflowId);
    }
    return found;
  };
  await until(
    async () => (await running()).length === 0,
    30_000,
    async () => `still running: ${(await running()).join(", ")}`,
  );
  expect(processesOfHome(place.homeId)).toEqual([]);
}

/** Events and bytes of an epoch's own workflow and of its children. */
export async function historySizes(client: Client, id: string, children: readonly string[]): Promise<string> {
  const size = async (workflowId: string): Promise<{ events: number; bytes: number }> => {
    const runs = await histories(client, workflowId);
    return { events: eventCount(runs), bytes: runs.reduce((sum, run) => sum + JSON.stringify(historyEvents(run)).length, 0) };
  };
  const own = await size(id);
  let [events, bytes] = [0, 0];
  for (const child of children) {
    const one = await size(`${id}/${child}`);
    events += one.events;
    bytes += one.bytes;
  }
  return `${own.events} events (${kilo(own.bytes)} as JSON), its ${children.length} children's last attempts ${events} (${kilo(bytes)})`;
}

function kilo(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}

/** Slices side by side end in whichever order: each run of their events is put in that of their names. */
function inFixedOrder(events: readonly AuditEvent[]): AuditEvent[] {
  const fixed: AuditEvent[] = [];
  let together: AuditEvent[] = [];
  const flush = (): void => {
    fixed.push(...together.sort((a, b) => sliceOf(a).localeCompare(sliceOf(b)) || a.seq - b.seq));
    together = [];
  };
  for (const event of events) {
    if (event.type === "slice_started" || event.type === "slice_completed") {
      together.push(event);
      continue;
    }
    flush();
    fixed.push(event);
  }
  flush();
  return fixed;
}

/** `last` never starts before both that it needs have succeeded, nor they before `first`. */
function expectNoNeedUnmet(events: readonly AuditEvent[]): void {
  const needs: Readonly<Record<string, readonly string[]>> = { left: ["first"], right: ["first"], last: ["left", "right"] };
  const done = new Set<string>();
  for (const event of events) {
    if (event.type === "slice_completed" && event.payload["outcome"] === "succeeded") done.add(sliceOf(event));
    if (event.type !== "slice_started") continue;
    for (const need of needs[sliceOf(event)] ?? []) expect([sliceOf(event), need, done.has(need)]).toEqual([sliceOf(event), need, true]);
  }
}

function sliceOf({ payload }: AuditEvent): string {
  return String(payload["slice_id"]);
}

/** All that is told of a kill: that nobody was there to see a slice end. */
const AWAY = "; while aurad was away";
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

function unshared(id: string, value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(id, "EPOCH").replaceAll(AWAY, ""), (_, field: unknown) =>
    typeof field === "string" && TIME.test(field) ? "TIME" : field,
  );
}

/** Where a workflow stands by its server's account: for whoever looks why it does not go on. */
export async function standingOf(client: Client, id: string): Promise<string> {
  const { status, historyLength, raw } = await client.workflow.getHandle(id).describe();
  if (status.name !== "RUNNING") return `${id}: ${status.name}`;
  const history = await client.workflow.getHandle(id).fetchHistory();
  const last = historyEvents(history).slice(-12);
  return `${id}: ${status.name}, ${historyLength} events, task ${JSON.stringify(raw.pendingWorkflowTask)}\n  ${last.map((event) => JSON.stringify(event).slice(0, 400)).join("\n  ")}`;
}

/** What this version's workflows would do otherwise than they did. */
export async function replayProblems(temporal: Client, workflowIds: readonly string[]): Promise<string[]> {
  quietRuntime();
  const recorded = [];
  for (const workflowId of workflowIds) {
    for (const history of await histories(temporal, workflowId)) recorded.push({ workflowId, history });
  }
  const problems: string[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath: WORKFLOW_BUNDLE } }, recorded)) {
    replayed += 1;
    if (error !== undefined) problems.push(`${workflowId}: ${error.message}`);
  }
  expect(replayed).toBe(recorded.length);
  return problems;
}
