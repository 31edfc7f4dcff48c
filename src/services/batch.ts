import type { Transition } from "./snapshot.js";

/** Most transitions of one service that one signal carries. */
export const MOST = 60;
const HEAD = 20;

/**
 * What one signal carries of a longer row: its beginning and its end in full. One transition stands for those in
 * between, with their number in `repeats`, so that a crash loop of hours behind an unreachable server stays readable.
 */
export function batch(transitions: readonly Transition[]): readonly Transition[] {
  return thin(transitions.map((transition) => ({ transition }))).map(({ transition }) => transition);
}

/** The same of anything that carries a transition; what is left keeps its order. */
export function thin<T extends { readonly transition: Transition }>(row: readonly T[]): readonly T[] {
  if (row.length <= MOST) return row;
  const tail = row.slice(-(MOST - HEAD - 1));
  const between = row.slice(HEAD, row.length - tail.length);
  const last = between.at(-1)!;
  const repeats = between.reduce((sum, { transition }) => sum + (transition.repeats ?? 1), 0);
  return [...row.slice(0, HEAD), { ...last, transition: { ...last.transition, repeats } }, ...tail];
}

/**
 * Pause before the next delivery for a service. The first ones go at once; a service that keeps changing is
 * reported in batches, at most every 30 s. `recent` counts deliveries that followed the one before within QUIET_MS.
 */
export function deliveryPause(recent: number): number {
  return recent < 5 ? 0 : Math.min(1000 * 2 ** (recent - 5), 30_000);
}

export const QUIET_MS = 60_000;
