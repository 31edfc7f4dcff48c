import fc from "fast-check";
import { type Desired, type HostPlan, isActive, planHost } from "../../src/services/host-plan.js";
import { nextService } from "../../src/services/lifecycle.js";
import { type Event, initialService, type Supervised } from "../../src/services/supervised.js";
import type { Cause, Snapshot } from "../../src/services/snapshot.js";
import { outline, type ServiceSpec, type SpecOutline } from "../../src/services/spec.js";
import { makeSpec } from "./make.js";

/** Graphs of up to eight services in which everybody depends on earlier ones only; `requires` is a part of `after`. */
export function acyclic(): fc.Arbitrary<Record<string, ServiceSpec>> {
  const policies = fc.constantFrom<"always" | "on-failure" | "never" | "oneshot">("always", "on-failure", "never", "oneshot");
  const node = fc.record({
    edges: fc.array(fc.tuple(fc.nat(7), fc.boolean()), { maxLength: 4 }),
    policy: policies,
    maxAttempts: fc.nat(2),
  });
  return fc.array(node, { minLength: 1, maxLength: 8 }).map((nodes) => {
    const specs = nodes.map(({ edges, policy, maxAttempts }, index) => {
      const known = edges.filter(([to]) => to < index);
      const after = [...new Set(known.map(([to]) => `s${to}`))];
      const requires = after.filter((dep) => known.some(([to, hard]) => hard && dep === `s${to}`));
      return makeSpec({ name: `s${index}`, after, requires, restart: { policy, maxAttempts } });
    });
    return Object.fromEntries(specs.map((spec) => [spec.name, spec]));
  });
}

export type Given = { readonly kind: "start" | "stop" | "restart"; readonly name: string; readonly cause: Cause };

/**
 * A host in miniature: planHost gives the orders, the real reducer carries them out, processes are a set of names.
 * What happens next (a program comes up, a stop completes, a timer fires, news reach the plan) is chosen from outside.
 */
export class HostModel {
  readonly services = new Map<string, Supervised>();
  readonly processes = new Set<string>();
  readonly desired: Record<string, Desired> = {};
  readonly given: Given[] = [];
  private readonly due = new Set<string>();
  private readonly told = new Map<string, Snapshot>();
  private readonly outlines: Record<string, SpecOutline>;
  private observed: Record<string, Snapshot> = {};
  private seq = 0;
  plan: HostPlan = { starts: [], stops: [], restarts: [], pending: {} };
  /** Called before each order is carried out. */
  onOrder: (order: Given) => void = () => {};

  constructor(readonly specs: Record<string, ServiceSpec>) {
    this.outlines = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, outline(spec)]));
    for (const [name, spec] of Object.entries(specs)) this.services.set(name, initialService(spec, 0));
  }

  up(names: readonly string[]): void {
    const cause: Cause = { kind: "command", command: "up", by: "ann@dev" };
    for (const name of names) {
      this.desired[name] = { up: true, cause };
      const known = this.observed[name];
      if (known !== undefined && !isActive(known)) this.observed[name] = { ...known, finished: false, cause };
    }
  }

  down(names: readonly string[]): void {
    for (const name of names) this.desired[name] = { up: false, cause: { kind: "command", command: "down", by: "ann@dev" } };
  }

  snapshot(name: string): Snapshot {
    return this.services.get(name)!.snapshot;
  }

  /** The process of a service ends by itself. */
  crash(name: string, status: number): void {
    if (!this.processes.has(name) || this.snapshot(name).state !== "running") return;
    this.processes.delete(name);
    this.event(name, { type: "exited", exit: { status, known: true }, ranMs: 5 });
  }

  /** Everything that could happen now. */
  steps(): (() => void)[] {
    const found: (() => void)[] = [];
    for (const [name, { snapshot }] of this.services) {
      const { state } = snapshot;
      if (state === "starting") found.push(() => this.comesUp(name));
      if (state === "stopping") found.push(() => this.stopped(name));
      if (state === "backoff" && this.due.has(name) && this.blocker(name) === undefined)
        found.push(() => this.event(name, { type: "due" }));
      const known = this.observed[name];
      if (this.told.get(name) !== snapshot && snapshot.orderSeq >= (known?.orderSeq ?? 0)) {
        found.push(() => {
          this.told.set(name, snapshot);
          this.observed[name] = snapshot;
        });
      }
    }
    if (this.plans()) found.push(() => this.carryOut());
    return found;
  }

  private plans(): boolean {
    const plan = planHost({ outlines: this.outlines, desired: this.desired, observed: this.observed });
    this.plan = plan;
    return plan.starts.length + plan.stops.length + plan.restarts.length > 0;
  }

  private carryOut(): void {
    const { starts, stops, restarts } = this.plan;
    const orders: Given[] = [
      ...starts.map((order) => ({ ...order, kind: "start" as const })),
      ...restarts.map((order) => ({ ...order, kind: "restart" as const })),
      ...stops.map((order) => ({ ...order, kind: "stop" as const })),
    ];
    for (const order of orders) {
      this.seq += 1;
      this.given.push(order);
      this.onOrder(order);
      const known = this.observed[order.name];
      if (known !== undefined)
        this.observed[order.name] = { ...known, orderSeq: this.seq, state: order.kind === "start" ? "starting" : "stopping", ready: false };
      this.event(order.name, { type: order.kind, orderSeq: this.seq, cause: order.cause });
    }
  }

  private comesUp(name: string): void {
    this.processes.add(name);
    this.event(name, { type: "spawned", generation: this.snapshot(name).generation + 1, port: null, specHash: "h1", outputFrom: 0 });
    this.event(name, { type: "running", pid: 1000 });
    if (this.specs[name]!.restart.policy === "oneshot") this.crash(name, 0);
  }

  private stopped(name: string): void {
    this.processes.delete(name);
    this.event(name, { type: "exited", exit: { status: 143, known: true }, ranMs: 5 });
  }

  private blocker(name: string): string | undefined {
    return this.specs[name]!.requires.find((dep) => !this.snapshot(dep).ready);
  }

  private event(name: string, event: Event): void {
    const step = nextService(this.services.get(name)!, event, this.specs[name]!, { at: 0, uptimeMs: 0 });
    this.services.set(name, step.next);
    if (step.next.snapshot.state === "backoff") this.due.add(name);
    else this.due.delete(name);
  }
}
