import { currentPlaces, runningPid } from "../../adapters/home/home.js";
import { identify, isSame } from "../../adapters/process/identity.js";

const POLL_MS = 50;

/** Stops the aurad of this home and waits until it is gone. 0: gone, or none ran. */
export async function stop(leaveServices: boolean): Promise<number> {
  const pid = runningPid(currentPlaces());
  const identity = pid === null ? null : identify(pid);
  if (identity === null) {
    process.stdout.write("aurad does not run\n");
    return 0;
  }
  process.kill(identity.pid, leaveServices ? "SIGUSR2" : "SIGTERM");
  while (isSame(identity)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  process.stdout.write(`aurad (pid ${identity.pid}) stopped${leaveServices ? "; its services run on" : ""}\n`);
  return 0;
}
