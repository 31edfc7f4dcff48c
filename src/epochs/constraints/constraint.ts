import { actorRole } from "../roles.js";
import type { Advance } from "../messages.js";
import type { Role } from "../phases.js";
import type { EpochCommand } from "../step.js";
import type { EpochState } from "../state.js";

/** One step of an epoch as a constraint sees it. */
export interface Checked {
  readonly before: EpochState;
  readonly command: EpochCommand;
  /** Equal to `before` but for the record where the step was refused. */
  readonly after: EpochState;
  /** Why it was refused; empty when it was not. */
  readonly refused: readonly string[];
}

export interface Breach {
  /** What broke the constraint, in a line. */
  readonly message: string;
  /** It kept something from happening. */
  readonly blocking: boolean;
}

export interface Constraint {
  /** `C-…`. Stored in audit trails: never rename one. */
  readonly id: string;
  readonly given: string;
  readonly when: string;
  readonly must: string;
  /** What is not to be done. */
  readonly not: string;
  /** Looks at one step; null: left out, for the reason in `note`. */
  readonly check: ((step: Checked) => readonly Breach[]) | null;
  /** Looks at malformed messages too; the others may trust their fields. */
  readonly malformed?: true;
  /** What the check looks at, or why there is none. */
  readonly note: string;
}

/** A breach that kept the step from happening when the step was refused. */
export function broken(step: Checked, message: string): Breach {
  return { message, blocking: step.refused.length > 0 };
}

/** The advance of a step, asked for or taken. */
export function asked(step: Checked): Advance | null {
  return step.command.kind === "advance" ? step.command.message : null;
}

/** Whether the step took this edge. */
export function took(step: Checked, from: string, to: string): boolean {
  return step.command.kind === "advance" && step.refused.length === 0 && step.before.phase === from && step.after.phase === to;
}

/** The role of who sent the message, when the sender is an agent. */
export function senderRole(step: Checked): Role | null {
  const { message } = step.command;
  return actorRole(step.before, "by" in message ? message.by : undefined);
}
