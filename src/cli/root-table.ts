import type { CommandRow, GroupRow } from "./command-row.js";
import { atMost, longDuration, restorePoint } from "./root-values.js";
import { duration } from "./values.js";

export const ROOT_GROUPS: readonly GroupRow[] = [{ name: "root", summary: "the folders that are kept in step with S3" }];

const ROOT = { args: "[root]", values: "root" } as const;

/** The commands of sync roots, in the order of their help. */
export const ROOT_COMMANDS: readonly CommandRow[] = [
  {
    name: "root init",
    args: "<path>",
    summary: "make a folder a sync root; needs no daemon",
    options: [
      { flags: "--bucket <name>", summary: "where it is kept", required: true },
      { flags: "--root-id <id>", summary: "the same on every device; the folder's name when left out" },
      { flags: "--device-id <id>", summary: "another on every device; the host's name when left out" },
      { flags: "--mode <mode>", summary: "bidirectional, push or pull; bidirectional when left out", kind: "mode" },
      { flags: "--endpoint <url>", summary: "of the S3 server; Amazon's when left out" },
      { flags: "--region <name>", summary: "of the bucket" },
      { flags: "--path-style", summary: "the bucket in the path; the default with --endpoint" },
      { flags: "--no-path-style", summary: "the bucket in the host name" },
      { flags: "--force", summary: "write root.toml anew where there is one" },
    ],
    load: () => import("./commands/root-init.js"),
  },
  { name: "root list", summary: "list the roots: state, last tick, what is wrong", load: () => import("./commands/root-list.js") },
  {
    name: "sync",
    ...ROOT,
    summary: "bring a root in step now; all of them without a name",
    options: [
      { flags: "--dry-run", summary: "only say what would be done" },
      { flags: "--confirm", summary: "let happen the deletions that the brake holds back" },
    ],
    load: () => import("./commands/sync.js"),
  },
  {
    name: "sync wait",
    ...ROOT,
    summary: "return when all is uploaded, and all of the others is here",
    options: [{ flags: "--timeout <duration>", summary: "how long to wait; without end when left out", parse: duration }],
    load: () => import("./commands/sync-wait.js"),
  },
  {
    name: "sync log",
    ...ROOT,
    summary: "list the manifests that can be gone back to, newest first",
    options: [{ flags: "-n, --lines <n>", summary: "how many a root", preset: "20", parse: atMost(1000) }],
    load: () => import("./commands/sync-log.js"),
  },
  {
    name: "sync restore",
    args: "<path>",
    summary: "put a file, or a folder and all in it, back as it was",
    options: [
      {
        flags: "--at <time>",
        summary: "such as 2026-11-21T13:58:00Z, '2h ago', yesterday, or a manifest",
        required: true,
        parse: restorePoint,
      },
    ],
    load: () => import("./commands/sync-restore.js"),
  },
  {
    name: "sync gc",
    ...ROOT,
    summary: "list content in the bucket that nothing needs",
    options: [
      { flags: "--apply", summary: "delete it" },
      { flags: "--window <duration>", summary: "what is younger is kept", preset: "24h", parse: longDuration },
      { flags: "--history <duration>", summary: "how far back one can still go", preset: "30d", parse: longDuration },
    ],
    load: () => import("./commands/sync-gc.js"),
  },
  {
    name: "sync verify",
    ...ROOT,
    summary: "read all content back and check it",
    options: [{ flags: "--repair", summary: "upload again what this device still has" }],
    load: () => import("./commands/sync-verify.js"),
  },
];
