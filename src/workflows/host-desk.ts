import { condition } from "@temporalio/workflow";
import type { CommandResult, GraphDocument, ReloadResult } from "../services/control.js";
import { withDependencies } from "../services/graph.js";
import { type Desired, isActive, planHost } from "../services/host-plan.js";
import { initialService } from "../services/supervised.js";
import type { Cause, Snapshot } from "../services/snapshot.js";
import type { SpecOutline } from "../services/spec.js";
import type { NumberedOrder, Orders } from "./activities.js";
import type { Attach, HostInput, HostStatus, NamesRequest } from "./messages.js";

const REMEMBERED_REQUESTS = 100;

/** The host workflow's state and the edits that messages make to it. Deterministic; every decision is planHost's. */
export class HostDesk {
  private readonly host: string;
  private attached: HostInput["attach"];
  private outlines: Record<string, SpecOutline>;
  private observed: Record<string, Snapshot>;
  private desired: Record<string, Desired>;
  private pending: Readonly<Record<string, string>>;
  private orderSeq: number;
  private answered: readonly string[];
  /** Orders that no plan would give: restarts, starts of what waits in backoff. */
  private extra: { kind: "start" | "restart"; name: string; cause: Cause }[] = [];
  /** Given to the guardian, not known to have been taken. */
  private inFlight: readonly NumberedOrder[] = [];
  private edits = 0;
  private carried = 0;
  private finished = 0;
  dirty = false;
  /** How often an aurad has attached to this run. */
  attaches = 0;

  constructor(input: HostInput) {
    this.host = input.host;
    this.attached = input.attach;
    this.outlines = { ...input.outlines };
    this.observed = { ...input.observed };
    this.desired = { ...input.desired };
    this.pending = input.pending ?? {};
    this.orderSeq = input.orderSeq ?? 0;
    this.answered = input.answered ?? [];
    this.touch();
  }

  attach(attach: Attach): void {
    const { outlines, observed, ...rest } = attach;
    this.attaches += 1;
    this.observed = Object.fromEntries(observed.map((snapshot) => [snapshot.name, snapshot]));
    this.outlines = byName(outlines);
    if (this.attached === undefined) this.recover(observed);
    this.attached = rest;
    // The guardian's memory of orders outlives this workflow's when its database was replaced.
    this.orderSeq = Math.max(this.orderSeq, ...observed.map(({ orderSeq }) => orderSeq));
    for (const order of this.inFlight) this.expect(order);
    this.pending = {};
    this.touch();
  }

  observe(snapshots: readonly Snapshot[]): void {
    for (const snapshot of snapshots) {
      const known = this.observed[snapshot.name];
      // Seen before the last order was taken: what it says is out of date.
      if (known !== undefined && snapshot.orderSeq < known.orderSeq) continue;
      if (this.outlines[snapshot.name] === undefined && !isActive(snapshot)) delete this.observed[snapshot.name];
      else this.observed[snapshot.name] = snapshot;
    }
    this.touch();
  }

  setOutlines(next: readonly SpecOutline[]): Omit<ReloadResult, "errors"> {
    const before = this.outlines;
    const after = byName(next);
    const added = Object.keys(after).filter((name) => before[name] === undefined);
    const removed = Object.keys(before).filter((name) => after[name] === undefined);
    const changed = Object.keys(after).filter((name) => before[name] !== undefined && before[name].hash !== after[name]!.hash);
    // A new spec is a new chance for a service that had given up.
    for (const name of changed) this.reopen(name, { kind: "spec" });
    this.outlines = after;
    this.touch();
    return { added, removed, changed };
  }

  up(request: NamesRequest): void {
    const cause = commandCause("up", request);
    for (const name of withDependencies(this.outlines, this.named(request.names))) {
      if (!this.isUp(name) || !isActive(this.observed[name])) this.desired[name] = { up: true, cause };
      this.reopen(name, cause);
      if (this.observed[name]?.state === "backoff") this.extra.push({ kind: "start", name, cause });
    }
    this.touch();
  }

