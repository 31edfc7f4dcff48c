import type { ReloadResult } from "../../services/control.js";
import { connectControl } from "../connect.js";
import type { Run } from "../context.js";
import { errorFields } from "../failure.js";
import { newAsker } from "../local.js";
import { plain } from "../render/text.js";
import { AuraError } from "../../shared/errors.js";

/** Exit 1 when a spec file is bad: the good ones were applied all the same. */
export const run: Run = async (context) => {
  const { globals, io } = context;
  const { control, close } = await connectControl(context);
  try {
    const { added, removed, changed, errors } = await control.reload(newAsker());
    const failure = badSpecs(errors);
    if (globals.json) {
      const error = failure === null ? {} : { error: errorFields(failure) };
      io.out(`${JSON.stringify({ schema_version: 1, ...error, added, removed, changed, errors })}\n`);
      return failure === null ? 0 : 1;
    }
    io.out(summary({ added, removed, changed, errors }));
    for (const line of errors) io.err(`aura-msg: ${plain(line)}; its last good version stays\n`);
    return failure === null ? 0 : 1;
  } finally {
    await close();
  }
};

function badSpecs(errors: readonly string[]): AuraError | null {
  return errors.length === 0 ? null : new AuraError("spec_invalid", errors.map(plain).join("; "));
}

function summary({ added, removed, changed }: ReloadResult): string {
  const parts = [
    ["added", added],
    ["removed", removed],
    ["changed", changed],
  ] as const;
  const lines = parts.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(", ")}\n`);
  return lines.length === 0 ? "nothing changed\n" : lines.join("");
}
