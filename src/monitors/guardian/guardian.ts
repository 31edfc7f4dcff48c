import { AuraError, asAuraError } from "../../shared/errors.js";
import { isActive } from "../../services/host-plan.js";
import { nextService } from "../../services/lifecycle.js";
import { type Effect, type Event, initialService } from "../../services/supervised.js";
import type { RunId, RunsPort } from "../../services/ports.js";
import type { Cause, Exit, Health, Snapshot, Transition } from "../../services/snapshot.js";
import type { ServiceSpec } from "../../services/spec.js";
import { HealthMonitor } from "../health-monitor.js";
import { adopt } from "./adopt.js";
import { type Entry, vanishedSpec } from "./entry.js";
import type { ChangeListener, GuardianPorts } from "./guardian-ports.js";
import { probeTarget, ranBefore, redact, runRequest, type Surroundings } from "./launch.js";
import { stopAll } from "./stop-all.js";

/**
 * The process table of the host: the only thing that starts or signals a service. It carries out the orders of the
 * host workflow, restarts under its lease by the pure policy whether Temporal answers or not, and writes every
 * transition to the journal. It decides nothing: each event goes through `nextService`.
 */
export class Guardian {
  readonly entries = new Map<string, Entry>();
  readonly runs: RunsPort;
  private readonly health: HealthMonitor;
  private readonly listeners = new Set<ChangeListener>();
  /** Services whose last record could not be written, and why: started without one, they would run twice after a kill. */
  private readonly unwritten = new Map<string, string>();
  private draining = false;

  constructor(
    readonly ports: GuardianPorts,
    readonly around: Surroundings,
  ) {
    this.runs = ports.runs({
      running: (run, pid) => this.onRun(run, { type: "running", pid }),
      exited: (run, exit, note) => this.exited(run, exit, note),
    });
    this.health = new HealthMonitor(ports.probe, ports.clock, (service, health, reason) => this.healthChanged(service, health, reason));
  }

  /** Takes over the specs now in force. Processes run on; the next start uses the new spec. */
  setSpecs(specs: ReadonlyMap<string, ServiceSpec>): void {
    for (const spec of specs.values()) {
      const entry = this.entries.get(spec.name);
      if (entry === undefined) this.add(spec);
      else Object.assign(entry, { spec, removed: false });
    }
    for (const [name, entry] of this.entries) {
      if (specs.has(name)) continue;
      entry.removed = true;
      this.dropIfGone(name);
    }
  }

  /** Finds every service of an earlier aurad again. Call once, after setSpecs, before any order. */
  adopt(): void {
    adopt(this);
  }

  order(kind: "start" | "stop" | "restart", name: string, orderSeq: number, cause: Cause): void {
    if (this.draining && kind !== "stop") throw new Error("aurad is stopping");
    this.dispatch(name, { type: kind, orderSeq, cause });
  }

  /** Shows why services wait; those not named any more are no longer pending. */
  setPending(pending: Readonly<Record<string, string>>): void {
    for (const [name, entry] of this.entries) {
      const reason = pending[name] ?? null;
      if (reason !== null || entry.supervised.snapshot.state === "pending") this.dispatch(name, { type: "pending", reason });
    }
  }

  snapshots(): Snapshot[] {
    return [...this.entries.values()].map(({ supervised }) => supervised.snapshot);
  }

  /** How many services are between their order and their program. */
  starting(): number {
    let count = 0;
    for (const { supervised } of this.entries.values()) if (supervised.snapshot.state === "starting") count += 1;
    return count;
  }

  /** Calls back after every change; the transition is null for changes that are not history (`starting`, `pending`). */
  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stops everything in reverse dependency order; resolves when nothing runs. New starts are refused from now on. */
  async stopAll(cause: Cause): Promise<void> {
    this.draining = true;
    await stopAll(this, cause);
  }

  /** Refuses new starts and restarts without touching what runs. */
  drain(): void {
    this.draining = true;
  }

  /** Lets go of every service without touching it. */
  close(): void {
    this.draining = true;
    this.health.close();
    for (const entry of this.entries.values()) {
      clearTimeout(entry.timer);
      entry.readyLine?.abort();
    }
    this.runs.close();
  }

