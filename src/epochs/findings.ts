import { openFindings } from "./gates.js";
import type { Finding, Severity } from "./messages.js";
import { unknownSlices } from "./slice-lookup.js";
import type { EpochState, OpenFinding } from "./state.js";
import { accepted, draft, iso, refused, type Outcome } from "./step.js";

const PREFIX: Readonly<Record<Severity, string>> = { BLOCKER: "b", IMPORTANT: "i", MINOR: "m" };
const OPEN_AT_MOST = 500;
const RESOLVED_KEPT = 200;

/** Adds or resolves a finding. Going back from p10 resolves none. */
export function finding(state: EpochState, message: Finding, at: number): Outcome {
  return message.op === "add" ? add(state, message, at) : resolve(state, message, at);
}

function add(state: EpochState, message: Finding, at: number): Outcome {
  const severity = message.severity ?? "BLOCKER";
  if (state.phase === "p4") {
    return refused(state, "p4 is judged by votes alone, findings with a severity are for code review; vote REVISE with a comment");
  }
  const unknown = unknownSlices(state, message.slice_id === undefined ? [] : [message.slice_id]);
  if (unknown !== null) return refused(state, unknown);
  const known = state.findings.find((candidate) => candidate.id === message.id);
  if (known !== undefined) {
    return refused(
      state,
      `finding ${known.id} exists and is ${known.resolved_at === null ? "open" : "resolved"}; give another id, or none`,
    );
  }
  if (openFindings(state).length >= OPEN_AT_MOST) return refused(state, `${OPEN_AT_MOST} findings are open; resolve some first`);
  const record: OpenFinding = {
    id: message.id ?? nextId(state, severity),
    severity,
    slice_id: message.slice_id ?? null,
    description: message.description ?? "",
    by: message.by ?? "",
    at: iso(at),
    resolved_at: null,
  };
  const { id, slice_id, description } = record;
  return accepted(
    { ...state, findings: [...state.findings, record] },
    [draft(state, "blocker_recorded", record.by, { id, severity, slice_id, description }, "reviewer")],
    [id],
  );
}

function resolve(state: EpochState, message: Finding, at: number): Outcome {
  const chosen = message.id === undefined ? oldestOpen(state, message.severity) : state.findings.find(({ id }) => id === message.id);
  if (chosen === undefined) {
    return refused(
      state,
      message.id === undefined
        ? `no ${message.severity ?? "finding"} is open; nothing to resolve`
        : `no finding ${message.id}; open: ${openIds(state)}`,
    );
  }
  if (chosen.resolved_at !== null) return refused(state, `finding ${chosen.id} is resolved already; open: ${openIds(state)}`);
  const findings = state.findings.map((other) => (other.id === chosen.id ? { ...other, resolved_at: iso(at) } : other));
  const { id, severity, slice_id } = chosen;
  return accepted(
    { ...state, findings: withoutOldest(findings) },
    [draft(state, "blocker_resolved", message.by ?? "", { id, severity, slice_id, description: message.description ?? "" })],
    [id],
  );
}

/** Blockers first: they are what keeps the epoch. */
function oldestOpen(state: EpochState, severity: Severity | undefined): OpenFinding | undefined {
  const open = openFindings(state);
  return severity === undefined
    ? (open.find((candidate) => candidate.severity === "BLOCKER") ?? open[0])
    : open.find((candidate) => candidate.severity === severity);
}

function openIds(state: EpochState): string {
  const ids = openFindings(state).map(({ id }) => id);
  return ids.length === 0 ? "none" : ids.slice(0, 10).join(", ");
}

/** b1, b2, …: one more than the highest that was ever given. */
function nextId(state: EpochState, severity: Severity): string {
  const own = new RegExp(`^${PREFIX[severity]}([0-9]{1,9})$`);
  const numbers = state.findings.map(({ id }) => Number(own.exec(id)?.[1] ?? 0));
  return `${PREFIX[severity]}${Math.max(0, ...numbers) + 1}`;
}

/** Open ones are never dropped; of the resolved ones the newest stay, the others are in the audit trail. */
function withoutOldest(findings: readonly OpenFinding[]): readonly OpenFinding[] {
  let surplus = findings.filter(({ resolved_at }) => resolved_at !== null).length - RESOLVED_KEPT;
  return surplus <= 0 ? findings : findings.filter(({ resolved_at }) => resolved_at === null || surplus-- <= 0);
}
