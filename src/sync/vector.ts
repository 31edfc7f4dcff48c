import type { Entry, Vector } from "./entry.js";

export type Order = "equal" | "before" | "after" | "concurrent";

/** 0 where the device has made no change. A device may be called `constructor`: a plain lookup would find a function. */
export function counterOf(vector: Vector, device: string): number {
  return Object.hasOwn(vector, device) ? vector[device]! : 0;
}

/** How `a` stands to `b`: `after` when it has seen all of it and more. */
export function compareVectors(a: Vector, b: Vector): Order {
  const atLeast = dominates(a, b);
  const atMost = dominates(b, a);
  if (atLeast) return atMost ? "equal" : "after";
  return atMost ? "before" : "concurrent";
}

/** Whether `a` has seen all that `b` has; true of equal ones. */
export function dominates(a: Vector, b: Vector): boolean {
  if (a === b) return true;
  for (const device in b) if (counterOf(a, device) < b[device]!) return false;
  return true;
}

/** What has seen both. `a` or `b` itself where the other adds nothing. */
export function mergeVectors(a: Vector, b: Vector): Vector {
  if (dominates(a, b)) return a;
  if (dominates(b, a)) return b;
  const merged: Record<string, number> = { ...a };
  for (const device in b) merged[device] = Math.max(counterOf(a, device), b[device]!);
  return merged;
}

/** One more change of `device`, its counter at least `atLeast`. */
export function bump(vector: Vector, device: string, atLeast = 1): Vector {
  return { ...vector, [device]: Math.max(counterOf(vector, device) + 1, atLeast) };
}

/** The highest counter of `device` in any of them, 0 when none: where it goes on after its state database was lost. */
export function highestCounter(entries: Iterable<Entry>, device: string): number {
  let highest = 0;
  for (const { vector } of entries) highest = Math.max(highest, counterOf(vector, device));
  return highest;
}
