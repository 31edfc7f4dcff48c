import type { ApiEvent, EventSource } from "../../src/api/deps.js";
import type {
  Asker,
  CommandResult,
  GraphDocument,
  LogQuery,
  LogsPort,
  ReloadResult,
  ServicesControl,
  ServiceStatus,
  StatusDocument,
  WhyDocument,
} from "../../src/services/control.js";
import type { Cause, Snapshot, State, Transition } from "../../src/services/snapshot.js";
import { AuraError } from "../../src/shared/errors.js";

export interface FakeService {
  readonly name: string;
  readonly type?: Snapshot["type"];
  readonly after?: readonly string[];
  readonly requires?: readonly string[];
  readonly port?: number;
  readonly health?: Snapshot["health"];
  /** What a start ends in. Default running. */
  readonly startsAs?: State;
  /** Refused at up, with this reason. */
  readonly refused?: string;
  /** Start time; default 5 ms. */
  readonly startMs?: number;
  /** Where it stands at first; default stopped. */
  readonly state?: State;
  readonly reason?: string;
  readonly restartCount?: number;
}

interface Entry {
  readonly spec: FakeService;
  snapshot: Snapshot;
  desired: "up" | "down";
  readonly transitions: Transition[];
}

/** A whole small host in memory: starts in dependency order, reports every change, remembers who asked. */
export class FakeHost implements ServicesControl, LogsPort, EventSource {
  readonly host: string;
  readonly askers: Asker[] = [];
  readonly logLines = new Map<string, string[]>();
  /** No events are told. */
  silent = false;
  /** The last query that `tail` or `follow` was given. */
  lastQuery: LogQuery | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(event: ApiEvent) => void>();
  readonly #logListeners = new Set<(name: string, line: string) => void>();
  #eventId = 0;
  #now = Date.UTC(2026, 0, 2, 3, 4, 5);

