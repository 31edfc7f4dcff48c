/** Epochs driven as `aura-msg` drives them: through the compiled API client, on the local socket. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { now } from "../measure/finder.mjs";
import { built } from "./programs.mjs";

const AXES = ["correctness", "test_quality", "elegance"];
const AGENTS = { p1: "architect", p3: "architect", p4: "reviewer", p6: "architect", p7: "architect", p8: "supervisor", p9: "worker" };

/** Slices that do nothing: what is left is the protocol. */
export const mockPlan = { max_parallel: 2, slices: ["api", "web"].map((id) => ({ id, title: id, mode: "mock" })) };

/** @returns {Promise<any>} the client; close() it */
export async function connectEpochs(home) {
  const { createEpochsClient } = await import(built("api/epochs-client.js"));
  return createEpochsClient({ socketPath: join(home, "run/aurad.sock") });
}

export const signature = () => ({ key: randomUUID(), by: "bench" });

/** @typedef {{kind: "advance" | "vote" | "answer", message: object}} Step */

const step = (kind, message) => ({ kind, message });
const votes = (vote = "ACCEPT", more = {}) => AXES.map((axis) => step("vote", { axis, vote, reviewer_id: `reviewer-${axis}`, ...more }));

/** A person's recorded answer, then the advance that it allows. */
const gate = (to) => [
  step("answer", { question: "Shall it be so?", options: ["yes", "no"], answer: "yes", answered_by: "owner" }),
  step("advance", { to_phase: to, triggered_by: "owner" }),
];
const go = (from, to) => step("advance", { to_phase: to, triggered_by: AGENTS[from] ?? "supervisor", condition_met: `${from} is done` });

/** The twelve forward steps, with their votes and answers. */
export const forward = [
  go("p1", "p2"),
  ...gate("p3"),
  go("p3", "p4"),
  ...votes(),
  go("p4", "p5"),
  ...gate("p6"),
  go("p6", "p7"),
  go("p7", "p8"),
  go("p8", "p9"),
  go("p9", "p10"),
  ...votes(),
  go("p10", "p11"),
  ...gate("p12"),
  go("p12", "complete"),
];

/** All sixteen steps of the protocol: the four backward ones too, each once. */
export const whole = [
  go("p1", "p2"),
  ...gate("p3"),
  go("p3", "p4"),
  votes("REVISE")[0],
  go("p4", "p3"),
  go("p3", "p4"),
  ...votes(),
  go("p4", "p5"),
  ...gate("p3"),
  go("p3", "p4"),
  ...votes(),
  go("p4", "p5"),
  ...gate("p6"),
  go("p6", "p7"),
  go("p7", "p8"),
  go("p8", "p9"),
  go("p9", "p10"),
  votes("REVISE", { slice_ids: ["api"] })[0],
  go("p10", "p9"),
  go("p9", "p10"),
  ...votes(),
  go("p10", "p11"),
  ...gate("p9"),
  go("p9", "p10"),
  ...votes(),
  go("p10", "p11"),
  ...gate("p12"),
  go("p12", "complete"),
];

/** Steps up to the first one that enters the phase, that one left out. */
export function before(phase, steps = forward) {
  return steps.slice(
    0,
    steps.findIndex(({ message }) => message.to_phase === phase),
  );
}

export function start(client, id, plan = mockPlan) {
  return client.start({ epoch_id: id, description: "A request of the bench.", plan, by: "bench" });
}

/** Sends one message; ms of its round trip. A refusal is an error. */
export async function send(client, id, { kind, message }) {
  const began = now();
  const reply = await client[kind](id, { ...signature(), ...message });
  const ms = now() - began;
  if (!reply.success) throw new Error(`${id}, ${JSON.stringify(message)}: ${reply.refused.join("; ")}`);
  return ms;
}

/** One after another, as one client sends them. */
export async function walk(client, id, steps) {
  for (const one of steps) await send(client, id, one);
}
