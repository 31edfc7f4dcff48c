import type { EpochState } from "../epochs/state.js";

/** The server takes at most 2 MB in one payload; an epoch goes into one with its newest events when it continues as new. */
const STATE_BYTES = 700_000;
/** A message is found in the state more than once. */
const COPIES = 4;
/** Halving so often leaves an eighth. */
const ROUNDS = 3;
const LEAST = 10;
const CLIPPED = 1000;

/** What goes first when there is no more room, the least missed first; all of it is in the audit trail too. */
const MEASURES: readonly ((state: EpochState) => EpochState)[] = [
  (state) => ({ ...state, progress: half(state.progress) }),
  (state) => ({ ...state, transitions: half(state.transitions), violations: half(state.violations) }),
  (state) => ({ ...state, findings: state.findings.filter(({ resolved_at }) => resolved_at === null) }),
  (state) => ({ ...state, sessions: living(state.sessions) }),
  (state) => ({
    ...state,
    transitions: state.transitions.map((record) => ({ ...record, condition_met: clip(record.condition_met) })),
    slices: mapped(state.slices, (slice) => ({ ...slice, output: clip(slice.output), error: clip(slice.error) })),
  }),
  (state) => ({ ...state, answers: half(state.answers) }),
  (state) => ({
    ...state,
    answers: state.answers.map((each) => ({ ...each, question: clip(each.question), options: each.options.slice(0, LEAST).map(clip) })),
    findings: state.findings.map((each) => ({ ...each, description: clip(each.description) })),
  }),
];

/** Keeps an epoch, which may be open for months, within what one payload holds. */
export class Room {
  private bytes: number;

  constructor(state: EpochState) {
    this.bytes = sizeOf(state);
  }

  /** The state, without what it can do without when it does not fit; null when it does not fit even so. */
  fit(state: EpochState, message: unknown): EpochState | null {
    this.bytes += sizeOf(message ?? null) * COPIES;
    if (this.bytes <= STATE_BYTES) return state;
    let fitting = state;
    this.bytes = sizeOf(fitting);
    for (let round = 0; this.bytes > STATE_BYTES; round++) {
      const measure = MEASURES[Math.floor(round / ROUNDS)];
      if (measure === undefined) return null;
      fitting = measure(fitting);
      this.bytes = sizeOf(fitting);
    }
    return fitting;
  }
}

/** Bytes of the value as JSON in UTF-8. */
export function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

function half<T>(list: readonly T[]): readonly T[] {
  return list.length <= LEAST ? list : list.slice(-Math.max(LEAST, Math.ceil(list.length / 2)));
}

function clip(text: string): string {
  return text.length <= CLIPPED ? text : `${text.slice(0, CLIPPED)}… (whole in the audit trail)`;
}

function living(sessions: EpochState["sessions"]): EpochState["sessions"] {
  return Object.fromEntries(Object.entries(sessions).filter(([, { ended_at }]) => ended_at === null));
}

function mapped<T>(items: Readonly<Record<string, T>>, change: (item: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(items).map(([key, item]) => [key, change(item)]));
}
