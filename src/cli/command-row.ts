import type { Run } from "./context.js";

/** What a value is: for completions, and checked before the command runs. */
export type ValueKind =
  | "service"
  | "epoch"
  | "slice"
  | "phase"
  | "axis"
  | "vote"
  | "severity"
  | "role"
  | "type"
  | "mode"
  | "file"
  | "folder";

export interface OptionRow {
  /** As commander reads it: `-n, --lines <n>`. */
  readonly flags: string;
  readonly summary: string;
  /** Shown in the help; the value itself is `parse`d from text. */
  readonly preset?: string;
  /** Throws AuraError `usage` for a bad value. */
  readonly parse?: (text: string) => unknown;
  readonly kind?: ValueKind;
  /** The command does nothing without it. */
  readonly required?: true;
}

export interface CommandRow {
  /** `status`, or group and command: `epoch start`. */
  readonly name: string;
  /** As commander reads it: `[name...]`. */
  readonly args?: string;
  readonly summary: string;
  readonly options?: readonly OptionRow[];
  /** The values of the argument, where they are known beforehand; `service`, `root`: the names of those that there are. */
  readonly values?: readonly string[] | "service" | "root";
  /** Imported when the command runs and not before: starting up is most of what a short command costs. */
  readonly load: () => Promise<{ readonly run: Run }>;
}

/** Commands of two words share their first. */
export interface GroupRow {
  readonly name: string;
  readonly summary: string;
}
