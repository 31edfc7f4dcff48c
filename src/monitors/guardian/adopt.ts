import { initialService } from "../../services/supervised.js";
import type { RunId } from "../../services/ports.js";
import type { Snapshot } from "../../services/snapshot.js";
import type { Guardian } from "./guardian.js";
import type { Entry } from "./entry.js";

/**
 * Goes on where an earlier aurad was killed or stopped. For each record:
 *
 *   other boot id          -> nothing of it can be alive; the host workflow starts it again in order
 *   claimed, process alive -> adopted with its port, health, uptime and counters
 *   claimed, process gone  -> ended while nobody looked; its exit status decides by policy, as ever
 *   never claimed          -> made void, so that it cannot start late, and started anew
 *
 * Processes that no record explains (it could not be written, or was lost) are adopted when they are newer than the
 * record, else ended: nothing runs twice.
 */
export function adopt(guardian: Guardian): void {
  const { ports } = guardian;
  const latest = latestSeqs(guardian);
  const live = guardian.runs.live();
  const rebooted = new Set<string>();
  for (const [name, record] of ports.records.load()) {
    const entry = guardian.entries.get(name) ?? guardian.addVanished(record.supervised);
    entry.supervised = {
      ...initialService(entry.spec, 0),
      ...record.supervised,
      seq: Math.max(record.supervised.seq, latest.get(name) ?? 0),
    };
    if (record.bootId === ports.bootId) {
      catchUp(entry, Math.max(...live.filter(({ service }) => service === name).map(({ generation }) => generation)));
      resume(guardian, name, entry);
    } else {
      rebooted.add(name);
      guardian.dispatch(name, { type: "rebooted" });
      guardian.runs.forget({ service: name, generation: entry.supervised.snapshot.generation });
    }
    // Its spec went while no aurad ran: what is down is forgotten, what runs is stopped by the host workflow.
    guardian.dropIfGone(name);
  }
  // What was adopted ready is no news to those who were held, and came before it.
  guardian.releaseHeld();
  for (const run of live) {
    const entry = guardian.entries.get(run.service);
    if (rebooted.has(run.service) || (entry !== undefined && isRun(entry.supervised.snapshot, run))) continue;
    ports.log.warn({ service: run.service, generation: run.generation }, "ending processes of an earlier run that no record knows");
    // Numbers are never used again: the next run must not be taken for this one.
    if (entry !== undefined && entry.supervised.snapshot.generation < run.generation) {
      entry.supervised = { ...entry.supervised, snapshot: { ...entry.supervised.snapshot, generation: run.generation } };
    }
    void guardian.runs.end(run);
  }
  guardian.runs.tidy([...live, ...guardian.snapshots().map(({ name, generation }) => ({ service: name, generation }))]);
}

/** The process is the service's own now, not something that a run left behind. */
function isRun({ generation, state, pid }: Snapshot, run: RunId): boolean {
  return generation === run.generation && (state === "starting" || state === "stopping" || (state === "running" && pid !== null));
}

/** The last start was not recorded (a full or failing disk), but its process is there. */
function catchUp(entry: Entry, newest: number): void {
  const { snapshot } = entry.supervised;
  if (newest <= snapshot.generation) return;
  entry.supervised = {
    ...entry.supervised,
    leased: true,
    afterStop: null,
    held: null,
    snapshot: { ...snapshot, state: "starting", generation: newest, pid: null, ready: false, finished: false },
  };
}

function resume(guardian: Guardian, name: string, entry: Entry): void {
  const { snapshot, leased } = entry.supervised;
  if (entry.spec.type === "native") guardian.ports.logs.configure(name, entry.spec.log);
  if (snapshot.port !== null && entry.spec.port === 0) guardian.ports.ports.reserve(name, snapshot.port);
  if (snapshot.state === "backoff") return guardian.carryOut(name, entry, { do: "wait", ms: 0 });
  const processless = snapshot.type !== "native" || (snapshot.state === "running" && snapshot.pid === null);
  if (processless) {
    if (snapshot.state === "running") guardian.watch(entry, null);
    return;
  }
  if (!["starting", "running", "stopping"].includes(snapshot.state)) return;

  const run = { service: name, generation: snapshot.generation };
  const found = guardian.runs.adopt(run, snapshot.pid !== null);
  switch (found.found) {
    case "alive":
      guardian.ports.log.info({ service: name, pid: found.pid, generation: run.generation }, "adopted");
      if (snapshot.state === "starting") return guardian.dispatch(name, { type: "running", pid: found.pid });
      if (snapshot.state === "stopping") return guardian.carryOut(name, entry, { do: "terminate" });
      return guardian.watch(entry, null);
    case "ended":
      return; // `exited` follows
    case "void":
      if (snapshot.state === "starting" && leased) return guardian.carryOut(name, entry, { do: "spawn" });
      return guardian.dispatch(name, { type: "exited", exit: { status: null, known: false }, ranMs: 0 });
  }
}

/** A record may be a step behind the journal when the kill came between the two writes. */
function latestSeqs(guardian: Guardian): Map<string, number> {
  const seqs = new Map<string, number>();
  for (const { record } of guardian.ports.journal.read(0)) seqs.set(record.transition.service, record.transition.seq);
  return seqs;
}
