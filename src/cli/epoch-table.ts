import type { CommandRow, GroupRow, OptionRow } from "./command-row.js";
import { lineCount, positive } from "./values.js";

const EPOCH: OptionRow = { flags: "--epoch-id <id>", summary: "which epoch", kind: "epoch", required: true };
const NEW_EPOCH: OptionRow = { flags: "--epoch-id <id>", summary: "a name of your own for it", kind: "epoch", required: true };
const SLICE: OptionRow = { flags: "--slice-id <id>", summary: "which slice of its plan", kind: "slice", required: true };
const SESSION: OptionRow = { flags: "--session-id <id>", summary: "which session", required: true };

export const EPOCH_GROUPS: readonly GroupRow[] = [
  { name: "epoch", summary: "start, list, watch, cancel and export epochs; answer their user gates" },
  { name: "query", summary: "ask an epoch how it is" },
  { name: "phase", summary: "take an epoch from phase to phase" },
  { name: "signal", summary: "tell an epoch a vote, a finding, or how a slice ended" },
  { name: "session", summary: "the agents' sessions of an epoch" },
  { name: "slice", summary: "the slices of an epoch: how they are, their output, new attempts" },
];

/** The commands of epochs, in the order of their help. */
export const EPOCH_COMMANDS: readonly CommandRow[] = [
  {
    name: "epoch start",
    summary: "start an epoch in its first phase",
    options: [
      NEW_EPOCH,
      { flags: "--description <text>", summary: "what is asked for; - reads it from stdin" },
      { flags: "--slices <file>", summary: "the plan of its slices, in YAML", kind: "file" },
      { flags: "--max-parallel <k>", summary: "how many slices run side by side", parse: positive },
      { flags: "--fail-fast", summary: "the first slice that fails cancels the others" },
    ],
    load: () => import("./commands/epoch-start.js"),
  },
  {
    name: "epoch list",
    summary: "list the epochs that run: phase, status, age",
    options: [{ flags: "--all", summary: "those that have ended too" }],
    load: () => import("./commands/epoch-list.js"),
  },
  {
    name: "epoch watch",
    summary: "show an epoch as it goes on, until it ends",
    options: [EPOCH],
    load: () => import("./commands/epoch-watch.js"),
  },
  {
    name: "epoch answer",
    summary: "record a person's answer at a user gate, word for word",
    options: [
      EPOCH,
      { flags: "--answer <text>", summary: "what was answered", required: true },
      { flags: "--question <text>", summary: "what was asked" },
      { flags: "--option <text...>", summary: "what could be chosen from; may be repeated" },
      { flags: "--triggered-by <who>", summary: "who answered; you when left out" },
    ],
    load: () => import("./commands/epoch-answer.js"),
  },
  {
    name: "epoch cancel",
    summary: "end an epoch and what of it runs",
    options: [EPOCH, { flags: "--reason <text>", summary: "why, for its record", required: true }],
    load: () => import("./commands/epoch-cancel.js"),
  },
  {
    name: "epoch export",
    summary: "write state, audit trail and history of an epoch as one JSON document",
    options: [EPOCH, { flags: "-o, --output <file>", summary: "where to; stdout when left out", kind: "file" }],
    load: () => import("./commands/epoch-export.js"),
  },
  {
    name: "query state",
    summary: "show phase, votes, blockers, slices, and what is missing to go on",
    options: [EPOCH],
    load: () => import("./commands/query-state.js"),
  },
  {
    name: "phase advance",
    summary: "go to another phase, when its gates are passed",
    options: [
      EPOCH,
      { flags: "--to-phase <phase>", summary: "such as p4, 4, review or p4-review", kind: "phase", required: true },
      { flags: "--triggered-by <who>", summary: "a person, a role or a session; needed at a user gate" },
      { flags: "--condition <text>", summary: "what is met; at a user gate the answer, word for word" },
    ],
    load: () => import("./commands/phase-advance.js"),
  },
  {
    name: "signal vote",
    summary: "cast a reviewer's vote on one axis",
    options: [
      EPOCH,
      { flags: "--axis <axis>", summary: "correctness (A), test_quality (B) or elegance (C)", kind: "axis", required: true },
      { flags: "--vote <vote>", summary: "ACCEPT or REVISE", kind: "vote", required: true },
      { flags: "--reviewer-id <id>", summary: "who votes; reviewer-A, -B or -C by the axis when left out" },
      { flags: "--comment <text>", summary: "why" },
      { flags: "--slice-id <id...>", summary: "slices that a REVISE is about; may be repeated", kind: "slice" },
    ],
    load: () => import("./commands/signal-vote.js"),
  },
  {
    name: "signal blocker",
    summary: "add a finding of a review, or resolve one",
    options: [
      EPOCH,
      { flags: "--add [text]", summary: "record one" },
      { flags: "--resolve [id]", summary: "it is fixed; the oldest open one without an id" },
      { flags: "--severity <severity>", summary: "BLOCKER, IMPORTANT or MINOR; BLOCKER when left out", kind: "severity" },
      { flags: "--slice-id <id>", summary: "the slice it is about", kind: "slice" },
    ],
    load: () => import("./commands/signal-blocker.js"),
  },
  {
    name: "signal complete",
    summary: "say how a slice ended, over what its own process says",
    options: [
      EPOCH,
      SLICE,
      { flags: "--output <text>", summary: "it is done, and this came of it" },
      { flags: "--error <text>", summary: "it failed, and why" },
    ],
    load: () => import("./commands/signal-complete.js"),
  },
  {
    name: "session register",
    summary: "make an agent's session known; again: it is still there",
    options: [
      EPOCH,
      SESSION,
      { flags: "--role <role>", summary: "epoch, architect, supervisor, reviewer or worker", kind: "role", required: true },
      { flags: "--model-harness <name>", summary: "what the model runs in" },
      { flags: "--model <name>", summary: "which model" },
      { flags: "--pid <n>", summary: "its process on this host, to see when it is gone", parse: positive },
    ],
    load: () => import("./commands/session-register.js"),
  },
  {
    name: "session end",
    summary: "a session is over",
    options: [EPOCH, SESSION, { flags: "--reason <text>", summary: "why" }],
    load: () => import("./commands/session-end.js"),
  },
  {
    name: "session list",
    summary: "list the sessions of an epoch: active, gone or ended",
    options: [EPOCH],
    load: () => import("./commands/session-list.js"),
  },
  {
    name: "slice list",
    summary: "list the slices of an epoch: state, attempt, host, pid",
    options: [EPOCH],
    load: () => import("./commands/slice-list.js"),
  },
  {
    name: "slice logs",
    summary: "print the end of a slice's output",
    options: [
      EPOCH,
      SLICE,
      { flags: "-n, --lines <n>", summary: "how many lines", preset: "50", parse: lineCount },
      { flags: "-f, --follow", summary: "go on as lines are written; end with Ctrl-C" },
      { flags: "--attempt <n>", summary: "which attempt; the newest when left out", parse: positive },
    ],
    load: () => import("./commands/slice-logs.js"),
  },
  {
    name: "slice retry",
    summary: "give a slice that ended another attempt",
    options: [EPOCH, SLICE],
    load: () => import("./commands/slice-retry.js"),
  },
  {
    name: "slice move",
    summary: "begin a slice anew on another host",
    options: [EPOCH, SLICE, { flags: "--to-host <name>", summary: "the host; see: aura-msg hosts", required: true }],
    load: () => import("./commands/slice-move.js"),
  },
  {
    name: "audit",
    summary: "show what happened in an epoch: its audit trail",
    options: [
      EPOCH,
      { flags: "--phase <phase>", summary: "only events of this phase", kind: "phase" },
      { flags: "--role <role>", summary: "only events of this role", kind: "role" },
      { flags: "--type <type>", summary: "only events of this type, such as vote_recorded", kind: "type" },
      { flags: "-f, --follow", summary: "go on as events come, until the epoch ends; with --json one event a line" },
    ],
    load: () => import("./commands/audit.js"),
  },
  {
    name: "audit verify",
    summary: "check the chain of an audit trail, and that its workflow holds the same",
    options: [EPOCH],
    load: () => import("./commands/audit-verify.js"),
  },
];