  add(spec: ServiceSpec): Entry {
    const seq = Math.floor(this.ports.clock.now() / 1000);
    const entry: Entry = {
      supervised: initialService(spec, seq),
      spec,
      removed: false,
      launching: false,
      timer: undefined,
      readyLine: undefined,
    };
    this.entries.set(spec.name, entry);
    return entry;
  }

  addVanished(supervised: Entry["supervised"]): Entry {
    const entry = this.add(vanishedSpec(supervised));
    entry.removed = true;
    return entry;
  }

  dispatch(name: string, event: Event): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    const before = entry.supervised;
    const moment = { at: this.ports.clock.now(), uptimeMs: this.ports.clock.uptimeMs() };
    const step = nextService(before, event, entry.spec, moment);
    if (step.next === before && step.effects.length === 0) return;
    entry.supervised = step.next;
    if (step.transition !== null) this.ports.journal.append({ kind: "transition", transition: step.transition });
    // A spawn that follows at once saves what it is about to do; one write less on the restart path.
    if (!step.effects.some((effect) => effect.do === "spawn" || (effect.do === "wait" && effect.ms === 0))) this.save(name, entry);
    this.watch(entry, before.snapshot);
    // Before the effects, which may bring about the next change: listeners see changes in their order.
    this.tell(step.next.snapshot, step.transition);
    for (const effect of step.effects) this.carryOut(name, entry, effect);
    if (step.next.snapshot.ready && !before.snapshot.ready) this.releaseHeld();
    if (entry.removed) this.dropIfGone(name);
  }

  /** No listener's failure may keep a service from being restarted or stopped. */
  private tell(snapshot: Snapshot, transition: Transition | null): void {
    for (const listener of this.listeners) {
      try {
        listener(snapshot, transition);
      } catch (error) {
        this.ports.log.error({ service: snapshot.name, error: asAuraError(error).message }, "a listener failed");
      }
    }
  }

  /** Starts or ends health probes and the wait for the ready line, as the state asks for. */
  watch(entry: Entry, before: Snapshot | null): void {
    const { snapshot, outputFrom } = entry.supervised;
    const runs = snapshot.state === "running";
    if (before !== null && runs === (before.state === "running") && snapshot.pid === before.pid) return;
    entry.readyLine?.abort();
    entry.readyLine = undefined;
    this.health.unwatch(snapshot.name);
    if (!runs) return;
    const target = probeTarget(entry.spec, snapshot.port, this.around);
    if (target !== undefined) {
      this.health.watch({ target, startedUptimeMs: snapshot.startedUptimeMs ?? this.ports.clock.uptimeMs(), health: snapshot.health });
    } else if (entry.spec.readyLogLine !== undefined && !snapshot.ready) {
      entry.readyLine = new AbortController();
      const { signal } = entry.readyLine;
      void this.ports.logs
        .waitForLine(snapshot.name, entry.spec.readyLogLine, outputFrom, signal)
        .then((seen) => {
          if (seen && !signal.aborted) this.dispatch(snapshot.name, { type: "ready_line" });
        })
        .catch((error: unknown) =>
          this.ports.log.error({ service: snapshot.name, error: asAuraError(error).message }, "cannot look for the ready line"),
        );
    }
  }

  carryOut(name: string, entry: Entry, effect: Effect): void {
    clearTimeout(entry.timer);
    switch (effect.do) {
      case "wait":
        if (effect.ms === 0) this.due(name, entry);
        else entry.timer = setTimeout(() => this.due(name, entry), effect.ms);
        return;
      case "terminate":
        if (this.runs.terminate(name, entry.spec.stop.signal, entry.spec.stop.timeoutMs) || entry.launching) return;
        return this.dispatch(name, { type: "exited", exit: { status: null, known: false }, ranMs: 0 });
      case "spawn":
        return this.spawn(name, entry);
    }
  }

  private due(name: string, entry: Entry): void {
    if (this.draining) return this.save(name, entry);
    const blocker = entry.spec.requires.find((dep) => this.entries.get(dep)?.supervised.snapshot.ready === false);
    if (blocker === undefined) this.dispatch(name, { type: "due" });
    else this.dispatch(name, { type: "held", reason: `${blocker} is not ready` });
  }

  /** Restarts what waits for a dependency that is ready now. */
  releaseHeld(): void {
    for (const [name, entry] of this.entries) {
      if (entry.supervised.held !== null && entry.supervised.snapshot.state === "backoff") this.due(name, entry);
    }
  }

  private spawn(name: string, entry: Entry): void {
    const { spec, supervised } = entry;
    const known = supervised.snapshot.port;
    // A first restart keeps its port without asking; an ordered start, and one after a run that did not last, proves that it is still free.
    if (spec.port !== 0 || (known !== null && supervised.snapshot.restartCount > 0 && supervised.attempts <= 1))
      return this.launch(name, entry, spec.port === 0 ? known : (spec.port ?? null));
    entry.launching = true;
    this.save(name, entry);
    this.ports.ports.allocate(name).then(
      (port) => this.launched(name, entry, () => this.launch(name, entry, port)),
      (error: unknown) =>
        this.launched(name, entry, () => this.dispatch(name, { type: "exec_failed", detail: asAuraError(error).message })),
    );
  }

  /** The state may have changed while a port was looked for. */
  private launched(name: string, entry: Entry, go: () => void): void {
    entry.launching = false;
    const { state } = entry.supervised.snapshot;
    if (state === "starting" && !this.draining) go();
    else if (state === "stopping") this.dispatch(name, { type: "exited", exit: { status: null, known: false }, ranMs: 0 });
  }

  private launch(name: string, entry: Entry, port: number | null): void {
    const { spec, supervised: before } = entry;
    const generation = before.snapshot.generation + 1;
    try {
      if (spec.type === "native") this.ports.logs.configure(name, spec.log);
      const outputFrom = spec.type === "native" ? this.ports.logs.offset(name) : 0;
      // Written before the process exists: a kill in between leaves a run that can be found, or declared void.
      this.dispatch(name, { type: "spawned", generation, port, specHash: spec.hash, outputFrom });
      if (this.unwritten.has(name)) throw new AuraError("file_write", `its record cannot be written: ${this.unwritten.get(name)}`);
      if (spec.type !== "native") return this.dispatch(name, { type: "running", pid: null });
      this.runs.start(
        runRequest(spec, { generation, again: ranBefore(before.snapshot, spec) }, port, this.ports.logs.open(name), this.around),
      );
    } catch (error) {
      this.dispatch(name, { type: "exec_failed", detail: redact(asAuraError(error).message, spec) });
    }
  }

  private onRun(run: RunId, event: Event): void {
    const entry = this.entries.get(run.service);
    if (entry?.supervised.snapshot.generation === run.generation) this.dispatch(run.service, event);
  }

  private exited(run: RunId, exit: Exit, note: string | undefined): void {
    const entry = this.entries.get(run.service);
    const ranMs = entry === undefined ? 0 : this.ranMs(entry);
    this.onRun(run, { type: "exited", exit, ranMs, ...(note === undefined ? {} : { note }) });
    this.runs.forget(run);
  }

  ranMs(entry: Entry): number {
    const { startedUptimeMs } = entry.supervised.snapshot;
    return startedUptimeMs === null ? 0 : this.ports.clock.uptimeMs() - startedUptimeMs;
  }

  private healthChanged(name: string, health: Health, reason: string): void {
    const entry = this.entries.get(name);
    if (entry !== undefined) this.dispatch(name, { type: "health", health, detail: redact(reason, entry.spec), ranMs: this.ranMs(entry) });
  }

  private save(name: string, entry: Entry): void {
    try {
      this.ports.records.save(name, { supervised: entry.supervised, bootId: this.ports.bootId });
      this.unwritten.delete(name);
    } catch (error) {
      const { message } = error as Error;
      if (!this.unwritten.has(name))
        this.ports.log.error({ service: name, error: message }, "cannot write the record of the service: no restarts");
      this.unwritten.set(name, message);
    }
  }

  /** Forgets a service whose spec is gone, once its process is too. */
  dropIfGone(name: string): void {
    const entry = this.entries.get(name);
    if (entry?.removed !== true || isActive(entry.supervised.snapshot)) return;
    clearTimeout(entry.timer);
    this.entries.delete(name);
    this.ports.records.remove(name);
    this.ports.ports.release(name);
  }
}
