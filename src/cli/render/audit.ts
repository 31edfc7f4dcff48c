import type { Colors } from "picocolors/types.js";
import type { AuditEvent } from "../../epochs/audit.js";
import type { TrailCheck } from "../../epochs/audit-verify.js";
import { tellEvent } from "./audit-event.js";
import { plain, wrap } from "./text.js";
import { localTime } from "./why.js";

/** Columns of one width, so that events that follow later stand below the first ones. */
const SEQ = 4;
const PHASE = "complete".length;
const ROLE = "supervisor".length;
const TIME = "2026-01-02 03:04:05".length;
const INDENT = " ".repeat(SEQ + 2);
const SHOWN = 10;

export function auditHead(colors: Colors): string {
  return colors.bold(line("SEQ", "TIME", "PHASE", "ROLE", "TYPE"));
}

/** A line of what and when, and below it what it says. */
export function renderEvent(event: AuditEvent, colors: Colors, width: number): string[] {
  const { seq, at, phase, role, type } = event;
  const color = paint(event, colors);
  const head = line(String(seq), colors.dim(localTime(Date.parse(at))), plain(phase), plain(role), color(plain(type)));
  return [head, ...wrap(tellEvent(event), width - INDENT.length).map((one) => INDENT + one)];
}

/** What `audit verify` found, in lines. */
export function renderCheck(epochId: string, check: TrailCheck, compared: "compared" | "gone", width: number): string[] {
  const { ok, events, first_seq, last_seq, problems } = check;
  const span = events === 0 ? "no events" : `${events} ${events === 1 ? "event" : "events"}, ${first_seq} to ${last_seq}`;
  const workflow =
    compared === "gone"
      ? "its workflow is not held by Temporal any more, so there was nothing to compare it with"
      : `${check.compared} compared with its workflow`;
  const head = `epoch ${epochId}: ${span}; ${ok ? "the chain is whole" : "the trail is broken"}; ${workflow}`;
  const told = problems.slice(0, SHOWN).map(({ seq, what }) => `event ${seq}: ${plain(what)}`);
  const more = problems.length - told.length;
  return [
    ...wrap(head, width),
    ...told.flatMap((problem) => wrap(problem, width - 2).map((one, i) => `${i === 0 ? "  " : "    "}${one}`)),
    ...(more > 0 ? [`  and ${more} more; --json shows them`] : []),
  ];
}

function line(seq: string, time: string, phase: string, role: string, type: string): string {
  // Colour codes do not count as width: only the time can have them before the last column, and it is always as wide.
  return [seq.padStart(SEQ), time.padEnd(TIME), phase.padEnd(PHASE), role.padEnd(ROLE), type].join("  ");
}

function paint({ type, payload }: AuditEvent, colors: Colors): (text: string) => string {
  if (type === "epoch_cancelled" || payload["success"] === false || payload["outcome"] === "failed") return colors.red;
  if (type === "phase_transition" || type === "gate_answered") return colors.green;
  return type === "blocker_recorded" || payload["vote"] === "REVISE" ? colors.yellow : (text) => text;
}
