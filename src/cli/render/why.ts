import type { Colors } from "picocolors/types.js";
import type { WhyDocument } from "../../services/control.js";
import type { Transition } from "../../services/snapshot.js";
import { describeArrival, tellTransition } from "../../services/telling.js";
import { stateColor } from "./status.js";
import { plain, wrap } from "./text.js";

/** How many changes are told of the service itself, and of each one it goes back to. */
const SHOWN = 10;
const SHOWN_BEHIND = 5;

/** The chain of causes as sentences, newest service first, each hop one level deeper. */
export function renderWhy(chain: readonly WhyDocument[], colors: Colors, width: number): string[] {
  return chain.flatMap((document, depth) => {
    const indent = "  ".repeat(depth);
    const lines = renderOne(document, depth, colors, width - indent.length).map((line) => (indent + line).trimEnd());
    return depth === 0 ? lines : ["", ...lines];
  });
}

function renderOne(document: WhyDocument, depth: number, colors: Colors, width: number): string[] {
  const { snapshot, transitions } = document;
  const shown = transitions.slice(depth === 0 ? -SHOWN : -SHOWN_BEHIND);
  const hidden = transitions.length - shown.length;
  return [
    headline(document, depth, colors),
    ...(snapshot === null || snapshot.reason === "" ? [] : wrap(plain(snapshot.reason), width - 2).map((line) => `  ${line}`)),
    ...(hidden > 0 ? [colors.dim(`  (${hidden} earlier: --json shows them)`)] : []),
    ...shown.flatMap((transition) => renderTransition(transition, colors, width)),
    ...(transitions.length === 0 ? [colors.dim("  nothing has happened to it yet")] : []),
  ];
}

function headline({ service, host, snapshot, desired }: WhyDocument, depth: number, colors: Colors): string {
  const state = snapshot === null ? "not seen yet" : stateColor(snapshot.state, colors)(snapshot.state);
  const who = depth === 0 ? `${plain(service)} on ${plain(host)}` : `which goes back to ${plain(service)}`;
  return `${colors.bold(who)}: ${state}, wanted ${desired}`;
}

function renderTransition(transition: Transition, colors: Colors, width: number): string[] {
  const { at, from, to, repeats } = transition;
  const arrival = plain(describeArrival(transition));
  const times = repeats !== undefined && repeats > 1 ? `, ${repeats} times` : "";
  const head = `  ${colors.dim(localTime(at))}  ${from} -> ${stateColor(to, colors)(arrival)}${times}`;
  return [head, ...wrap(plain(tellTransition(transition)), width - 6).map((line) => `      ${line}`)];
}

/** `2026-01-02 03:04:05` in the reader's time zone. */
export function localTime(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
