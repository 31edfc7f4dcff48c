import { waves } from "../../services/graph.js";
import { isActive } from "../../services/host-plan.js";
import type { Cause } from "../../services/snapshot.js";
import type { Guardian } from "./guardian.js";

/** Stops everything in reverse dependency order, in parallel where possible; resolves when nothing runs. */
export async function stopAll(guardian: Guardian, cause: Cause): Promise<void> {
  const graph = Object.fromEntries([...guardian.entries].map(([name, { spec }]) => [name, spec]));
  const active = [...guardian.entries].filter(([, { supervised }]) => isActive(supervised.snapshot)).map(([name]) => name);
  for (const wave of waves(graph, active).reverse()) {
    const gone = whenInactive(guardian, wave);
    for (const name of wave) guardian.dispatch(name, { type: "stop", orderSeq: 0, cause });
    await gone;
  }
}

function whenInactive(guardian: Guardian, names: readonly string[]): Promise<void> {
  const left = new Set(names);
  return new Promise((resolve) => {
    const check = (): void => {
      for (const name of left) if (!isActive(guardian.entries.get(name)?.supervised.snapshot)) left.delete(name);
      if (left.size > 0) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = guardian.subscribe(() => queueMicrotask(check));
    queueMicrotask(check);
  });
}
