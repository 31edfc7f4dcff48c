import { expect } from "vitest";
import type { Transition } from "../../src/services/snapshot.js";
import type { AuraHome } from "../support/aura-home.js";
import { deliveredTransitions, withClient } from "../support/histories.js";
import { until } from "../support/until.js";

/** Transitions of each service as the journal has them. */
export function journalByService(place: AuraHome): Map<string, Transition[]> {
  const found = new Map<string, Transition[]>();
  for (const transition of place.journal()) {
    const list = found.get(transition.service) ?? [];
    found.set(transition.service, list);
    list.push(transition);
  }
  return found;
}

/** No number is missing or used twice, and each process start has one number of its own. */
export function expectGapless(transitions: readonly Transition[]): void {
  const seqs = transitions.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => seqs[0]! + index));
  const pids = new Map<number, number>();
  for (const { snapshot } of transitions) {
    if (snapshot.pid === null) continue;
    const { generation, pid } = snapshot;
    expect([generation, pids.get(generation) ?? pid]).toEqual([generation, pid]);
    pids.set(generation, pid);
  }
}

/**
 * What its workflow was told is what the journal holds: each once, in order, with those in between of a long row
 * counted by one that stands for them. A signal repeated over a kill is the workflow's to ignore, so repeats are left out.
 */
export async function expectToldWhole(place: AuraHome, service: string, ms = 30_000): Promise<void> {
  const journal = (): Transition[] => journalByService(place).get(service) ?? [];
  const told = await until(
    async () => {
      const all = await withClient(place.address, (client) => deliveredTransitions(client, place.host, service)).catch(() => []);
      return all.at(-1)?.seq === journal().at(-1)?.seq && all;
    },
    ms,
    () => `the workflow of ${service} was not told everything`,
  );
  let last = 0;
  const fresh = told.filter(({ seq }) => seq > last && (last = seq) > 0);
  const seqs = journal().map(({ seq }) => seq);
  let at = 0;
  for (const { seq, repeats = 1 } of fresh) {
    at += repeats;
    expect([service, seq]).toEqual([service, seqs[at - 1]]);
  }
  expect([service, at]).toEqual([service, seqs.length]);
}

/** Lines `run RUN N` of a writer: within each run N counts from 1 without a gap. */
export function expectNoLineLost(lines: readonly string[]): void {
  const reached = new Map<string, number>();
  for (const line of lines) {
    const match = /^run (\S+) (\d+)$/.exec(line);
    expect(match, `a torn line: ${line}`).not.toBeNull();
    const [, run, n] = match!;
    expect(`${run} ${n}`).toBe(`${run} ${(reached.get(run!) ?? 0) + 1}`);
    reached.set(run!, Number(n));
  }
  expect(reached.size).toBeGreaterThan(0);
}
