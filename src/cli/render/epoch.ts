import type { Colors } from "picocolors/types.js";
import type { EpochDocument } from "../../epochs/control.js";
import { AXES } from "../../epochs/messages.js";
import { phaseOf } from "../../epochs/phases.js";
import {
  ballotText,
  findingText,
  openBlockers,
  phaseLabel,
  sliceSummary,
  span,
  statusColor,
  voteColor,
  type Paint,
} from "./epoch-words.js";
import { plain, wrap } from "./text.js";

const LABEL = 23;
/** Of a description; all of it is in --json. */
const DESCRIPTION_LINES = 3;

interface Line {
  readonly text: string;
  readonly paint?: Paint;
}

/** `query state`: labels and what belongs to them, no line wider than `width`. `now`: ms since the epoch. */
export function renderEpoch(document: EpochDocument, colors: Colors, width: number, now: number): string[] {
  const field = (label: string, lines: readonly Line[]): string[] => {
    const wrapped = lines.flatMap(({ text, paint }) =>
      wrap(plain(text), width - LABEL).map((part) => (paint === undefined ? part : paint(part))),
    );
    return (wrapped.length === 0 ? ["none"] : wrapped).map(
      (line, at) => (at === 0 ? colors.bold(`${label}:`.padEnd(LABEL)) : " ".repeat(LABEL)) + line,
    );
  };
  const painted = (texts: readonly string[], paint?: Paint): Line[] =>
    texts.map((text) => ({ text, ...(paint === undefined ? {} : { paint }) }));
  const { description, last_error } = document;
  return [
    ...field("Epoch", painted([document.epoch_id])),
    ...(description === "" ? [] : field("Description", painted(short(description, width - LABEL)))),
    ...field("Phase", painted([phaseText(document)])),
    ...field("Role", painted([document.current_role])),
    ...field("Status", painted([statusText(document, now)], statusColor(document.status, colors))),
    ...field("Votes", voteLines(document, colors)),
    ...field("Blockers", painted(openBlockers(document).map(findingText), colors.red)),
    ...field("Slices", document.slices.length === 0 ? [] : painted([sliceSummary(document.slices)])),
    ...field("Last error", last_error === null ? [] : painted([last_error], colors.red)),
    ...field("Available transitions", painted(document.available_transitions.map(transitionText))),
    ...field("Missing", painted(document.missing, colors.yellow)),
    ...field("Violations", painted(blocked(document), colors.yellow)),
    ...field("Transitions", painted([String(document.transition_count)])),
    ...field("Active sessions", painted([sessionsText(document)])),
  ];
}

function short(description: string, room: number): string[] {
  const lines = wrap(plain(description), room);
  return lines.length <= DESCRIPTION_LINES ? lines : [...lines.slice(0, DESCRIPTION_LINES - 1), "… (--json has all of it)"];
}

function phaseText({ current_phase, domain }: EpochDocument): string {
  return `${phaseLabel(current_phase)}${domain === "" ? "" : ` (${domain})`}`;
}

function statusText({ status, reason, started_at, ended_at }: EpochDocument, now: number): string {
  if (status === "running") return `running for ${span(started_at, now)}`;
  const after = ended_at === null ? "" : ` after ${span(started_at, Date.parse(ended_at))}`;
  return `${status}${after}${reason === "" ? "" : `: ${reason}`}`;
}

function voteLines({ votes }: EpochDocument, colors: Colors): Line[] {
  return AXES.flatMap((axis) => {
    const ballot = votes[axis];
    return ballot === undefined ? [] : [{ text: ballotText(axis, ballot), paint: voteColor(ballot.vote, colors) }];
  });
}

function transitionText({ to_phase, condition, action }: EpochDocument["available_transitions"][number]): string {
  const name = to_phase === "complete" ? "" : ` ${phaseOf(to_phase).name}`;
  return `${to_phase}${name}: ${condition}${action === "" ? "" : ` (${action})`}`;
}

/** How many there were; `--json` has them. */
function blocked({ violation_count, violations }: EpochDocument): readonly string[] {
  if (violation_count === 0) return [];
  const newest = violations.at(-1);
  const last = newest === undefined ? "" : `; the last: ${newest.constraint}: ${newest.message}${newest.blocking ? " (blocked)" : ""}`;
  return [`${violation_count}${last}`];
}

function sessionsText({ sessions, active_session_count }: EpochDocument): string {
  const gone = sessions.filter(({ state }) => state === "gone").length;
  return `${active_session_count}${gone === 0 ? "" : ` (${gone} gone)`}`;
}
