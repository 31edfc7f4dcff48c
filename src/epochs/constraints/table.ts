import { CONDUCT, FOLLOW_UPS, VERBATIM } from "./conduct.js";
import type { Constraint } from "./constraint.js";
import { AGENT_COMMITS, PROPOSALS, RECORD } from "./record.js";
import { REVIEW } from "./review.js";
import { SLICES, WORKER_GATES } from "./slices.js";

/** The 28 constraints of the protocol. docs/design/epochs.md is held to this table by a test. */
export const CONSTRAINTS: readonly Constraint[] = [
  ...RECORD,
  ...REVIEW,
  ...SLICES,
  WORKER_GATES,
  ...FOLLOW_UPS,
  ...CONDUCT,
  PROPOSALS,
  VERBATIM,
  AGENT_COMMITS,
];