  constructor(services: readonly FakeService[], host = "laptop") {
    this.host = host;
    for (const spec of services) {
      const desired = spec.state === undefined || spec.state === "stopped" ? "down" : "up";
      this.#entries.set(spec.name, { spec, snapshot: firstSnapshot(spec), desired, transitions: [] });
    }
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readonly subscribe = (listener: (event: ApiEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async status(): Promise<StatusDocument> {
    return { schema_version: 1, host: this.host, services: [...this.#entries.values()].map(statusRow) };
  }

  async up(names: readonly string[], asker: Asker): Promise<CommandResult> {
    const wanted = this.#withDependencies(this.#named(names));
    this.askers.push(asker);
    const refused = wanted.filter(({ spec }) => spec.refused !== undefined);
    const cause: Cause = { kind: "command", command: "up", by: asker.by, requestId: asker.requestId };
    for (const entry of wanted.filter((one) => !refused.includes(one))) {
      entry.desired = "up";
      if (entry.snapshot.state !== "running") this.change(entry.spec.name, "pending", cause, "waits for its dependencies");
    }
    this.#startWhatCan(cause);
    return {
      services: wanted.map(({ snapshot }) => pick(snapshot)),
      refused: refused.map(({ spec }) => ({ name: spec.name, reason: spec.refused! })),
    };
  }

  async down(names: readonly string[], asker: Asker): Promise<CommandResult> {
    const named = this.#named(names);
    this.askers.push(asker);
    const cause: Cause = { kind: "command", command: "down", by: asker.by, requestId: asker.requestId };
    for (const entry of named) {
      entry.desired = "down";
      if (entry.snapshot.state === "stopped") continue;
      this.change(entry.spec.name, "stopping", cause, `down, asked by ${asker.by}`);
      setTimeout(() => this.change(entry.spec.name, "stopped", cause, `down, asked by ${asker.by}`), 5);
    }
    return { services: named.map(({ snapshot }) => pick(snapshot)), refused: [] };
  }

  async restart(name: string, asker: Asker): Promise<CommandResult> {
    const [entry] = this.#named([name]);
    this.askers.push(asker);
    const cause: Cause = { kind: "command", command: "restart", by: asker.by, requestId: asker.requestId };
    entry!.desired = "up";
    this.change(name, "pending", cause, "restart");
    this.#startWhatCan(cause);
    return { services: [pick(entry!.snapshot)], refused: [] };
  }

  async reload(asker: Asker): Promise<ReloadResult> {
    this.askers.push(asker);
    return { added: ["cache"], removed: [], changed: ["api"], errors: ['services/bad.yaml:3: port: "x" is no port; give 1 to 65535'] };
  }

  async why(name: string): Promise<WhyDocument> {
    const [entry] = this.#named([name]);
    return {
      schema_version: 1,
      host: this.host,
      service: name,
      snapshot: entry!.snapshot,
      desired: entry!.desired,
      transitions: entry!.transitions.slice(-50),
    };
  }

  async graph(): Promise<GraphDocument> {
    const services = [...this.#entries.values()].map(({ spec, snapshot, desired }) => ({
      name: spec.name,
      type: snapshot.type,
      after: spec.after ?? [],
      requires: spec.requires ?? [],
      hash: "0",
      health: spec.health !== undefined,
      desired,
      state: snapshot.state,
      ready: snapshot.ready,
    }));
    return { schema_version: 1, host: this.host, services };
  }

  async tail(name: string, query: LogQuery): Promise<readonly string[]> {
    this.#named([name]);
    this.lastQuery = query;
    const lines = (this.logLines.get(name) ?? []).filter((line) => new RegExp(query.grep ?? "").test(line));
    return query.lines === 0 ? [] : lines.slice(-query.lines);
  }

  async *follow(name: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<string> {
    const waiting = [...(await this.tail(name, query))];
    let wake = (): void => {};
    const listener = (service: string, line: string): void => {
      if (service === name) waiting.push(line);
      wake();
    };
    this.#logListeners.add(listener);
    signal.addEventListener("abort", () => wake());
    try {
      while (!signal.aborted) {
        const line = waiting.shift();
        if (line !== undefined) yield line;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.#logListeners.delete(listener);
    }
  }

  get followers(): number {
    return this.#logListeners.size;
  }

  writeLog(name: string, line: string): void {
    this.logLines.set(name, [...(this.logLines.get(name) ?? []), line]);
    for (const listener of this.#logListeners) listener(name, line);
  }

  /** Moves one service to a state and tells everybody, as the guardian would. */
  change(name: string, to: State, cause: Cause, reason: string, more: Partial<Snapshot> & { delayMs?: number } = {}): void {
    const entry = this.#entries.get(name)!;
    const { delayMs, ...fields } = more;
    const from = entry.snapshot.state;
    entry.snapshot = { ...entry.snapshot, ...moved(entry.spec, to, entry.snapshot.generation), reason, cause, ...fields };
    this.#now += 1000;
    const transition: Transition = {
      service: name,
      seq: entry.transitions.length + 1,
      at: this.#now,
      from,
      to,
      cause,
      reason,
      snapshot: entry.snapshot,
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(fields.lastExit ? { exit: fields.lastExit } : {}),
    };
    entry.transitions.push(transition);
    for (const listener of this.silent ? [] : this.#listeners) listener({ id: ++this.#eventId, type: "transition", data: transition });
  }

  #startWhatCan(cause: Cause): void {
    for (const { spec, snapshot } of this.#entries.values()) {
      if (snapshot.state !== "pending" || !(spec.after ?? []).every((name) => this.#entries.get(name)?.snapshot.ready)) continue;
      this.change(spec.name, "starting", cause, "starts");
      setTimeout(() => {
        const to = spec.startsAs ?? "running";
        this.change(spec.name, to, to === "running" ? cause : { kind: "exec" }, to === "running" ? "started" : "exec: no such file");
        this.#startWhatCan(cause);
      }, spec.startMs ?? 5);
    }
  }

  #named(names: readonly string[]): Entry[] {
    if (names.length === 0) return [...this.#entries.values()];
    return names.map((name) => {
      const entry = this.#entries.get(name);
      if (entry === undefined) throw new AuraError("not_found", `host ${this.host} has no service ${name}`);
      return entry;
    });
  }

  #withDependencies(entries: readonly Entry[]): Entry[] {
    const all = new Set<Entry>(entries);
    for (const entry of all) for (const name of entry.spec.after ?? []) all.add(this.#entries.get(name)!);
    return [...all];
  }
}

function firstSnapshot(spec: FakeService): Snapshot {
  const state = spec.state ?? "stopped";
  return {
    name: spec.name,
    type: spec.type ?? "native",
    health: "none",
    ready: false,
    finished: false,
    generation: 0,
    orderSeq: 0,
    cause: { kind: "boot" },
    pid: null,
    port: null,
    startedAt: null,
    startedUptimeMs: null,
    lastExit: null,
    lastError: null,
    specHash: "0",
    ...moved(spec, state, 0),
    state,
    restartCount: spec.restartCount ?? 0,
    reason: spec.reason ?? "",
  };
}

function moved(spec: FakeService, state: State, generation: number): Partial<Snapshot> {
  const running = state === "running";
  return {
    state,
    ready: running && spec.health !== "unhealthy",
    health: running ? (spec.health ?? "none") : "none",
    pid: running ? 4_000_000 + generation : null,
    port: running ? (spec.port ?? null) : null,
    startedAt: running ? 0 : null,
    generation: state === "starting" ? generation + 1 : generation,
  };
}

function statusRow({ snapshot }: Entry): ServiceStatus {
  const { name, type, state, health, pid, port, generation, reason, ready } = snapshot;
  return {
    name,
    type,
    state,
    health,
    pid,
    port,
    uptime_s: pid === null ? null : 3725,
    restart_count: snapshot.restartCount,
    last_exit_code: snapshot.lastExit?.status ?? null,
    last_error: snapshot.lastError,
    generation,
    reason,
    ready,
  };
}

function pick({ name, state, ready, reason }: Snapshot): CommandResult["services"][number] {
  return { name, state, ready, reason };
}
