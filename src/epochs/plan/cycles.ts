import { cyclesOf } from "../../shared/cycles.js";

/** Cycles that share no slice, each as ids in the order of need. Ids that no entry has, and a slice's need of itself, are left out. */
export function findCycles(needs: ReadonlyMap<string, readonly string[]>): string[][] {
  return cyclesOf(new Map([...needs].map(([id, ids]) => [id, ids.filter((need) => need !== id)])));
}
