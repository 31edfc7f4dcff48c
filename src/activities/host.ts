import type { SpecOutline } from "../services/spec.js";
import type { Cause } from "../services/snapshot.js";
import type { HostActivities, LoadedSpecs, Orders } from "../workflows/activities.js";

/** What the activities need of this host; the guardian and the spec directory stand behind it. */
export interface HostPorts {
  knows(name: string): boolean;
  order(kind: "start" | "stop" | "restart", name: string, orderSeq: number, cause: Cause): void;
  setPending(pending: Readonly<Record<string, string>>): void;
  loadSpecs(): Promise<{ readonly outlines: readonly SpecOutline[]; readonly errors: readonly string[] }>;
}

/** How many orders are given before other work of the process gets a turn. */
const TURN = 25;

export function createHostActivities(ports: HostPorts): HostActivities {
  return {
    async carryOut({ orders, pending }: Orders): Promise<readonly string[]> {
      const unknown: string[] = [];
      ports.setPending(pending);
      for (const [index, order] of orders.entries()) {
        if (index % TURN === TURN - 1) await new Promise(setImmediate);
        if (ports.knows(order.name)) ports.order(order.kind, order.name, order.seq, order.cause);
        else unknown.push(order.name);
      }
      return unknown;
    },
    async loadSpecs(): Promise<LoadedSpecs> {
      return ports.loadSpecs();
    },
  };
}
