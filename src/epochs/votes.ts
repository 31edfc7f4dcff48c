import { AXES, type CastVote } from "./messages.js";
import { isReviewPhase } from "./phases.js";
import { unknownSlices } from "./slice-lookup.js";
import type { CastBallot, EpochState } from "./state.js";
import { accepted, draft, iso, refused, type Outcome } from "./step.js";

/**
 * A round is one visit of a phase. In it a reviewer has one axis, an axis has one reviewer: the first.
 * One's own vote may be changed; both stay in the audit trail. Votes count in p4 and p10 only.
 */
export function vote(state: EpochState, message: CastVote, at: number): Outcome {
  const { axis, reviewer_id } = message;
  const before = state.votes[axis];
  if (before !== undefined && before.reviewer_id !== reviewer_id) {
    return refused(state, `${axis} is ${before.reviewer_id}'s in this round; another axis, or a vote by ${before.reviewer_id}`);
  }
  const other = AXES.find((candidate) => candidate !== axis && state.votes[candidate]?.reviewer_id === reviewer_id);
  if (other !== undefined) {
    return refused(state, `${reviewer_id} votes on ${other} in this round; one reviewer has one axis, let another one vote on ${axis}`);
  }
  const unknown = unknownSlices(state, message.slice_ids ?? []);
  if (unknown !== null) return refused(state, unknown);
  const ballot: CastBallot = {
    vote: message.vote,
    reviewer_id,
    at: iso(at),
    ...(message.comment === undefined ? {} : { comment: message.comment }),
    ...(message.slice_ids === undefined ? {} : { slice_ids: message.slice_ids }),
  };
  const payload = {
    axis,
    vote: message.vote,
    reviewer_id,
    counts: isReviewPhase(state.phase),
    round: state.visits[state.phase] ?? 1,
    ...(before === undefined ? {} : { changed_from: before.vote }),
    ...(message.comment === undefined ? {} : { comment: message.comment }),
    ...(message.slice_ids === undefined ? {} : { slice_ids: message.slice_ids }),
  };
  return accepted({ ...state, votes: { ...state.votes, [axis]: ballot } }, [
    draft(state, "vote_recorded", reviewer_id, payload, "reviewer"),
  ]);
}
