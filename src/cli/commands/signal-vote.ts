import { AXES, type Axis, type Vote } from "../../epochs/messages.js";
import type { Run } from "../context.js";
import { given, tellEpoch, type EpochOption } from "../epoch-run.js";
import { phaseLabel } from "../render/epoch-words.js";

interface VoteOptions extends EpochOption {
  readonly axis: Axis;
  readonly vote: Vote;
  readonly reviewerId?: string;
  readonly comment?: string;
  readonly sliceId?: readonly string[];
}

export const run: Run = (context) => {
  const { epochId, axis, vote, reviewerId, comment, sliceId } = context.options<VoteOptions>();
  const reviewer = reviewerId ?? `reviewer-${"ABC"[AXES.indexOf(axis)]}`;
  return tellEpoch(context, {
    what: `${vote} on ${axis} by ${reviewer}`,
    send: (control, signature) =>
      control.vote(epochId, { ...signature, axis, vote, reviewer_id: reviewer, ...given({ comment, slice_ids: sliceId }) }),
    done: ({ phase }) => `recorded in ${phaseLabel(phase)}: ${axis} ${vote} by ${reviewer}`,
  });
};
