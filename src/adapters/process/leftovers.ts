import type { Sweeper } from "./sweeper.js";
import { groupOf, isShim, type Member, type RunKey, signalMembers } from "./tree.js";

const LOOK_MS = { first: 5, next: 10, most: 200 } as const;
/** The shim writes the exit status as soon as the service is gone; one that does not is ended too. */
const SHIM_MS = 1000;
/**
 * Members of the group got the signal of the stop itself, the others are asked at once. Who is still there after this
 * time is asked once more: a process that was just being forked may have missed it.
 */
const ASK_AGAIN_MS = 500;
/** After this much time of SIGKILL the rest cannot be ended (it hangs in the kernel). */
const GIVE_UP_MS = 5000;

/**
 * Ends what outlived the leader of a run, and resolves when nothing of it is left, to how many processes there were.
 * Until `deadline` (of performance.now) they are asked with SIGTERM, then they get SIGKILL. The shim is not one of them:
 * it is waited for, so that the exit status is there afterwards.
 */
export async function endLeftovers(sweeper: Sweeper, run: RunKey, deadline: number): Promise<number> {
  const began = performance.now();
  const giveUp = Math.max(deadline, began) + GIVE_UP_MS;
  let count = 0;
  let asked: "nobody" | "strays" | "all" = "nobody";
  let wait: number = LOOK_MS.first;
  for (;;) {
    const members = await sweeper.members(run, wait);
    const now = performance.now();
    if (members.length === 0 || now > giveUp) return count;
    const rest = now - began < SHIM_MS ? members.filter(({ pid }) => !isShimItself(pid)) : members;
    count = Math.max(count, rest.length);
    if (now >= deadline) signalMembers(rest, "SIGKILL");
    else if (asked === "nobody") {
      signalMembers(
        rest.filter(({ pid }) => groupOf(pid) !== run.group),
        "SIGTERM",
      );
      asked = "strays";
    } else if (asked === "strays" && now - began >= ASK_AGAIN_MS) {
      signalMembers(rest, "SIGTERM");
      asked = "all";
    }
    wait = now >= deadline ? LOOK_MS.next : Math.min(Math.max(wait * 1.5, LOOK_MS.next), LOOK_MS.most, deadline - now + 1);
  }
}

/** The oldest member that is the service's own process: the shim aside, but not its fork that is about to become the program. */
export function oldestOf(members: readonly Member[]): Member | null {
  const own = members.filter(({ pid }) => !isShimItself(pid));
  own.sort((a, b) => Number(a.startTime) - Number(b.startTime) || a.pid - b.pid);
  return own[0] ?? null;
}

/** Its fork has the same command line until it becomes the program, but does not lead the group. */
function isShimItself(pid: number): boolean {
  return isShim(pid) && groupOf(pid) === pid;
}
