import { chain } from "../../src/epochs/audit-chain.js";
import { filterAudit } from "../../src/epochs/audit-filter.js";
import type { AuditEvent, AuditFilter } from "../../src/epochs/audit.js";
import type { EpochDocument, EpochRow, EpochsControl, StartRequest } from "../../src/epochs/control.js";
import { epochDocument } from "../../src/epochs/document.js";
import { initialEpoch, nextEpoch, type EpochCommand, type Step } from "../../src/epochs/epoch.js";
import type { Message } from "../../src/epochs/messages.js";
import { phaseOf } from "../../src/epochs/phases.js";
import type { SliceLogQuery, SliceLogsPort } from "../../src/epochs/ports.js";
import { planSlices, plannedSlice } from "../../src/epochs/schedule.js";
import type { SliceOutcome } from "../../src/epochs/slice.js";
import type { EpochState, Reply } from "../../src/epochs/state.js";
import { AuraError } from "../../src/shared/errors.js";

interface Entry {
  state: EpochState;
  events: readonly AuditEvent[];
  readonly replies: Map<string, Reply>;
}

/** The epochs of a namespace in memory: the real reducer, chain and schedule, without Temporal and without processes. */
export class FakeEpochs implements EpochsControl, SliceLogsPort {
  /** What was asked for, newest last. */
  readonly started: StartRequest[] = [];
  readonly messages: { readonly epochId: string; readonly kind: EpochCommand["kind"]; readonly message: Message }[] = [];
  readonly logLines = new Map<string, string[]>();
  /** Thrown by everything, as while Temporal is away. */
  away: AuraError | null = null;
  readonly #entries = new Map<string, Entry>();
  readonly #logListeners = new Set<() => void>();
  #now = Date.UTC(2026, 0, 2, 3, 4, 5);

  constructor(private readonly host = "laptop") {}

