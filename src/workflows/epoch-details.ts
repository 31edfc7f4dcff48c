import { isReviewPhase, phaseOf } from "../epochs/phases.js";
import type { EpochState } from "../epochs/state.js";

/** What the Web UI shows of an epoch under "Current Details"; the phase in the first line. */
export function describeEpoch(state: EpochState): string {
  const { name, lead } = phaseOf(state.phase);
  const doing = state.status === "running" ? `**${state.phase} ${name}**, ${lead} leads` : `**${state.status}** in ${state.phase} ${name}`;
  const votes = Object.entries(state.votes).map(([axis, { vote, reviewer_id }]) => `- ${axis}: ${vote} by ${reviewer_id}`);
  const slices = Object.values(state.slices).map((slice) => `- slice ${slice.id}: ${slice.state}${slice.reason && `, ${slice.reason}`}`);
  return [
    `Epoch ${state.epoch_id}: ${doing}`,
    ...(state.reason === "" ? [] : [state.reason]),
    ...(state.last_error === null ? [] : [`Last error: ${state.last_error}`]),
    ...(isReviewPhase(state.phase) && votes.length > 0 ? [votes.join("\n")] : []),
    ...(slices.length > 0 ? [slices.slice(0, 20).join("\n")] : []),
  ].join("\n\n");
}
