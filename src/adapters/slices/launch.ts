import { statSync } from "node:fs";
import { join } from "node:path";
import type { SliceRun } from "../../epochs/slice.js";
import type { RunRequest } from "../../services/ports.js";
import { AuraError } from "../../shared/errors.js";
import { checkProgram } from "../process/program.js";
import { logFile, openLog } from "./log-paths.js";
import { holderCommand, paneEnv, socketPath, type TmuxWindow, tmuxWindow } from "./tmux.js";

export interface LaunchPlace {
  readonly dir: string;
  readonly logDir: string;
  readonly host: string;
  /** What the command inherits of aurad's environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Launch {
  readonly request: RunRequest;
  readonly tmux: TmuxWindow | null;
}

/**
 * What Runs is asked to start. Throws AuraError with the one line a person needs when the program, its working directory
 * or tmux is missing. Opens the log: `Runs.start` closes it.
 */
export function prepare(run: SliceRun, name: string, generation: number, place: LaunchPlace): Launch {
  const { command, working_dir: workingDir } = run;
  const words = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  const env = { ...(run.mode === "tmux" ? paneEnv(place.env) : place.env), ...sliceEnv(run, place.host) };
  check(words, workingDir, env);
  if (run.mode === "subprocess") {
    const output = openLog(place.logDir, run, generation === 1);
    return { request: { service: name, generation, again: true, command: words, workingDir, env, output }, tmux: null };
  }
  checkTmux(env);
  const tmux = tmuxWindow(socketPath(place.dir), run.epoch_id, run.slice_id);
  const dir = paneDir(place.dir, name);
  const holder = holderCommand({ window: tmux, dir, log: logFile(place.logDir, run), workingDir, command: words });
  const output = openLog(place.logDir, run, generation === 1);
  return { request: { service: name, generation, again: true, command: holder, workingDir, env, output }, tmux };
}

/** Fifos of an attempt in tmux. */
export function paneDir(dir: string, name: string): string {
  return join(dir, "tmux", name);
}

function sliceEnv(run: SliceRun, host: string): Record<string, string> {
  return {
    AURA_EPOCH_ID: run.epoch_id,
    AURA_SLICE_ID: run.slice_id,
    AURA_ATTEMPT: String(run.attempt),
    AURA_PHASE: run.phase,
    AURA_ROLE: run.role,
    AURA_HOST: host,
  };
}

function check(command: readonly string[], workingDir: string, env: Readonly<Record<string, string>>): void {
  if (statSync(workingDir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new AuraError("refused", `working directory ${workingDir} does not exist`, {
      fix: "create it, or correct working_dir in the slice plan",
    });
  }
  refuseMissing(command, workingDir, env, "install it, or correct command in the slice plan");
}

function checkTmux(env: Readonly<Record<string, string>>): void {
  refuseMissing(["tmux"], "/", env, "install tmux (apt-get install tmux, brew install tmux), or set mode: subprocess");
}

function refuseMissing(command: readonly string[], workingDir: string, env: Readonly<Record<string, string>>, fix: string): void {
  try {
    checkProgram({ command, workingDir, env });
  } catch (error) {
    if (error instanceof AuraError) throw new AuraError("refused", error.message, { fix, cause: error });
    throw error;
  }
}
