import { EPOCH_ID, idProblem, MAX_DESCRIPTION, SLICE_ID } from "./ids.js";
import { AXES, SEVERITIES, VOTES } from "./messages.js";
import { flag, list, name, oneOf, optional, record, required, text, wholeNumber, type FieldCheck, type Fields } from "./message-fields.js";
import { PHASE_IDS, ROLES } from "./phases.js";
import type { EpochCommand } from "./step.js";

const ID = "letters, digits, dot, underscore and dash, the first a letter or digit";
const sliceId = name(64, SLICE_ID, ID);
const hostName = name(100, EPOCH_ID, ID);
const findingId = name(64, SLICE_ID, ID);
const who = name(200, /^\P{Cc}+$/u, "no control characters");
const words = text(16 * 1024, 0);
const common: Fields = { key: optional(text(200, 0)), by: optional(text(200, 0)) };

const process = record({
  host: required(hostName),
  pid: required(wholeNumber(1)),
  start_time: required(text(100, 0)),
  boot_id: required(text(100, 0)),
});

const FIELDS: Readonly<Record<EpochCommand["kind"], Fields | null>> = {
  advance: {
    to_phase: required(oneOf(PHASE_IDS)),
    triggered_by: optional(text(200, 0)),
    condition_met: optional(words),
  },
  vote: {
    axis: required(oneOf(AXES)),
    vote: required(oneOf(VOTES)),
    reviewer_id: required(who),
    comment: optional(words),
    slice_ids: optional(list(sliceId, 500)),
  },
  finding: {
    op: required(oneOf(["add", "resolve"])),
    id: optional(findingId),
    severity: optional(oneOf(SEVERITIES)),
    slice_id: optional(sliceId),
    description: optional(text(4 * 1024, 0)),
  },
  answer: {
    question: optional(words),
    options: optional(list(text(4 * 1024), 50)),
    answer: required(text(16 * 1024)),
    answered_by: required(who),
  },
  register_session: {
    session_id: required(who),
    role: required(oneOf(ROLES)),
    model_harness: optional(text(200, 0)),
    model: optional(text(200, 0)),
    process: optional(process),
  },
  end_session: { session_id: required(who), reason: optional(text(1024, 0)) },
  complete_slice: {
    slice_id: required(sliceId),
    success: required(flag),
    output: optional(words),
    error: optional(words),
  },
  retry_slice: { slice_id: required(sliceId) },
  move_slice: { slice_id: required(sliceId), to_host: required(hostName) },
  slice_progress: {
    slice_id: required(sliceId),
    leaf_task_id: required(text(200)),
    stage_name: required(text(200)),
    completed: required(flag),
  },
  // from the epoch's own children
  slice_report: null,
  slices_started: null,
  cancel: { reason: required(text(4 * 1024)) },
};

const CHECKS = Object.fromEntries(
  Object.entries(FIELDS).flatMap(([kind, fields]) => (fields === null ? [] : [[kind, record({ ...common, ...fields })]])),
) as Readonly<Partial<Record<EpochCommand["kind"], FieldCheck>>>;

/**
 * What is wrong with a message, in one line that names the field, its value and what is allowed; null when nothing is.
 * Plain code: it runs in workflows, as the validator of updates and as the guard before signals.
 */
export function problemOf(command: { readonly kind: EpochCommand["kind"]; readonly message: unknown }): string | null {
  return CHECKS[command.kind]?.(command.message, "message") ?? null;
}

/** The same for the name of an epoch and its description, before it is started. */
export function problemOfStart(start: { readonly epoch_id: string; readonly description: string }): string | null {
  const wrong = idProblem("epoch", start.epoch_id);
  if (wrong !== null) return wrong;
  const bytes = utf8Length(start.description);
  return bytes <= MAX_DESCRIPTION ? null : `the description has ${bytes} bytes; at most ${MAX_DESCRIPTION} are taken`;
}

/** Bytes of a text in UTF-8; workflows have no Buffer. */
function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
