import { createContext, Script } from "node:vm";
import { AuraError } from "../../shared/errors.js";

/** Only this much of a line is searched. */
const MAX_SEARCHED_CHARS = 8192;
/** For one block of lines, which takes about a millisecond: more means a pattern that backtracks without end. */
const BUDGET_MS = 250;

const search = new Script("lines.map((line) => pattern.test(line))");

/** Tells for each line whether it matches. Throws AuraError `usage` for a pattern that is wrong or takes too long. */
export type LineFilter = (lines: readonly string[]) => readonly boolean[];

/**
 * A person's pattern runs in the process that guards the services: `(a+)+$` must not stop it. The vm's time-out ends a
 * search from outside, which nothing else in node can.
 */
export function createLineFilter(source: string | undefined): LineFilter {
  if (source === undefined) return (lines) => lines.map(() => true);
  const sandbox: { pattern: RegExp; lines: string[] } = { pattern: compile(source), lines: [] };
  const context = createContext(sandbox);
  return (lines) => {
    sandbox.lines = lines.map((line) => line.slice(0, MAX_SEARCHED_CHARS));
    try {
      return search.runInContext(context, { timeout: BUDGET_MS }) as boolean[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      throw new AuraError("usage", `grep: the pattern ${source} takes too long on these lines`, {
        fix: "write it without nested repetitions such as (a+)+",
        cause: error,
      });
    }
  };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new AuraError("usage", `grep: ${(error as Error).message}`, {
      fix: "write a JavaScript regular expression, with a backslash before characters meant as they are",
      cause: error,
    });
  }
}
