import { identify } from "../../adapters/process/identity.js";
import type { SessionProcess } from "../../epochs/messages.js";
import type { Role } from "../../epochs/phases.js";
import { AuraError } from "../../shared/errors.js";
import type { Run } from "../context.js";
import { given, tellEpoch, type EpochOption } from "../epoch-run.js";

interface RegisterOptions extends EpochOption {
  readonly sessionId: string;
  readonly role: Role;
  readonly modelHarness?: string;
  readonly model?: string;
  readonly pid?: number;
}

export const run: Run = (context) => {
  const { epochId, sessionId, role, modelHarness, model, pid } = context.options<RegisterOptions>();
  return tellEpoch(context, {
    what: `register session ${sessionId}`,
    send: (control, signature, { here }) =>
      control.registerSession(epochId, {
        ...signature,
        session_id: sessionId,
        role,
        ...given({ model_harness: modelHarness, model, process: pid === undefined ? undefined : processOf(pid, here) }),
      }),
    done: () => `session ${sessionId} is registered as ${role}`,
  });
};

/** Pid, start time and boot together tell the process from every later user of the pid. */
function processOf(pid: number, host: string): SessionProcess {
  const identity = identify(pid);
  if (identity === null)
    throw new AuraError("usage", `--pid: no process ${pid} runs on this host`, { fix: "give the pid of the session's process" });
  if (host === "")
    throw new AuraError("usage", "--pid tells of a process on this host, and --host names another", { fix: "leave one of them out" });
  return { host, pid, start_time: identity.startTime, boot_id: identity.bootId };
}
