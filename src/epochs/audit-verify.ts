import type { AuditEvent } from "./audit.js";
import { verifyChain } from "./audit-chain.js";

export interface TrailProblem {
  /** The first event that it is about. */
  readonly seq: number;
  readonly what: string;
}

/** What came of holding a trail to its own chain and to the workflow. */
export interface TrailCheck {
  readonly ok: boolean;
  readonly events: number;
  readonly first_seq: number | null;
  readonly last_seq: number | null;
  /** How many events of the trail the workflow still holds. */
  readonly compared: number;
  /** By seq. */
  readonly problems: readonly TrailProblem[];
}

/** `held`: the newest events of the epoch as its workflow has them; null when it cannot be asked any more. */
export function checkTrail(rows: readonly AuditEvent[], held: readonly AuditEvent[] | null): TrailCheck {
  const byChain = verifyChain(rows).problems.map(asProblem);
  const byWorkflow = held === null ? [] : compare(rows, held);
  // A trail that is itself what the workflow holds begins where that does.
  const headless = rows[0] !== undefined && rows[0].seq > 1 && rows[0].seq !== held?.[0]?.seq;
  const head = headless ? [{ seq: 1, what: `${range(1, rows[0]!.seq - 1)} missing; the trail begins at ${rows[0]!.seq}` }] : [];
  const problems = [...head, ...byChain, ...byWorkflow].toSorted((a, b) => a.seq - b.seq);
  const seqs = new Set(rows.map(({ seq }) => seq));
  return {
    ok: problems.length === 0,
    events: rows.length,
    first_seq: rows[0]?.seq ?? null,
    last_seq: rows.at(-1)?.seq ?? null,
    compared: held?.filter(({ seq }) => seqs.has(seq)).length ?? 0,
    problems,
  };
}

function compare(rows: readonly AuditEvent[], held: readonly AuditEvent[]): TrailProblem[] {
  const kept = new Map(rows.map((row) => [row.seq, row.hash]));
  const [oldest, newest] = [held[0]?.seq ?? 1, held.at(-1)?.seq ?? 0];
  const changed = held.filter(({ seq, hash }) => kept.has(seq) && kept.get(seq) !== hash);
  const missing = held.filter(({ seq }) => !kept.has(seq)).map(({ seq }) => seq);
  const foreign = rows.filter(({ seq }) => seq > newest).map(({ seq }) => seq);
  return [
    ...changed.map(({ seq }) => ({ seq, what: "differs from what the workflow holds" })),
    // What is missing before the oldest that is held is told by the chain.
    ...spans(missing).map(([from, to]) => ({ seq: from, what: `${range(from, to)} missing; the workflow holds ${oldest} to ${newest}` })),
    ...spans(foreign).map(([from, to]) => ({ seq: from, what: `${range(from, to)} not known to the workflow, whose last is ${newest}` })),
  ];
}

/** `event 7 is`, `events 7 to 9 are`. */
function range(from: number, to: number): string {
  return from === to ? `event ${from} is` : `events ${from} to ${to} are`;
}

/** Ascending numbers as [first, last] of each row without a gap. */
function spans(seqs: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const seq of seqs) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else found.push([seq, seq]);
  }
  return found;
}

/** The chain tells its problems as `event 7: what is wrong`. */
function asProblem(line: string): TrailProblem {
  const [, seq, what] = /^event (\d+): (.*)$/s.exec(line) ?? [];
  return seq === undefined ? { seq: 1, what: line } : { seq: Number(seq), what: what! };
}
