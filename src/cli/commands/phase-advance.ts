import type { PhaseId } from "../../epochs/phases.js";
import type { Run } from "../context.js";
import { given, tellEpoch, type EpochOption } from "../epoch-run.js";
import { phaseLabel } from "../render/epoch-words.js";

interface AdvanceOptions extends EpochOption {
  readonly toPhase: PhaseId;
  readonly triggeredBy?: string;
  readonly condition?: string;
}

export const run: Run = (context) => {
  const { epochId, toPhase, triggeredBy, condition } = context.options<AdvanceOptions>();
  return tellEpoch(context, {
    what: `advance to ${phaseLabel(toPhase)}`,
    send: (control, signature) =>
      control.advance(epochId, {
        ...signature,
        to_phase: toPhase,
        ...given({ triggered_by: triggeredBy, condition_met: condition }),
      }),
    done: ({ phase, role }) => `epoch ${epochId} is in ${phaseLabel(phase)}${phase === "complete" ? "" : `, led by ${role}`}`,
  });
};
