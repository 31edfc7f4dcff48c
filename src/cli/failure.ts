import type { CommanderError } from "commander";
import { AuraError, ERRORS, asAuraError } from "../shared/errors.js";
import type { ExitStatus, Io } from "./context.js";

/** Prints a failure the way the user asked for and gives the exit status for it. */
export function reportFailure(thrown: unknown, io: Pick<Io, "out" | "err">, json: boolean): ExitStatus {
  const commander = asCommanderError(thrown);
  // --help and --version have done their work.
  if (commander?.exitCode === 0) return 0;
  const error = commander === undefined ? asAuraError(thrown) : usageError(commander);
  if (json) io.out(`${JSON.stringify({ error: errorFields(error) })}\n`);
  // commander has printed the help already.
  else if (commander?.code !== "commander.help") io.err(`aura-msg: ${oneLine(error.line)}\n`);
  return ERRORS[error.code].msg;
}

/** The `error` member of a JSON answer. */
export function errorFields(error: AuraError): { code: string; message: string; fix: string; effect?: string } {
  const effect = error.effect === undefined ? {} : { effect: error.effect };
  return { code: error.code, message: error.message, ...effect, fix: error.fix };
}

function asCommanderError(thrown: unknown): CommanderError | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("commander.") ? (thrown as CommanderError) : undefined;
}

/** commander says `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usageError(error: CommanderError): AuraError {
  if (error.code === "commander.help") return new AuraError("usage", "no command was given", { fix: "see: aura-msg --help" });
  const [what = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const meant = /\(Did you mean (.+)\?\)/.exec(rest.join(" "))?.[1];
  return new AuraError("usage", what.replace(/\.$/, ""), { fix: meant === undefined ? "see: aura-msg --help" : `did you mean ${meant}?` });
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, "; ");
}
