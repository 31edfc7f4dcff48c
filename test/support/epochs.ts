import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createEpochsClient } from "../../src/api/epochs-client.js";
import type { EpochDocument } from "../../src/epochs/control.js";
import { AXES } from "../../src/epochs/messages.js";
import { PHASES, type PhaseId } from "../../src/epochs/phases.js";
import type { Reply } from "../../src/epochs/state.js";
import type { AuraHome } from "./aura-home.js";
import { until } from "./until.js";

let count = 0;

/** Ids are used once in a namespace, and all tests share one. */
export function newEpochId(place: AuraHome): string {
  count += 1;
  return `${place.host}.${count}`;
}

/** Starts aurad on a queue of its own: epochs of other tests are none of its business. */
export async function beginEpochs(place: AuraHome, args: readonly string[] = [], queue = `epochs-${place.host}`): Promise<AuraHome> {
  place.env["TEMPORAL_TASK_QUEUE"] = queue;
  await place.start(args);
  return place;
}

/** Writes a plan file; JSON is YAML. */
export function planFile(place: AuraHome, ...slices: readonly Record<string, unknown>[]): string {
  const file = join(place.dir, "plan.yaml");
  writeFileSync(file, JSON.stringify({ slices }));
  return file;
}

export async function startEpoch(place: AuraHome, ...args: string[]): Promise<string> {
  const id = newEpochId(place);
  await place.must("epoch", "start", "--epoch-id", id, "--description", "a way to log in", ...args);
  return id;
}

export async function stateOf(place: AuraHome, id: string): Promise<EpochDocument> {
  return (await place.must("query", "state", "--epoch-id", id)) as unknown as EpochDocument;
}

export async function threeAccepts(place: AuraHome, id: string): Promise<void> {
  for (const axis of ["A", "B", "C"]) await place.must("signal", "vote", "--epoch-id", id, "--axis", axis, "--vote", "accept");
}

/** Every phase up to `to`, with the votes and answers that its gates want; each step a command, as a person gives it. */
export async function walkByCommands(place: AuraHome, id: string, to: PhaseId): Promise<void> {
  let { current_phase: at } = await stateOf(place, id);
  while (at !== to) {
    if (at === "p4" || at === "p10") await threeAccepts(place, id);
    const answer = ["--triggered-by", "ann", "--condition", `on to ${after(at)}`];
    await place.must("phase", "advance", "--epoch-id", id, "--to-phase", after(at), ...answer);
    at = after(at);
  }
}

/** The same at once, for tests that are about what comes then. */
export async function walkTo(place: AuraHome, id: string, to: PhaseId): Promise<void> {
  const client = createEpochsClient({ socketPath: place.places.sock });
  try {
    let { current_phase: at } = await client.state(id);
    while (at !== to) {
      for (const axis of at === "p4" || at === "p10" ? AXES : []) {
        insist(await client.vote(id, { axis, vote: "ACCEPT", reviewer_id: `reviewer-${axis}` }));
      }
      at = insist(await client.advance(id, { to_phase: after(at), triggered_by: "ann", condition_met: `on to ${after(at)}` })).phase;
    }
  } finally {
    client.close();
  }
}

function after(phase: PhaseId): PhaseId {
  return PHASES[PHASES.findIndex(({ id }) => id === phase) + 1]?.id ?? "complete";
}

function insist(reply: Reply): Reply {
  if (!reply.success) throw new Error(`refused in ${reply.phase}: ${reply.refused.join("; ")}`);
  return reply;
}

/** Resolves to the slice once it is in the state. */
export function sliceIn(place: AuraHome, id: string, sliceId: string, state: string): Promise<EpochDocument["slices"][number]> {
  return until(
    async () => (await stateOf(place, id)).slices.find((row) => row.id === sliceId && row.state === state),
    20_000,
    async () => JSON.stringify((await stateOf(place, id)).slices, null, 1),
  );
}
