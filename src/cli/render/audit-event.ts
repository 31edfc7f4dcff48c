import type { AuditEvent } from "../../epochs/audit.js";
import { plain } from "./text.js";

type Payload = AuditEvent["payload"];

/** What happened, and more about it; who did it stands between the two. */
type Story = readonly [what: string, more?: string];

/** What one event of an audit trail says, in a line and without its time, phase and type. */
export function tellEvent({ type, payload, by }: AuditEvent): string {
  const [what, more = ""] = STORIES[type](payload);
  // A slice starts by itself; where is part of the story.
  const who = by === "" || type === "slice_started" ? "" : ` by ${by}`;
  return plain(`${what}${who}${more === "" ? "" : `: ${more}`}`);
}

const STORIES: Readonly<Record<AuditEvent["type"], (payload: Payload) => Story>> = {
  epoch_started: (payload) => ["started", joined("slices ", list(payload, "slices"))],
  phase_advance: (payload) => {
    const way = `${text(payload, "from")} -> ${text(payload, "to")}`;
    return payload["success"] === false ? [`${way} refused`, list(payload, "refused", "; ")] : [way, text(payload, "condition")];
  },
  phase_transition: (payload) => [`${text(payload, "from")} -> ${text(payload, "to")}`, text(payload, "action")],
  vote_recorded: (payload) => {
    const before = joined(", before ", text(payload, "changed_from"));
    return [`${text(payload, "axis")} ${text(payload, "vote")}${before}`, text(payload, "comment")];
  },
  blocker_recorded: (payload) => [
    `${text(payload, "severity")} ${text(payload, "id")}${joined(" on slice ", text(payload, "slice_id"))}`,
    text(payload, "description"),
  ],
  blocker_resolved: (payload) => [`${text(payload, "severity")} ${text(payload, "id")} resolved`, text(payload, "description")],
  constraint_check: (payload) => [text(payload, "constraint"), text(payload, "message")],
  slice_started: (payload) => [`${slice(payload)}${joined(", starts on ", text(payload, "host"))}`],
  slice_completed: (payload) => [`${slice(payload)}, ${text(payload, "outcome").replace("_", " ")}`, reason(payload)],
  session_registered: (payload) => [`session ${text(payload, "session_id")}${joined(" as ", text(payload, "role"))}`],
  session_ended: (payload) => [`session ${text(payload, "session_id")} ended`, text(payload, "reason")],
  review_cycle: (payload) => [`slice ${text(payload, "slice_id")}, review cycle ${text(payload, "cycle")}`, text(payload, "because")],
  gate_answered: (payload) => [`answered${joined(" to ", quoted(payload, "question"))}`, quoted(payload, "answer")],
  epoch_cancelled: (payload) => ["cancelled", text(payload, "reason")],
};

function slice(payload: Payload): string {
  return `slice ${text(payload, "slice_id")}, attempt ${text(payload, "attempt")}`;
}

/** An outcome that says no more than its own name says nothing more. */
function reason(payload: Payload): string {
  const why = text(payload, "reason");
  return why === text(payload, "outcome") ? "" : why;
}

function text(payload: Payload, key: string): string {
  const value = payload[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function quoted(payload: Payload, key: string): string {
  const value = text(payload, key);
  return value === "" ? "" : JSON.stringify(value);
}

function joined(before: string, value: string): string {
  return value === "" ? "" : `${before}${value}`;
}

function list(payload: Payload, key: string, between = ", "): string {
  const value = payload[key];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string").join(between) : "";
}