  down(request: NamesRequest): void {
    const cause = commandCause("down", request);
    for (const name of this.named(request.names)) this.desired[name] = { up: false, cause };
    this.touch();
  }

  restart(request: NamesRequest): void {
    const cause = commandCause("restart", request);
    for (const name of request.names) {
      for (const dep of withDependencies(this.outlines, [name])) {
        if (!this.isUp(dep) || !isActive(this.observed[dep])) this.desired[dep] = { up: true, cause };
        this.reopen(dep, cause);
      }
      if (isActive(this.observed[name])) this.extra.push({ kind: "restart", name, cause });
    }
    this.touch();
  }

  /** The next orders with their numbers; null when there is nothing to do. */
  nextOrders(): Orders | null {
    this.dirty = false;
    this.carried = this.edits;
    const plan = planHost({ outlines: this.outlines, desired: this.desired, observed: this.observed });
    const busy = new Set(this.extra.map(({ name }) => name));
    const planned = [
      ...plan.starts.map((order) => ({ ...order, kind: "start" as const })),
      ...plan.restarts.filter(({ name }) => !busy.has(name)).map((order) => ({ ...order, kind: "restart" as const })),
      ...plan.stops.map((order) => ({ ...order, kind: "stop" as const })),
    ];
    const orders = [...this.extra, ...planned].map((order) => this.number(order));
    this.extra = [];
    this.inFlight = orders;
    const samePending = JSON.stringify(plan.pending) === JSON.stringify(this.pending);
    this.pending = plan.pending;
    return orders.length === 0 && samePending ? null : { orders, pending: plan.pending };
  }

  /** The guardian does not know these any more. */
  forget(names: readonly string[]): void {
    for (const name of names) delete this.observed[name];
  }

  /** After nextOrders was carried out. */
  done(): void {
    this.inFlight = [];
    this.finished = this.carried;
  }

  /** Waits until every edit so far has been planned and its orders taken. */
  async carriedOut(): Promise<void> {
    const mine = this.edits;
    await condition(() => this.finished >= mine);
  }

  firstTime(requestId: string): boolean {
    if (this.answered.includes(requestId)) return false;
    this.answered = [...this.answered, requestId].slice(-REMEMBERED_REQUESTS);
    return true;
  }

  unknownName(names: readonly string[]): string | null {
    const name = names.find((candidate) => this.outlines[candidate] === undefined && this.observed[candidate] === undefined);
    return name === undefined ? null : `there is no service ${name} on host ${this.host}`;
  }

  isUp(name: string): boolean {
    return this.desired[name]?.up === true;
  }

  result(names: readonly string[]): CommandResult {
    const rows = this.named(names).map((name) => {
      const snapshot = this.observed[name];
      const pending = this.pending[name];
      return {
        name,
        state: pending === undefined ? (snapshot?.state ?? "stopped") : ("pending" as const),
        ready: snapshot?.ready ?? false,
        reason: pending ?? snapshot?.reason ?? "not started yet",
      };
    });
    const refused = rows
      .filter(({ name }) => this.isUp(name) && this.outlines[name]?.unsupported !== undefined)
      .map(({ name }) => ({ name, reason: this.outlines[name]!.unsupported! }));
    return { services: rows, refused };
  }

  status(): HostStatus {
    const unseen = Object.values(this.outlines)
      .filter(({ name }) => this.observed[name] === undefined)
      .map(({ name, type }) => initialService({ name, type }, 0).snapshot);
    const services = [...Object.values(this.observed), ...unseen].map((snapshot) => {
      const reason = this.pending[snapshot.name];
      const waits = reason === undefined ? {} : { state: "pending" as const, ready: false, reason };
      return { ...snapshot, ...waits, desired: this.isUp(snapshot.name) ? ("up" as const) : ("down" as const) };
    });
    return {
      host: this.host,
      pid: this.attached?.pid ?? 0,
      apiUrl: this.attached?.apiUrl ?? null,
      version: this.attached?.version ?? "",
      services,
    };
  }

