import { commandAndWait } from "../command-run.js";
import type { Run } from "../context.js";

export const run: Run = (context) => commandAndWait(context, "up", (control, asker) => control.up(context.args, asker));
