import { describeCause } from "./cause.js";
import { decideRestart, describeEnd, type End } from "./restart.js";
import type { Cause, Exit, Health, Snapshot } from "./snapshot.js";
import type { ServiceSpec } from "./spec.js";
import { down, edit, quiet, report, type AfterStop, type Event, type Moment, type Step, type Supervised } from "./supervised.js";

/** The reducer of one service: every decision of the guardian is made here, none in its edges. */
export function nextService(now: Supervised, event: Event, spec: ServiceSpec, moment: Moment): Step {
  switch (event.type) {
    case "start":
      return start(now, event, spec);
    case "stop":
      return stop(now, event, moment);
    case "restart":
      return restart(now, event, spec, moment);
    case "spawned":
      return now.snapshot.state !== "starting"
        ? quiet(now)
        : quiet(
            edit(
              { ...now, outputFrom: event.outputFrom },
              {
                generation: event.generation,
                port: event.port,
                specHash: event.specHash,
                state: "starting",
                ready: false,
                pid: null,
                health: spec.health ? "unknown" : "none",
                startedAt: moment.at,
                startedUptimeMs: moment.uptimeMs,
              },
            ),
          );
    case "running":
      return running(now, event.pid, spec, moment);
    case "exec_failed":
      return now.snapshot.state !== "starting" ? quiet(now) : ended(now, { kind: "exec", detail: event.detail }, null, 0, spec, moment);
    case "exited":
      return exited(now, event, spec, moment);
    case "health":
      return health(now, event, spec, moment);
    case "ready_line":
      return now.snapshot.state === "running" && !now.snapshot.ready
        ? report(now, { ready: true, reason: "ready: its log line was seen" }, { kind: "health" }, moment)
        : quiet(now);
    case "due":
      return now.snapshot.state === "backoff" ? quiet(edit({ ...now, held: null }, { state: "starting" }), [{ do: "spawn" }]) : quiet(now);
    case "held":
      return now.snapshot.state !== "backoff"
        ? quiet(now)
        : quiet(edit({ ...now, held: event.reason }, { reason: `${event.reason}; restarts when it is ready` }));
    case "pending":
      return pending(now, event.reason);
    case "rebooted":
      // Records of the last moments before a power cut may be lost: leave room for the numbers they used.
      return report(
        { ...now, seq: now.seq + 1000, leased: false, afterStop: null, held: null, attempts: 0 },
        {
          ...down(now, "stopped"),
          finished: false,
          reason: "host rebooted",
        },
        { kind: "boot" },
        moment,
      );
  }
}

function start(now: Supervised, event: { orderSeq: number; cause: Cause }, spec: ServiceSpec): Step {
  if (event.orderSeq <= now.snapshot.orderSeq) return quiet(now);
  const ordered = edit({ ...now, leased: true }, { orderSeq: event.orderSeq });
  const { state } = now.snapshot;
  if (state === "starting" || state === "running") return quiet(ordered);
  if (state === "stopping") return quiet({ ...ordered, afterStop: { cause: event.cause, end: null } });
  return quiet(edit({ ...ordered, attempts: 0, rapid: 0, afterStop: null, held: null }, fresh(spec, event.cause)), [{ do: "spawn" }]);
}

/** A manual or ordered start clears what earlier runs left behind. */
function fresh(spec: ServiceSpec, cause: Cause): Partial<Snapshot> {
  return {
    state: "starting",
    finished: false,
    ready: false,
    restartCount: 0,
    lastError: null,
    cause,
    reason: `starting: ${describeCause(cause)}`,
    health: spec.health ? "unknown" : "none",
  };
}

function stop(now: Supervised, event: { orderSeq: number; cause: Cause }, moment: Moment): Step {
  if (event.orderSeq <= now.snapshot.orderSeq && event.cause.kind !== "shutdown") return quiet(now);
  const orderSeq = Math.max(event.orderSeq, now.snapshot.orderSeq);
  const ordered = edit({ ...now, leased: false, afterStop: null, held: null }, { orderSeq });
  const reason = describeCause(event.cause);
  switch (now.snapshot.state) {
    case "running":
    case "starting":
      if (now.snapshot.pid === null && now.snapshot.state === "running") {
        return report(ordered, { ...down(now, "stopped"), reason: `stopped: ${reason}` }, event.cause, moment);
      }
      return report(ordered, { state: "stopping", ready: false, reason: `stopping: ${reason}` }, event.cause, moment, [
        { do: "terminate" },
      ]);
    case "stopping":
      return quiet(edit(ordered, { cause: event.cause, reason: `stopping: ${reason}` }));
    case "backoff":
    case "pending":
      return report(ordered, { ...down(now, "stopped"), reason: `stopped: ${reason}` }, event.cause, moment);
    case "stopped":
    case "failed":
      return quiet(ordered);
  }
}

function restart(now: Supervised, event: { orderSeq: number; cause: Cause }, spec: ServiceSpec, moment: Moment): Step {
  if (event.orderSeq <= now.snapshot.orderSeq) return quiet(now);
  const { state, pid } = now.snapshot;
  const live = state === "starting" || (state === "running" && pid !== null);
  const ordered = edit({ ...now, leased: true, attempts: 0, rapid: 0 }, { orderSeq: event.orderSeq });
  // A restart under the lease may have taken up the new spec already.
  if (live && event.cause.kind === "spec" && now.snapshot.specHash === spec.hash) return quiet(ordered);
  const afterStop: AfterStop = { cause: event.cause, end: null };
  if (state === "stopping") return quiet({ ...ordered, afterStop });
  if (!live) return quiet(edit({ ...ordered, afterStop: null, held: null }, fresh(spec, event.cause)), [{ do: "spawn" }]);
  return report(
    { ...ordered, afterStop },
    { state: "stopping", ready: false, reason: `restarting: ${describeCause(event.cause)}` },
    event.cause,
    moment,
    [{ do: "terminate" }],
  );
}

