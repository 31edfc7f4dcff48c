import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import { AXES, type Axis, type CastVote, type Vote } from "../epochs/messages.js";
import { phaseOf } from "../epochs/phases.js";
import { problemOfMessage } from "./epoch-input.js";
import {
  type ReviewInput,
  type ReviewResult,
  type ReviewState,
  reviewStateQuery,
  type RoundEnd,
  roundEndedSignal,
  voteRecordedSignal,
  voteSignal,
} from "./epoch-messages.js";
import { SEARCH_STATUS } from "./names.js";
import { onSignal } from "./raw-signal.js";
import { setAttributes } from "./search-status.js";

/**
 * One round of a review, from the epoch's entry into the phase until it leaves it: who voted what. The epoch decides by
 * its own votes; a vote that is sent here is handed on to it, and comes back once it counts.
 */
export async function ReviewPhaseWorkflow(input: ReviewInput): Promise<ReviewResult> {
  const { epoch_id, phase, round } = input;
  const votes = new Map<Axis, CastVote>(input.votes?.map((vote) => [vote.axis, vote]));
  const forwards: CastVote[] = [];
  let end: RoundEnd | undefined;

  onSignal(voteRecordedSignal.name, ({ args }) => record(args));
  onSignal(roundEndedSignal.name, ({ args: [told] }) => {
    end = typeof told === "object" && told !== null ? (told as RoundEnd) : { to_phase: "" };
    record(end.votes ?? []);
  });
  onSignal(voteSignal.name, ({ args: [vote] }) => {
    if (problemOfMessage("vote", vote) === null) forwards.push(vote as CastVote);
  });
  setHandler(reviewStateQuery, state);
  show();

  while (true) {
    await condition(() => end !== undefined || forwards.length > 0 || workflowInfo().continueAsNewSuggested);
    const forward = forwards.shift();
    if (forward !== undefined) {
      await getExternalWorkflowHandle(epoch_id)
        .signal(voteSignal, forward)
        .catch(() => {});
      continue;
    }
    if (end !== undefined) break;
    if (allHandlersFinished()) return continueAsNew<typeof ReviewPhaseWorkflow>({ epoch_id, phase, round, votes: [...votes.values()] });
  }
  setAttributes({ [SEARCH_STATUS]: "complete" });
  const vote_result = Object.fromEntries([...votes].map(([axis, { vote }]) => [axis, vote])) as Partial<Record<Axis, Vote>>;
  return { ...state(), success: true, vote_result, to_phase: end.to_phase };

  function record(given: readonly unknown[]): void {
    for (const vote of Array.isArray(given) ? given : []) {
      if (problemOfMessage("vote", vote) === null) votes.set((vote as CastVote).axis, vote as CastVote);
    }
    show();
  }

  function state(): ReviewState {
    return { epoch_id, phase_id: phase, round, votes: Object.fromEntries(votes) };
  }

  function show(): void {
    const lines = AXES.map((axis) => {
      const vote = votes.get(axis);
      return `- ${axis}: ${vote === undefined ? "no vote yet" : `${vote.vote} by ${vote.reviewer_id}`}`;
    });
    setCurrentDetails([`${phase} ${phaseOf(phase).name} of epoch ${epoch_id}, round ${round}`, lines.join("\n")].join("\n\n"));
  }
}
