import type { TickRecord } from "../sync/control.js";
import { rootStatus, stateWord } from "../sync/root-status.js";
import { begun, cutOff, dueAt, fallDue, initialSchedule, nextWake, over, type Schedule, wake, type Wake } from "../sync/schedule.js";
import type { TickRequest } from "../sync/tick.js";
import { tickRecord } from "../sync/tick-record.js";
import { isDryRun } from "../sync/tick-ring.js";
import type { TickOrder } from "./activities.js";
import type { RootAttach, RootCarried, RootInput, RootState, SyncAsk } from "./root-messages.js";

/** Enough for another host's status, few enough to be carried along. */
const KEEP = 10;

/** Somebody who waits for the record of a tick. */
interface Asked {
  readonly ask: SyncAsk;
  readonly answer: (record: TickRecord) => void;
}

interface Loss {
  /** Why, in a line. */
  readonly error: string;
  /** Ms since 1970, as `now`. */
  readonly startedAt: number;
  readonly now: number;
}

export interface Ordered extends TickOrder {
  readonly asked: readonly Asked[];
}

/** The state of a root's workflow and the edits that messages make to it. Deterministic; when to tick `src/sync` decides. */
export class RootDesk {
  private readonly host: string;
  private readonly rootId: string;
  private attached: RootAttach | null;
  private schedule: Schedule;
  private nextIndex: number;
  private recent: readonly TickRecord[];
  private asked: readonly Asked[] = [];
  private ticking = false;
  removed = false;
  /** Counts everything that may change what is due. */
  changes = 0;
  /** How often a new aurad has opened the root during this run. */
  boots = 0;

  constructor({ host, root_id, carried }: RootInput) {
    this.host = host;
    this.rootId = root_id;
    this.attached = carried?.attached ?? null;
    this.schedule = carried?.schedule ?? initialSchedule(0);
    this.nextIndex = carried?.next_index ?? 0;
    this.recent = carried?.recent ?? [];
  }

  attach(attach: RootAttach): void {
    const isNew = attach.boot !== this.attached?.boot;
    this.attached = attach;
    this.removed = false;
    this.schedule = { ...this.schedule, intervalMs: attach.interval_ms };
    if (isNew) {
      this.boots += 1;
      this.schedule = wake(this.schedule, { trigger: "startup" });
    }
    this.changes += 1;
  }

  wake(next: Wake): void {
    this.schedule = wake(this.schedule, next);
    this.changes += 1;
  }

  remove(): void {
    this.removed = true;
    this.changes += 1;
  }

  /** Calls `answer` with the record of a tick that begins from now on. */
  ask(ask: SyncAsk, answer: (record: TickRecord) => void): void {
    this.asked = [...this.asked, { ask, answer }];
    this.changes += 1;
  }

  /** Ms until the backstop; null when nothing is due before somebody calls. */
  waitMs(now: number): number | null {
    const due = dueAt(this.schedule);
    return due === null ? null : Math.max(1, due - now);
  }

  get hasWork(): boolean {
    return this.asked.length > 0 || this.schedule.pending !== null;
  }

  /** The next tick with those who wait for it; null when none is due. */
  nextOrder(now: number): Ordered | null {
    this.schedule = fallDue(this.schedule, now);
    const [first] = this.asked;
    if (first !== undefined) return this.manual(first.ask);
    const next = nextWake(this.schedule);
    if (next === null) return null;
    this.schedule = begun(this.schedule);
    return this.order(next, []);
  }

  private manual({ dry_run: dryRun = false, confirm = false }: SyncAsk): Ordered {
    const alike = ({ ask }: Asked): boolean => (ask.dry_run ?? false) === dryRun && (ask.confirm ?? false) === confirm;
    const asked = this.asked.filter(alike);
    this.asked = this.asked.filter((one) => !alike(one));
    // A dry run does nothing of what is pending.
    if (!dryRun) this.schedule = begun(this.schedule);
    return this.order({ trigger: "manual", ...(dryRun && { dryRun }), ...(confirm && { confirm }) }, asked);
  }

  private order(request: TickRequest, asked: readonly Asked[]): Ordered {
    this.ticking = true;
    const order = { root_id: this.rootId, tick_index: this.nextIndex, request, asked };
    this.nextIndex += 1;
    return order;
  }

  ticked({ request, asked }: Ordered, record: TickRecord, now: number): void {
    this.ticking = false;
    this.recent = [...this.recent, record].slice(-KEEP);
    if (!isDryRun(record) && request.dryRun !== true) {
      this.schedule = over(this.schedule, now, { whole: request.folders === undefined, ok: record.outcome === "ok" });
    }
    for (const { answer } of asked) answer(record);
  }

  /** A new aurad has opened the root meanwhile, so that nobody runs this tick any more: what it was to do, the next one does. */
  superseded({ asked }: Ordered, now: number): void {
    this.ticking = false;
    this.schedule = cutOff(this.schedule, now);
    this.asked = [...asked, ...this.asked];
  }

  /** Nobody knows what became of the tick. It is made up for soon; who asked for it is told. */
  lost({ asked, tick_index, request: { trigger } }: Ordered, { error, startedAt, now }: Loss): void {
    this.ticking = false;
    this.schedule = cutOff(this.schedule, now);
    const times = { index: tick_index, trigger, startedAt, durationMs: now - startedAt };
    const record = tickRecord(times, { kind: "error", code: "internal", message: error });
    this.recent = [...this.recent, record].slice(-KEEP);
    for (const { answer } of asked) answer(record);
  }

  /** The host has no such root any more. */
  gone({ asked, tick_index, request: { trigger } }: Ordered, now: number): void {
    this.ticking = false;
    const message = `host ${this.host} has no sync root ${this.rootId} any more`;
    const record = tickRecord({ index: tick_index, trigger, startedAt: now, durationMs: 0 }, { kind: "error", code: "not_found", message });
    for (const { answer } of asked) answer(record);
    this.remove();
  }

  carried(): RootCarried {
    return { attached: this.attached, schedule: this.schedule, next_index: this.nextIndex, recent: this.recent };
  }

  /** One word for lists of workflows. */
  get word(): string {
    return stateWord(this.state());
  }

  state(): RootState {
    const last = this.recent.findLast((record) => !isDryRun(record)) ?? null;
    const { device_id = "", path = "", mode = "bidirectional", watcher = "none" } = this.attached ?? {};
    const facts = { rootId: this.rootId, deviceId: device_id, path, mode, watcher, last, ticking: this.ticking };
    const status = rootStatus({ ...facts, intervalMs: this.schedule.intervalMs, dueAt: dueAt(this.schedule) });
    return { ...status, host: this.host, recent_ticks: this.recent };
  }

  /** What the Web UI shows. */
  details(): string {
    const state = this.state();
    const lines = this.recent.map((record) => `- ${record.started_at} ${describeTick(record)}`);
    return [
      `Sync root ${this.rootId} of ${this.host} (${state.path}): **${stateWord(state)}**`,
      ...(state.error === null ? [] : [state.error]),
      lines.toReversed().join("\n"),
    ].join("\n\n");
  }
}

function describeTick({ tick_index, trigger, outcome, error, detail, sync }: TickRecord): string {
  const done = sync && `${sync.uploaded.files} up, ${sync.downloaded.files} down${sync.dry_run ? ", a dry run" : ""}`;
  return `**${outcome}** tick ${tick_index} via ${trigger}: ${done ?? error ?? detail ?? ""}`;
}
