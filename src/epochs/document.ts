import { openEdges } from "./advance.js";
import type { AvailableTransition, EpochDocument, ShownSession } from "./control.js";
import { GATES, missingAnswer, openFindings } from "./gates.js";
import type { Severity } from "./messages.js";
import { phaseOf } from "./phases.js";
import { orderedSlices, plannedSlice, waitReason } from "./schedule.js";
import { activeSessions } from "./sessions.js";
import type { SliceStatus } from "./slice.js";
import type { EpochState, Session } from "./state.js";
import { edgesFrom } from "./transitions.js";

/** Ways that are open now. At a user gate the person's answer comes along with the advance. */
export function availableTransitions(state: EpochState): readonly AvailableTransition[] {
  return openEdges(state).map(({ to, condition, action }) => ({ to_phase: to, condition, action }));
}

/** What keeps the forward way from being taken, a line each. */
export function missingGates(state: EpochState): readonly string[] {
  if (state.status !== "running") return [];
  const forward = edgesFrom(state.phase).find((way) => !way.backward);
  const gates = forward?.gates.flatMap((gate) => GATES[gate](state, forward)) ?? [];
  return [...gates, ...[missingAnswer(state)].filter((line) => line !== null)];
}

/** Everything that a person is shown of an epoch. Whether the process of a session lives is looked at by who shows it. */
export function epochDocument(state: EpochState): EpochDocument {
  const phase = phaseOf(state.phase);
  const open = openFindings(state);
  const group = (severity: Severity): readonly string[] => open.filter((each) => each.severity === severity).map(({ id }) => id);
  return {
    schema_version: 1,
    epoch_id: state.epoch_id,
    description: state.description,
    status: state.status,
    reason: state.reason,
    current_phase: state.phase,
    phase_name: phase.name,
    domain: phase.domain,
    current_role: phase.lead,
    host: state.host,
    started_by: state.started_by,
    started_at: state.started_at,
    ended_at: state.ended_at,
    completed_phases: state.completed,
    votes: state.votes,
    available_transitions: availableTransitions(state),
    missing: missingGates(state),
    blocker_count: group("BLOCKER").length,
    findings: state.findings,
    severity_groups: state.severity_groups ? { BLOCKER: group("BLOCKER"), IMPORTANT: group("IMPORTANT"), MINOR: group("MINOR") } : null,
    answers: state.answers,
    transition_history: state.transitions,
    transition_count: state.transition_count,
    last_error: state.last_error,
    violations: state.violations,
    violation_count: state.violation_count,
    slices: orderedSlices(state).map((slice) => shownSlice(state, slice)),
    sessions: Object.values(state.sessions).map(shownSession),
    active_session_count: activeSessions(state).length,
    progress: state.progress,
  };
}

/** A waiting slice says what it waits for now, after why it came to wait again. */
function shownSlice(state: EpochState, slice: SliceStatus): SliceStatus {
  if (slice.state !== "waiting" || state.status !== "running") return slice;
  const planned = plannedSlice(state, slice.id);
  const now = planned === undefined ? "waits to be told complete" : waitReason(state, planned);
  return { ...slice, reason: slice.reason === "" ? now : `${slice.reason}; ${now}` };
}

function shownSession(session: Session): ShownSession {
  return { ...session, state: session.ended_at === null ? "active" : "ended" };
}
