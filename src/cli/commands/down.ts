import { commandAndWait } from "../command-run.js";
import type { Run } from "../context.js";

export const run: Run = (context) => commandAndWait(context, "down", (control, asker) => control.down(context.args, asker));
