import { execFileSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, resolve } from "node:path";
import { AuraError } from "../../shared/errors.js";
import type { RunRequest } from "../../services/ports.js";

/** Throws AuraError with what a person needs to know when the program cannot be started. */
export function checkProgram(request: Pick<RunRequest, "command" | "workingDir" | "env">): void {
  const program = request.command[0] ?? "";
  if (!isDirectory(request.workingDir)) {
    throw new AuraError("refused", `working directory ${request.workingDir} does not exist`, {
      fix: "create it, or correct service.working_dir",
    });
  }
  if (program.includes("/")) {
    const problem = executableProblem(isAbsolute(program) ? program : resolve(request.workingDir, program));
    if (problem !== null)
      throw new AuraError("refused", `${program} ${problem} (working directory ${request.workingDir})`, { fix: "correct service.command" });
    return;
  }
  const found = (request.env["PATH"] ?? "")
    .split(delimiter)
    .some((dir) => executableProblem(resolve(request.workingDir, dir, program)) === null);
  if (!found)
    throw new AuraError("refused", `${program} was not found on PATH`, { fix: "install it, or give its full path in service.command" });
}

/** The command as `user`, with that user's groups; unchanged without one. */
export function withUser(command: readonly string[], user: string | undefined): readonly string[] {
  if (user === undefined) return command;
  let group: string;
  try {
    group = execFileSync("id", ["-g", user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch (cause) {
    throw new AuraError("refused", `there is no user ${user} on this host`, { fix: "correct user in the spec", cause });
  }
  return ["setpriv", `--reuid=${user}`, `--regid=${group}`, "--init-groups", "--", ...command];
}

function executableProblem(path: string): string | null {
  try {
    if (statSync(path).isDirectory()) return "is a directory";
  } catch {
    return "does not exist";
  }
  try {
    accessSync(path, constants.X_OK);
    return null;
  } catch {
    return "is not executable";
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
