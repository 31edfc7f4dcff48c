import type { Run } from "../context.js";
import { plain } from "../render/text.js";
import { renderRoots } from "../render/roots.js";
import { withRoots } from "../roots-run.js";

export const run: Run = (context) =>
  withRoots(context, async ({ control, host, here }) => {
    const { globals, io } = context;
    const roots = await control.list();
    const home = here ? (io.env["HOME"] ?? "") : "";
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, host, roots })}\n`);
    else if (roots.length === 0) io.out(`no roots on ${plain(host)}; make one with: aura-msg root init PATH --bucket B\n`);
    else io.out(`${renderRoots(roots, io.colors, io.columns(), Date.now(), home).join("\n")}\n`);
    return 0;
  });
