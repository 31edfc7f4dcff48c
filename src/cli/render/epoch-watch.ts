import type { Colors } from "picocolors/types.js";
import type { AuditEvent } from "../../epochs/audit.js";
import type { EpochDocument } from "../../epochs/control.js";
import { AXES } from "../../epochs/messages.js";
import { PHASES } from "../../epochs/phases.js";
import type { SliceStatus } from "../../epochs/slice.js";
import { tellEvent } from "./audit-event.js";
import { findingText, openBlockers, phaseLabel, sliceColor, sliceSummary, span, statusColor, voteColor } from "./epoch-words.js";
import { cut, plain } from "./text.js";
import { localTime } from "./why.js";

const LABEL = 10;
/** Slices that are shown one by one; those under way come first. */
const SLICES = { most: 12, least: 3 };
/** Lines for everything else, some events among it. */
const OTHER_LINES = 16;

/** The live picture: phase bar, votes, what is missing, slices, the last events; no line wider than `width`. */
export function renderWatch(
  document: EpochDocument,
  events: readonly AuditEvent[],
  screen: { readonly colors: Colors; readonly width: number; readonly rows: number; readonly now: number },
): string[] {
  const { colors, width, now } = screen;
  const label = (name: string): string => colors.bold(name.padEnd(LABEL));
  const lines = (name: string, texts: readonly string[], paint: (text: string) => string): string[] =>
    texts.map((text, at) => (at === 0 ? label(name) : " ".repeat(LABEL)) + paint(cut(plain(text), width - LABEL)));
  const above = [
    headline(document, screen),
    phaseBar(document, colors, width),
    "",
    label("Votes") + votes(document, colors, width - LABEL),
    ...lines("Blockers", openBlockers(document).slice(0, 5).map(findingText), colors.red),
    ...lines("Missing", document.missing, colors.yellow),
    ...lines("Error", document.last_error === null ? [] : [document.last_error], colors.red),
    ...(document.slices.length === 0 ? [] : [label("Slices") + cut(sliceSummary(document.slices), width - LABEL)]),
    ...shownSlices(document.slices, screen.rows).map((slice) => sliceLine(slice, colors, width, now)),
    "",
  ];
  const room = Number.isFinite(screen.rows) ? Math.max(3, screen.rows - above.length - 2) : 10;
  // Each transition follows an advance that says the same.
  const told = events.filter(({ type }) => type !== "phase_transition").slice(-room);
  return [...above, ...told.map((event) => shortLine(event, colors, width))];
}

/** `14:02:11  p4        vote_recorded       correctness ACCEPT by ann`. */
export function eventLine(event: AuditEvent, colors: Colors): string {
  const time = localTime(Date.parse(event.at)).slice(-8);
  return `${colors.dim(`${time}  ${event.phase.padEnd(8)}  ${event.type.padEnd(18)}`)}  ${story(event, colors, Number.POSITIVE_INFINITY)}`;
}

/** The same where there is little room: the story says what type it is. */
function shortLine(event: AuditEvent, colors: Colors, width: number): string {
  const head = `${localTime(Date.parse(event.at)).slice(-8)}  ${(event.phase === "complete" ? "end" : event.phase).padEnd(3)}`;
  return `${colors.dim(head)}  ${story(event, colors, width - head.length - 2)}`;
}

function story(event: AuditEvent, colors: Colors, room: number): string {
  const text = cut(tellEvent(event), Math.max(10, room));
  if (event.type === "phase_advance" && event.payload["success"] === false) return colors.red(text);
  return event.type === "constraint_check" ? colors.yellow(text) : text;
}

function headline(
  { epoch_id, status, reason, started_at, ended_at }: EpochDocument,
  { colors, width, now }: { colors: Colors; width: number; now: number },
): string {
  const time = span(started_at, ended_at === null ? now : Date.parse(ended_at));
  const why = reason === "" ? "" : `: ${plain(reason)}`;
  const rest = `  ${status} ${time}${why}`;
  return `${colors.bold(epoch_id)}${statusColor(status, colors)(cut(rest, Math.max(10, width - epoch_id.length)))}`;
}

/** ` p1 ✓ p2 ✓ [p3 Propose] p4 p5 …`. */
function phaseBar({ current_phase, completed_phases }: EpochDocument, colors: Colors, width: number): string {
  const here = `[${phaseLabel(current_phase)}]`;
  const parts = PHASES.map(({ id }) => {
    if (id === current_phase) return colors.bold(here);
    return completed_phases.includes(id) ? colors.green(`${id}✓`) : colors.dim(id);
  });
  const bar = current_phase === "complete" ? [...parts, colors.bold(colors.green(here))] : parts;
  const length = PHASES.reduce(
    (sum, { id }) => sum + (id === current_phase ? here.length : id.length + (completed_phases.includes(id) ? 1 : 0)),
    0,
  );
  const whole = length + bar.length - 1 + (current_phase === "complete" ? here.length : 0);
  return whole <= width ? bar.join(" ") : `${completed_phases.length} of ${PHASES.length} done  ${colors.bold(here)}`;
}

function votes({ votes: cast }: EpochDocument, colors: Colors, width: number): string {
  const texts = AXES.map((axis) => `${axis} ${cast[axis]?.vote ?? "-"}`);
  const gap = texts.join("   ").length <= width ? "   " : " ";
  return AXES.map((axis, at) => {
    const ballot = cast[axis];
    return ballot === undefined ? colors.dim(texts[at]!) : voteColor(ballot.vote, colors)(texts[at]!);
  }).join(gap);
}

/** All of a short plan in its order; of a long one those under way, then failures, then the rest. */
function shownSlices(slices: readonly SliceStatus[], rows: number): readonly SliceStatus[] {
  const most = Math.max(SLICES.least, Math.min(SLICES.most, rows - OTHER_LINES));
  if (slices.length <= most) return slices;
  const rank = ({ state }: SliceStatus): number =>
    ["running", "starting", "lost"].includes(state) ? 0 : ["failed", "timed_out"].includes(state) ? 1 : state === "waiting" ? 2 : 3;
  return slices.toSorted((a, b) => rank(a) - rank(b)).slice(0, most);
}

function sliceLine({ id, state, attempt, started_at, ended_at, reason }: SliceStatus, colors: Colors, width: number, now: number): string {
  const name = cut(plain(id), 20).padEnd(20);
  const time = started_at === null ? "" : span(started_at, ended_at === null ? now : Date.parse(ended_at));
  const middle = `${state.replace("_", " ").padEnd(9)}  ${attempt > 1 ? `#${attempt}` : "  "}  ${time.padStart(6)}  `;
  const used = 2 + name.length + 2 + middle.length;
  return `  ${name}  ${sliceColor(state, colors)(middle)}${cut(plain(reason), Math.max(8, width - used))}`;
}
