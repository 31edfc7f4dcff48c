import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Programs of the trial: `bin/aurad` and `bin/aura-msg` in its home, which mean this home without any variable being set. */
export function writeCommands(home: string, dist: string): void {
  const folder = join(home, "bin");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, main] of [
    ["aurad", "worker/main.js"],
    ["aura-msg", "cli/main.js"],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, script(home, join(dist, main)));
    chmodSync(file, 0o755);
  }
}

/** How the command is typed in `cwd`. */
export function typed(home: string, name: string, cwd: string): string {
  const file = join(home, "bin", name);
  const short = relative(cwd, file);
  return quoted(short.startsWith("..") ? file : short);
}

/** The trial has a Temporal server of its own: what the environment says about another one is not for it. */
function script(home: string, main: string): string {
  return [
    "#!/bin/sh",
    "# written by npm start; run it from any folder",
    "unset TEMPORAL_ADDRESS TEMPORAL_NAMESPACE TEMPORAL_PROFILE",
    `export AURA_HOME=${quoted(home)} TEMPORAL_CONFIG_FILE=${quoted(join(home, "config/temporal.toml"))}`,
    `exec ${quoted(process.execPath)} ${quoted(main)} "$@"`,
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
