import type { CommandRow, GroupRow, OptionRow } from "./command-row.js";
import { EPOCH_COMMANDS, EPOCH_GROUPS } from "./epoch-table.js";
import { ROOT_COMMANDS, ROOT_GROUPS } from "./root-table.js";
import { duration, lineCount } from "./values.js";

const WAIT: readonly OptionRow[] = [
  { flags: "--timeout <duration>", summary: "how long to wait", preset: "60s", parse: duration },
  { flags: "--no-wait", summary: "return once the request was accepted" },
];

const SERVICE_COMMANDS: readonly CommandRow[] = [
  {
    name: "status",
    args: "[name...]",
    values: "service",
    summary: "show the services: state, health, pid, port, uptime, restarts",
    options: [{ flags: "-w, --watch", summary: "redraw whenever something changes" }],
    load: () => import("./commands/status.js"),
  },
  {
    name: "up",
    args: "[name...]",
    values: "service",
    summary: "start services and what they need; all of them without a name",
    options: WAIT,
    load: () => import("./commands/up.js"),
  },
  {
    name: "down",
    args: "[name...]",
    values: "service",
    summary: "stop services and what requires them; all of them without a name",
    options: WAIT,
    load: () => import("./commands/down.js"),
  },
  {
    name: "restart",
    args: "<name>",
    values: "service",
    summary: "stop and start one service",
    options: WAIT,
    load: () => import("./commands/restart.js"),
  },
  {
    name: "logs",
    args: "<name>",
    values: "service",
    summary: "print the end of a service's output",
    options: [
      { flags: "-n, --lines <n>", summary: "how many lines", preset: "50", parse: lineCount },
      { flags: "-f, --follow", summary: "go on as lines are written; end with Ctrl-C" },
      { flags: "--since <duration>", summary: "only lines that are not older, such as 10m", parse: duration },
      { flags: "--grep <pattern>", summary: "only lines that match this regular expression" },
    ],
    load: () => import("./commands/logs.js"),
  },
  { name: "reload", summary: "read the service specs again and apply what changed", load: () => import("./commands/reload.js") },
  {
    name: "check",
    args: "[file-or-dir]",
    summary: "validate service specs; needs no daemon",
    load: () => import("./commands/check.js"),
  },
  { name: "graph", summary: "show which service starts after which", load: () => import("./commands/graph.js") },
  {
    name: "why",
    args: "<name>",
    values: "service",
    summary: "explain how a service came to its present state",
    load: () => import("./commands/why.js"),
  },
];

const HOST_COMMANDS: readonly CommandRow[] = [
  { name: "hosts", summary: "list the hosts of the Temporal namespace", load: () => import("./commands/hosts.js") },
  { name: "doctor", summary: "examine this host and say what to correct", load: () => import("./commands/doctor.js") },
  {
    name: "completion",
    args: "<shell>",
    values: ["bash", "zsh", "fish", "names", "epochs", "roots"],
    summary: "print a completion script for bash, zsh or fish (`names`, `epochs`, `roots`: the words it offers)",
    load: () => import("./commands/completion.js"),
  },
];

/** Every command of aura-msg. Help, completions and docs/reference/cli.md follow this table. */
export const COMMANDS: readonly CommandRow[] = [...SERVICE_COMMANDS, ...ROOT_COMMANDS, ...EPOCH_COMMANDS, ...HOST_COMMANDS];

/** First words that stand for several commands. */
export const GROUPS: readonly GroupRow[] = [...ROOT_GROUPS, ...EPOCH_GROUPS];

export const GLOBAL_OPTIONS: readonly OptionRow[] = [
  { flags: "--host <name>", summary: "ask another host of the same Temporal namespace" },
  { flags: "--namespace <name>", summary: "Temporal namespace (TEMPORAL_NAMESPACE)" },
  { flags: "--server-address <host:port>", summary: "Temporal server (TEMPORAL_ADDRESS)" },
  { flags: "--json", summary: "print one JSON document on stdout, also for errors" },
];
