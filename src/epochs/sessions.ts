import type { EndSession, RegisterSession } from "./messages.js";
import type { EpochState, Session } from "./state.js";
import { accepted, draft, iso, refused, type Outcome } from "./step.js";

const ACTIVE_AT_MOST = 500;
const ENDED_KEPT = 100;

/** Registers a session, or sees it again: registering twice is harmless, and brings an ended one back. */
export function registerSession(state: EpochState, message: RegisterSession, at: number): Outcome {
  const { session_id, role, model_harness, model, process } = message;
  const before = sessionOf(state, session_id);
  if (before?.ended_at !== null && activeSessions(state).length >= ACTIVE_AT_MOST) {
    return refused(state, `${ACTIVE_AT_MOST} sessions are active; end some first`);
  }
  const described = {
    session_id,
    role,
    ...(model_harness === undefined ? {} : { model_harness }),
    ...(model === undefined ? {} : { model }),
    ...(process === undefined ? {} : { process }),
  };
  const session: Session = {
    ...described,
    registered_at: before?.registered_at ?? iso(at),
    last_seen: iso(at),
    ended_at: null,
    end_reason: "",
  };
  const isNew = before === undefined || before.ended_at !== null || before.role !== role || before.process?.pid !== process?.pid;
  const next = { ...state, sessions: { ...state.sessions, [session_id]: session } };
  return accepted(next, isNew ? [draft(next, "session_registered", message.by ?? session_id, described, role)] : []);
}

export function endSession(state: EpochState, message: EndSession, at: number): Outcome {
  const session = sessionOf(state, message.session_id);
  if (session === undefined) return refused(state, `no session ${message.session_id}; register it first`);
  if (session.ended_at !== null) return accepted(state);
  const reason = message.reason ?? "";
  const ended: Session = { ...session, last_seen: iso(at), ended_at: iso(at), end_reason: reason };
  const sessions = withoutOldest({ ...state.sessions, [session.session_id]: ended });
  const by = message.by ?? session.session_id;
  return accepted({ ...state, sessions }, [
    draft(state, "session_ended", by, { session_id: session.session_id, role: session.role, reason }, session.role),
  ]);
}

export function sessionOf(state: Pick<EpochState, "sessions">, id: string): Session | undefined {
  return Object.hasOwn(state.sessions, id) ? state.sessions[id] : undefined;
}

export function activeSessions(state: Pick<EpochState, "sessions">): readonly Session[] {
  return Object.values(state.sessions).filter((session) => session.ended_at === null);
}

/** A message that names sessions shows that they live. */
export function seen(state: EpochState, names: readonly (string | undefined)[], at: number): EpochState {
  const living = names.flatMap((name) => (name === undefined ? [] : (sessionOf(state, name) ?? []))).filter((s) => s.ended_at === null);
  if (living.length === 0) return state;
  const fresh = living.map((session) => [session.session_id, { ...session, last_seen: iso(at) }] as const);
  return { ...state, sessions: { ...state.sessions, ...Object.fromEntries(fresh) } };
}

/** Ended sessions go, the first that ended first, when there are many. */
function withoutOldest(sessions: EpochState["sessions"]): EpochState["sessions"] {
  const ended = Object.values(sessions).filter((session) => session.ended_at !== null);
  if (ended.length <= ENDED_KEPT) return sessions;
  const gone = new Set(
    ended
      .toSorted((a, b) => ((a.ended_at ?? "") < (b.ended_at ?? "") ? -1 : 1))
      .slice(0, ended.length - ENDED_KEPT)
      .map((session) => session.session_id),
  );
  return Object.fromEntries(Object.entries(sessions).filter(([id]) => !gone.has(id)));
}
