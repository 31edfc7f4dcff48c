import { allHandlersFinished, condition, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from "@temporalio/workflow";
import { describeArrival, tellTransition } from "../services/telling.js";
import { removedSignal, type ServiceInput, transitionsSignal, whyQuery } from "./messages.js";
import { setStatusAttribute } from "./search-status.js";

/** How much of the past `why` can show; the full past is in the histories. */
const KEEP = 50;

/** The durable story of one service: receives its transitions once and in order, and explains them. */
export async function ServiceWorkflow(input: ServiceInput): Promise<void> {
  let lastSeq = input.lastSeq ?? 0;
  let transitions = input.transitions ?? [];
  let status: string | undefined;
  let removed = false;

  setHandler(transitionsSignal, (batch) => {
    const fresh = batch.filter(({ seq }) => seq > lastSeq).sort((a, b) => a.seq - b.seq);
    const latest = fresh.at(-1);
    if (latest === undefined) return;
    lastSeq = latest.seq;
    transitions = [...transitions, ...fresh].slice(-KEEP);
    removed = false;
    show();
  });
  setHandler(removedSignal, () => {
    removed = true;
  });
  setHandler(whyQuery, () => ({
    schema_version: 1,
    host: input.host,
    service: input.service,
    snapshot: transitions.at(-1)?.snapshot ?? null,
    transitions,
  }));
  show();

  await condition(() => (removed || workflowInfo().continueAsNewSuggested) && allHandlersFinished());
  if (!removed) await continueAsNew<typeof ServiceWorkflow>({ host: input.host, service: input.service, lastSeq, transitions });

  function show(): void {
    const snapshot = transitions.at(-1)?.snapshot;
    if (snapshot === undefined) return;
    const now = snapshot.health === "unhealthy" ? "unhealthy" : snapshot.state;
    // An attribute costs an event: written when the service settles elsewhere, not for every restart of a loop.
    if (now !== status && (now === "running" || now === "stopped" || now === "failed" || now === "unhealthy")) {
      setStatusAttribute(now);
      status = now;
    }
    setCurrentDetails(details());
  }

  function details(): string {
    const lines = transitions.slice(-10).map((t) => `- ${new Date(t.at).toISOString()} **${describeArrival(t)}**: ${tellTransition(t)}`);
    // Summary and static details stay behind at continue-as-new: these have to do alone.
    return [`Service ${input.service} on ${input.host}:\n`, ...lines.reverse()].join("\n");
  }
}
