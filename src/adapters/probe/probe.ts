import type { ProbePort, ProbeTarget } from "../../services/ports.js";
import { probeExec } from "./exec.js";
import { probeHttp } from "./http.js";
import { errorWord, NO_PORT } from "./reason.js";
import { probeTcp } from "./tcp.js";

/**
 * Health probes over loopback: one connection or one process each, nothing kept between them.
 * A probe never rejects; it is over, with every socket, timer and process gone, after `timeout`
 * (an exec probe whose descendants escaped its group: 100 ms later).
 */
export function createProbe(): ProbePort {
  return {
    async probe(target) {
      try {
        return await probeOnce(target);
      } catch (error) {
        // For example a path that cannot be sent: node:http throws before the request exists.
        return `${target.health.type} probe: ${errorWord(error as NodeJS.ErrnoException)}`;
      }
    },
  };
}

function probeOnce({ health, port, env, workingDir }: ProbeTarget): Promise<string | null> {
  const { timeoutMs } = health;
  if (health.type === "exec") return probeExec({ command: health.command ?? [], workingDir, env, timeoutMs });
  const effective = health.port ?? port;
  if (effective === null) return Promise.resolve(NO_PORT);
  return health.type === "tcp" ? probeTcp(effective, timeoutMs) : probeHttp(effective, health.path ?? "/", timeoutMs);
}
