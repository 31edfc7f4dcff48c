import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { problemOfStart } from "../../epochs/check-message.js";
import type { SlicePlan } from "../../epochs/slice.js";
import { AuraError } from "../../shared/errors.js";
import type { Context, ExitStatus, Run } from "../context.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { errorFields } from "../failure.js";
import { newAsker } from "../local.js";
import { plain } from "../render/text.js";

interface StartOptions extends EpochOption {
  readonly description?: string;
  readonly slices?: string;
  readonly maxParallel?: number;
  readonly failFast?: boolean;
}

/** Everything that can be wrong is found before anybody is asked. */
export const run: Run = async (context) => {
  const { globals, io } = context;
  const { epochId, ...options } = context.options<StartOptions>();
  const description = options.description === "-" ? (await text(process.stdin)).trimEnd() : (options.description ?? "");
  const problem = problemOfStart({ epoch_id: epochId, description });
  if (problem !== null) throw new AuraError("usage", problem, { fix: "shorten it, and name the file that has the rest" });
  const parsed = await planOf(context, options);
  if ("problems" in parsed) return badPlan(context, parsed.problems);
  const { plan } = parsed;
  return withEpochs(context, async ({ control }) => {
    const started = await control.start({ epoch_id: epochId, description, plan, by: newAsker().by });
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, ...started })}\n`);
    else io.out(`epoch ${epochId} is in p1 Request; see: aura-msg query state --epoch-id ${epochId}\n`);
    return 0;
  });
};

type Plan = { readonly plan: SlicePlan | null } | { readonly problems: readonly string[] };

/** The plan of `--slices`, with what the flags say over what it says; null without one. Throws AuraError `usage`. */
async function planOf({ io }: Context, { slices, maxParallel, failFast }: Omit<StartOptions, "epochId">): Promise<Plan> {
  if (slices === undefined) {
    const flag = maxParallel !== undefined ? "--max-parallel" : failFast === true ? "--fail-fast" : undefined;
    if (flag === undefined) return { plan: null };
    throw new AuraError("usage", `${flag} is about a plan, and there is none`, { fix: "give it with --slices FILE" });
  }
  const { parsePlan } = await import("../../epochs/plan/parse.js");
  const place = { file: slices, dir: dirname(resolve(slices)), home: io.env["HOME"] || homedir() };
  const parsed = parsePlan(await bytesOf(slices), place);
  if ("problems" in parsed) return parsed;
  const told = { ...(maxParallel === undefined ? {} : { max_parallel: maxParallel }), ...(failFast === true ? { fail_fast: true } : {}) };
  return { plan: { ...parsed.plan, ...told } };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "is a folder, not a file" : message;
    throw new AuraError("usage", `--slices: ${file}: ${why}`, { fix: "name the plan file", cause: error });
  }
}

/** Every problem of a plan is a line that has its own fix; exit 1 as for any other bad input. */
function badPlan({ globals, io }: Context, problems: readonly string[]): ExitStatus {
  const error = new AuraError("usage", problems.map(plain).join("; "), { fix: "correct the plan; nothing was started" });
  if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, error: errorFields(error), problems })}\n`);
  else io.err(problems.map((line) => `aura-msg: ${plain(line)}\n`).join(""));
  return 1;
}