  async start(request: StartRequest): Promise<{ workflow_id: string; run_id: string }> {
    this.#present();
    const { epoch_id } = request;
    if (this.#entries.has(epoch_id))
      throw new AuraError("refused", `epoch ${epoch_id} exists already`, { fix: "choose another --epoch-id" });
    this.started.push(request);
    const entry: Entry = { state: initialEpoch({ ...request, host: this.host }, this.#now).state, events: [], replies: new Map() };
    this.#entries.set(epoch_id, entry);
    this.#take(entry, initialEpoch({ ...request, host: this.host }, this.#now), "");
    return { workflow_id: epoch_id, run_id: `run-of-${epoch_id}` };
  }

  async list(): Promise<readonly EpochRow[]> {
    this.#present();
    return [...this.#entries.values()].map(({ state }) => ({
      epoch_id: state.epoch_id,
      phase: state.phase,
      status: state.status,
      host: state.host,
      started_at: state.started_at,
      ended_at: state.ended_at,
    }));
  }

  async state(epochId: string): Promise<EpochDocument> {
    return epochDocument(this.#entry(epochId).state);
  }

  readonly advance = this.#teller("advance");
  readonly vote = this.#teller("vote");
  readonly finding = this.#teller("finding");
  readonly answer = this.#teller("answer");
  readonly registerSession = this.#teller("register_session");
  readonly endSession = this.#teller("end_session");
  readonly completeSlice = this.#teller("complete_slice");
  readonly retrySlice = this.#teller("retry_slice");
  readonly moveSlice = this.#teller("move_slice");
  readonly cancel = this.#teller("cancel");

  async audit(epochId: string, filter: AuditFilter): Promise<readonly AuditEvent[]> {
    return filterAudit(this.#entry(epochId).events, filter);
  }

  async keptAudit(epochId: string): Promise<readonly AuditEvent[]> {
    return this.#entry(epochId).events;
  }

  async history(epochId: string): Promise<unknown> {
    return { events: this.#entry(epochId).events.map(({ seq }) => ({ eventId: String(seq) })) };
  }

  /** A slice's process ends. */
  end(epochId: string, sliceId: string, outcome: SliceOutcome, reason: string = outcome): void {
    const entry = this.#entry(epochId);
    const { attempt, host } = entry.state.slices[sliceId]!;
    this.#apply(entry, { kind: "slice_report", message: { slice_id: sliceId, attempt, host, state: "ended", outcome, reason } });
  }

  async tail(query: SliceLogQuery): Promise<readonly string[]> {
    const lines = this.#log(query);
    return query.lines === 0 ? [] : lines.slice(-query.lines);
  }

  async *follow(query: SliceLogQuery, signal: AbortSignal): AsyncGenerator<string> {
    let told = this.#log(query).length - (await this.tail(query)).length;
    while (!signal.aborted) {
      const line = this.#log(query)[told];
      if (line === undefined) await this.#written(signal);
      else yield line;
      if (line !== undefined) told += 1;
    }
  }

  writeLog(epochId: string, sliceId: string, line: string, attempt = 1): void {
    const name = `${epochId}/${sliceId}.${attempt}`;
    this.logLines.set(name, [...(this.logLines.get(name) ?? []), line]);
    for (const listener of this.#logListeners) listener();
  }

  #teller<K extends EpochCommand["kind"]>(kind: K) {
    return async (epochId: string, message: Extract<EpochCommand, { kind: K }>["message"]): Promise<Reply> => {
      const entry = this.#entry(epochId);
      this.messages.push({ epochId, kind, message: message as Message });
      const { key = "" } = message as Message;
      const known = entry.replies.get(key);
      if (known !== undefined) return known;
      return this.#apply(entry, { kind, message } as EpochCommand, key);
    };
  }

  #apply(entry: Entry, command: EpochCommand, key = ""): Reply {
    this.#now += 1000;
    const step = nextEpoch(entry.state, command, this.#now);
    this.#take(entry, step, key);
    if (key !== "") entry.replies.set(key, step.reply);
    this.#runSlices(entry);
    return step.reply;
  }

  #take(entry: Entry, { state, events }: Step, key: string): void {
    const { epoch_id, phase } = state;
    entry.state = state;
    const context = { epoch_id, phase, role: phaseOf(phase).lead, at: this.#now, key, last: entry.events.at(-1) ?? null };
    entry.events = [...entry.events, ...chain(events, context)];
  }

  /** What should run is started; mocks end at once, what is to be stopped is. */
  #runSlices(entry: Entry): void {
    const { start, stop } = planSlices(entry.state);
    for (const { slice_id, attempt, reason } of stop) {
      const report = { slice_id, attempt, host: this.host, state: "ended", outcome: "cancelled", reason } as const;
      this.#apply(entry, { kind: "slice_report", message: report });
    }
    if (start.length === 0) return;
    this.#apply(entry, { kind: "slices_started", message: { starts: start } });
    for (const { slice_id, attempt, host } of start) {
      const mock = plannedSlice(entry.state, slice_id)?.mode === "mock";
      const told = mock ? ({ state: "ended", outcome: "succeeded" } as const) : ({ state: "running", pid: 4_000_000 + attempt } as const);
      this.#apply(entry, { kind: "slice_report", message: { slice_id, attempt, host, ...told } });
    }
  }

  #entry(epochId: string): Entry {
    this.#present();
    const entry = this.#entries.get(epochId);
    if (entry === undefined)
      throw new AuraError("not_found", `there is no epoch ${epochId}`, { fix: "see the epochs with: aura-msg epoch list" });
    return entry;
  }

  #present(): void {
    if (this.away !== null) throw this.away;
  }

  #log({ epoch_id, slice_id, attempt }: SliceLogQuery): readonly string[] {
    const lines = this.logLines.get(`${epoch_id}/${slice_id}.${attempt ?? 1}`);
    if (lines === undefined) throw new AuraError("not_found", `this host has no log of slice ${slice_id} of epoch ${epoch_id}`);
    return lines;
  }

  #written(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#logListeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#logListeners.add(done);
      signal.addEventListener("abort", done);
    });
  }
}
