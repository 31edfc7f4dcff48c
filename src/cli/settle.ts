import type { CommandResult, ServiceStatus } from "../services/control.js";
import { AuraError } from "../shared/errors.js";
import type { Connection } from "./connect.js";
import { progressOf, type Goal } from "./progress.js";
import { statuses } from "./statuses.js";

export interface SettleInput {
  readonly connection: Connection;
  readonly goal: Goal;
  readonly result: CommandResult;
  /** The services as they were before the command. */
  readonly before: readonly ServiceStatus[];
  /** Those whose arrival is what the user asked for. */
  readonly wanted: readonly string[];
  readonly timeoutMs: number;
  /** Called once for every service that arrives, in the order of arrival. */
  readonly arrived: (service: ServiceStatus, afterMs: number) => void;
}

export interface Settled {
  readonly rows: readonly ServiceStatus[];
  /** The wanted ones that did not arrive. */
  readonly missing: readonly string[];
  readonly timedOut: boolean;
}

/** When nothing moves and nothing changed for this long, nothing will. */
const QUIET_MS = 1000;

/** Waits until all wanted services arrived, or nothing moves any more, or the time is over. */
export async function settle(input: SettleInput): Promise<Settled> {
  const refused = new Set(input.result.refused.map((row) => row.name));
  const names = input.result.services.map((row) => row.name).filter((name) => !refused.has(name));
  const before = new Map(input.before.map((row) => [row.name, row]));
  const wanted = input.wanted.filter((name) => !refused.has(name));
  const from = performance.now();
  const timeout = AbortSignal.timeout(Math.max(1, input.timeoutMs));
  const arrived = new Set<string>();
  const still = new Stillness();
  let rows: readonly ServiceStatus[] = [];
  let missing: readonly string[] = wanted;
  for await (const { services } of statuses(input.connection, timeout)) {
    const now = new Map(services.map((row) => [row.name, row]));
    const progress = new Map(names.map((name) => [name, progressOf(input.goal, now.get(name), before.get(name))]));
    rows = names.flatMap((name) => now.get(name) ?? []);
    for (const row of rows) {
      if (progress.get(row.name) !== "done" || arrived.has(row.name)) continue;
      arrived.add(row.name);
      input.arrived(row, performance.now() - from);
    }
    missing = wanted.filter((name) => progress.get(name) !== "done");
    const moving = [...progress.values()].includes("moving");
    if (missing.length === 0 || still.forMs(rows, moving) >= QUIET_MS) return { rows, missing, timedOut: false };
  }
  return { rows, missing, timedOut: true };
}

/** How long a picture has not changed. */
class Stillness {
  #last = "";
  #since = 0;

  forMs(rows: readonly ServiceStatus[], moving: boolean): number {
    const picture = rows.map((row) => `${row.name} ${row.state} ${row.health} ${row.generation}`).join("\n");
    if (moving || picture !== this.#last) {
      this.#last = picture;
      this.#since = performance.now();
    }
    return performance.now() - this.#since;
  }
}

/** Why a command did not get all the way; null when it did. */
export function outcome(goal: Goal, result: CommandResult, settled: Settled | null, timeoutMs: number): AuraError | null {
  if (result.refused.length > 0) {
    const [first] = result.refused;
    return new AuraError("refused", result.refused.map((row) => `${row.name}: ${row.reason}`).join("; "), {
      fix: `correct the spec, or name the others without ${first!.name}`,
    });
  }
  if (settled === null || settled.missing.length === 0) return null;
  const byName = new Map(settled.rows.map((row) => [row.name, row]));
  const [first] = settled.missing;
  const list = settled.missing.map((name) => described(name, byName.get(name))).join(", ");
  const what = goal === "down" ? "not stopped" : "not ready";
  const when = settled.timedOut ? ` after ${timeoutMs / 1000}s` : "";
  return new AuraError(settled.timedOut ? "timeout" : "refused", `${what}${when}: ${list}`, { fix: `see: aura-msg why ${first}` });
}

function described(name: string, row: ServiceStatus | undefined): string {
  if (row === undefined) return `${name} (unknown)`;
  return `${name} (${row.state}${row.reason === "" ? "" : `: ${row.reason}`})`;
}