  graph(): GraphDocument {
    const services = Object.values(this.outlines).map((outline) => ({
      ...outline,
      desired: this.isUp(outline.name) ? ("up" as const) : ("down" as const),
      state: this.pending[outline.name] === undefined ? (this.observed[outline.name]?.state ?? ("stopped" as const)) : ("pending" as const),
      ready: this.observed[outline.name]?.ready ?? false,
    }));
    return { schema_version: 1, host: this.host, services };
  }

  details(): string {
    const counts = new Map<string, number>();
    const lines: string[] = [];
    for (const { name, state, health, reason } of Object.values(this.observed)) {
      const waits = this.pending[name];
      const shown = waits === undefined ? state : "pending";
      counts.set(shown, (counts.get(shown) ?? 0) + 1);
      const amiss = shown === "pending" || shown === "backoff" || shown === "failed" || health === "unhealthy";
      if (amiss && lines.length < 20) lines.push(`- **${name}** is ${shown}: ${waits ?? reason}`);
    }
    // Summary and static details stay behind at continue-as-new: these have to do alone.
    return [`Host ${this.host}: ${[...counts].map(([state, n]) => `${n} ${state}`).join(", ")}`, ...lines].join("\n\n");
  }

  input(): HostInput {
    return {
      host: this.host,
      outlines: this.outlines,
      observed: this.observed,
      desired: this.desired,
      orderSeq: this.orderSeq,
      pending: this.pending,
      answered: this.answered,
      ...(this.attached === undefined ? {} : { attach: this.attached }),
    };
  }

  private number(order: { kind: "start" | "stop" | "restart"; name: string; cause: Cause }): NumberedOrder {
    this.orderSeq += 1;
    const numbered = { kind: order.kind, name: order.name, seq: this.orderSeq, cause: order.cause };
    this.expect(numbered);
    return numbered;
  }

  /** Until it is observed, an order that was given counts as taken: it is not given again. */
  private expect({ kind, name, seq }: NumberedOrder): void {
    const known = this.observed[name];
    if (known === undefined || known.orderSeq >= seq) return;
    this.observed[name] = { ...known, orderSeq: seq, state: kind === "start" ? "starting" : "stopping", ready: false };
  }

  /**
   * The first attach to a workflow without a past. On a host that has one its database was lost, and with it what is
   * wanted: what the guardian was told to keep up stays wanted, or the loss would end every service.
   */
  private recover(observed: readonly Snapshot[]): void {
    for (const snapshot of observed) {
      if (wasWanted(snapshot)) this.desired[snapshot.name] ??= { up: true, cause: { kind: "boot" } };
    }
  }

  /** Lets a service that is down start again, for the given cause. */
  private reopen(name: string, cause: Cause): void {
    const known = this.observed[name];
    if (known !== undefined && !isActive(known)) this.observed[name] = { ...known, finished: false, cause };
  }

  private named(names: readonly string[]): readonly string[] {
    return names.length > 0 ? names : Object.keys(this.outlines);
  }

  private touch(): void {
    this.edits += 1;
    this.dirty = true;
  }
}

/** Whether the last order for it was to be up: it is, or it gave up, waits, or was stopped by something else than a `down`. */
function wasWanted(snapshot: Snapshot): boolean {
  const { state, finished, cause } = snapshot;
  return (
    (isActive(snapshot) && state !== "stopping") ||
    state === "pending" ||
    finished ||
    cause.kind === "shutdown" ||
    cause.kind === "dependency"
  );
}

function byName(outlines: readonly SpecOutline[]): Record<string, SpecOutline> {
  return Object.fromEntries(outlines.map((outline) => [outline.name, outline]));
}

function commandCause(command: string, request: NamesRequest): Cause {
  return { kind: "command", command, by: request.by, requestId: request.requestId };
}