function running(now: Supervised, pid: number | null, spec: ServiceSpec, moment: Moment): Step {
  if (now.snapshot.state === "stopping") return quiet(edit(now, { pid }));
  if (now.snapshot.state !== "starting") return quiet(now);
  const ready =
    spec.type !== "external" && spec.health === undefined && spec.readyLogLine === undefined && spec.restart.policy !== "oneshot";
  const reason = spec.type === "external" ? "watched" : describeStart(now);
  return report(now, { state: "running", pid, ready, reason }, now.snapshot.cause, moment);
}

function describeStart(now: Supervised): string {
  const { cause, restartCount } = now.snapshot;
  return restartCount > 0 ? `restarted after: ${now.snapshot.reason.split("; ")[0] ?? ""}` : `started: ${describeCause(cause)}`;
}

function exited(now: Supervised, event: { exit: Exit; ranMs: number; note?: string }, spec: ServiceSpec, moment: Moment): Step {
  const noted = event.note === undefined ? "" : ` (${event.note})`;
  if (now.snapshot.state === "stopping") {
    const { afterStop } = now;
    const cleared: Supervised = { ...now, afterStop: null };
    if (afterStop === null) {
      return report(
        cleared,
        {
          ...down(now, "stopped"),
          lastExit: event.exit,
          reason: `${now.snapshot.reason.replace(/^stopping/, "stopped")}${noted}`,
        },
        now.snapshot.cause,
        moment,
      );
    }
    if (afterStop.end !== null) return ended(cleared, afterStop.end, event.exit, event.ranMs, spec, moment);
    return quiet(edit(cleared, { ...fresh(spec, afterStop.cause), lastExit: event.exit, pid: null }), [{ do: "spawn" }]);
  }
  if (!["starting", "running"].includes(now.snapshot.state)) return quiet(now);
  return ended(now, { kind: "exit", exit: event.exit }, event.exit, event.ranMs, spec, moment, noted);
}

/** A run is over without having been asked: the restart policy decides. */
function ended(now: Supervised, end: End, exit: Exit | null, ranMs: number, spec: ServiceSpec, moment: Moment, noted = ""): Step {
  const decided = decideRestart({
    policy: spec.restart,
    successExitCodes: spec.successExitCodes,
    attempts: now.attempts,
    rapid: now.rapid,
    ranMs,
    end,
  });
  const cause: Cause = { kind: end.kind === "unhealthy" ? "health" : end.kind };
  const reason = decided.reason + noted;
  const failure = decided.decision === "finish" || decided.decision === "complete" ? null : describeEnd(end);
  const base = { ...now, attempts: decided.attempts, rapid: decided.rapid };
  const last = { lastExit: exit ?? now.snapshot.lastExit, lastError: failure };
  switch (decided.decision) {
    case "restart":
      return report(
        base,
        { ...down(now, "backoff"), ...last, restartCount: now.snapshot.restartCount + 1, reason },
        cause,
        moment,
        [{ do: "wait", ms: decided.delayMs }],
        decided.delayMs,
        exit,
      );
    case "complete":
      return report(
        base,
        { ...down(now, "running"), ...last, ready: spec.health === undefined, reason },
        cause,
        moment,
        [],
        undefined,
        exit,
      );
    case "finish":
      return report(
        { ...base, leased: false },
        { ...down(now, "stopped"), ...last, finished: true, reason },
        cause,
        moment,
        [],
        undefined,
        exit,
      );
    case "fail":
      return report(
        { ...base, leased: false },
        { ...down(now, "failed"), ...last, finished: true, reason },
        cause,
        moment,
        [],
        undefined,
        exit,
      );
  }
}

function health(now: Supervised, event: { health: Health; detail: string; ranMs: number }, spec: ServiceSpec, moment: Moment): Step {
  const { state, pid } = now.snapshot;
  if (state !== "running" || event.health === now.snapshot.health || now.snapshot.health === "none") return quiet(now);
  const cause: Cause = { kind: "health" };
  if (event.health !== "unhealthy") {
    const first = now.snapshot.health === "unknown";
    return report(
      now,
      {
        health: event.health,
        ready: true,
        lastError: first ? now.snapshot.lastError : null,
        reason: first ? now.snapshot.reason : "healthy again",
      },
      cause,
      moment,
    );
  }
  const failed = { health: event.health, ready: false, lastError: `unhealthy: ${event.detail}`, reason: `unhealthy: ${event.detail}` };
  if (spec.type === "external") return report(now, failed, cause, moment);
  const end: End = { kind: "unhealthy", detail: event.detail };
  // A oneshot has no process to stop: its command runs again.
  if (pid === null) return ended(edit(now, failed), end, null, event.ranMs, spec, moment);
  return report({ ...now, afterStop: { cause, end } }, { ...failed, state: "stopping" }, cause, moment, [{ do: "terminate" }]);
}

function pending(now: Supervised, reason: string | null): Step {
  const { state } = now.snapshot;
  if (reason !== null && (state === "stopped" || state === "failed" || state === "pending")) {
    return quiet(edit(now, { state: "pending", reason }));
  }
  if (reason === null && state === "pending") return quiet(edit(now, { state: "stopped", reason: "stopped" }));
  return quiet(now);
}
