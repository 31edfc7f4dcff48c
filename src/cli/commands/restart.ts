import { commandAndWait } from "../command-run.js";
import type { Run } from "../context.js";

export const run: Run = (context) => commandAndWait(context, "restart", (control, asker) => control.restart(context.args[0]!, asker));
