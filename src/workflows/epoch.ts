import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineUpdate,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from "@temporalio/workflow";
import { availableTransitions, epochDocument } from "../epochs/document.js";
import type { EpochCommand } from "../epochs/epoch.js";
import { phaseOf } from "../epochs/phases.js";
import { activeSessions } from "../epochs/sessions.js";
import type { Reply } from "../epochs/state.js";
import { deliverEvents } from "./deliver-events.js";
import type { Errand } from "./epoch-children.js";
import { EpochDesk } from "./epoch-desk.js";
import { nextTask, runErrand } from "./epoch-errands.js";
import { inputProblem, problemOfMessage } from "./epoch-input.js";
import {
  activeSessionsQuery,
  auditEventsQuery,
  availableTransitionsQuery,
  currentStateQuery,
  type EpochInput,
  type EpochResult,
  fullStateQuery,
  MESSAGES,
  REPORTS,
  replyQuery,
  sliceProgressQuery,
} from "./epoch-messages.js";
import { SEARCH_DOMAIN, SEARCH_PHASE, SEARCH_ROLE, SEARCH_STATUS } from "./names.js";
import { describeEpoch } from "./epoch-details.js";
import { onSignal } from "./raw-signal.js";
import { setAttributes } from "./search-status.js";

/** How long an epoch that ended waits for the ends of its slices; those of a lost host end without it. */
const PATIENCE = "10s";

/** How long a vote may wait for others before the review is told. */
const GATHER = "1s";

/**
 * One request on its way through the twelve phases. Decisions are the reducer's (src/epochs); this workflow keeps the state,
 * takes messages, has children do what the state asks for, and hands the audit events on.
 */
export async function EpochWorkflow(input: EpochInput): Promise<EpochResult> {
  const problem = inputProblem(input, workflowInfo().workflowId);
  if (problem !== null) throw ApplicationFailure.nonRetryable(problem, "usage");
  const desk = new EpochDesk(input, Date.now());
  /** Length of the history in the task that last left something there. */
  let marked = 0;
  show();

  for (const [name, kind] of Object.entries(MESSAGES)) {
    setHandler(defineUpdate<Reply, [unknown]>(name), (message) => answer(kind, message), {
      validator(message) {
        const wrong = problemOfMessage(kind, message);
        if (wrong !== null) throw ApplicationFailure.nonRetryable(wrong, "usage");
      },
    });
  }
  for (const [name, kind] of Object.entries({ ...MESSAGES, ...REPORTS })) {
    onSignal(name, ({ args, problem: unreadable }) => {
      const wrong = unreadable ?? problemOfMessage(kind, args[0]);
      if (wrong !== null) complain(unreadable ?? `signal ${name}: ${wrong}`);
      else hear(kind, args[0]);
    });
  }
  setHandler(currentStateQuery, () => desk.state);
  setHandler(fullStateQuery, () => epochDocument(desk.state));
  setHandler(availableTransitionsQuery, () => availableTransitions(desk.state));
  setHandler(sliceProgressQuery, () => desk.state.progress);
  setHandler(activeSessionsQuery, () => activeSessions(desk.state));
  setHandler(auditEventsQuery, (filter) => desk.events.select(filter));
  setHandler(replyQuery, (key) => desk.replyTo(key));

  let cancelled = false;
  CancellationScope.current().cancelRequested.catch(() => {
    cancelled = true;
    hear("cancel", { reason: "cancelled through Temporal", by: "temporal" });
  });

  return CancellationScope.nonCancellable(async () => {
    const deliverer = { epochId: desk.state.epoch_id, events: desk.events, ended: () => !desk.isRunning, leaving: isSuggested };
    const isKeptHere = input.audit === "temporal";
    let seen: number;
    do {
      await Promise.all([sendErrands(), isKeptHere ? undefined : deliverEvents(deliverer)]);
      seen = desk.changes;
      // The task that answers an update must not end the run: news that arrives meanwhile would void it, answer and all.
      await nextTask();
    } while (desk.changes !== seen && !isSuggested());
    // Nothing may be awaited between here and the end: a message in between would be lost.
    if (desk.isRunning || (isSuggested() && !(desk.isDone && (isKeptHere || desk.events.isDelivered)))) {
      // The server carries search attributes over, but not the memo.
      const again = makeContinueAsNewFunc<typeof EpochWorkflow>({ memo: { ...workflowInfo().memo } });
      return again({ start: input.start, audit: input.audit, carried: desk.carried() });
    }
    if (cancelled) throw new CancelledFailure("the epoch was cancelled through Temporal");
    return desk.result();
  });

  /** Does what follows from the state until it ended, or the history is long enough. */
  async function sendErrands(): Promise<void> {
    const ends = {
      gone(child: string): void {
        desk.children.gone(child);
        mark();
      },
      report: (message: unknown) => hear("slice_report", message),
    };
    while (!isSuggested()) {
      const seen = desk.changes;
      const isNews = (): boolean => desk.changes !== seen || isSuggested();
      let errands = desk.errands();
      // Votes come in threes, and the round's end brings along what was not told: one signal instead of four.
      if (errands.length > 0 && !errands.some(isUrgent)) {
        await condition(() => isSuggested() || desk.errands().some(isUrgent), GATHER);
        if (isSuggested()) return;
        errands = desk.errands();
      }
      for (const errand of errands) desk.children.begun(errand);
      if (errands.length > 0) {
        await Promise.all(errands.map((errand) => runErrand(desk.state.epoch_id, errand, ends)));
        mark();
      } else if (desk.isRunning) await condition(() => isNews());
      else if (!desk.children.busy || !(await condition(isNews, PATIENCE))) return;
    }
  }

  function answer(kind: EpochCommand["kind"], message: unknown): Reply {
    marked = workflowInfo().historyLength;
    return take(kind, message);
  }

  /** Takes what needs no answer. */
  function hear(kind: EpochCommand["kind"], message: unknown): void {
    take(kind, message);
    mark();
  }

  /**
   * Every task that moves anything leaves something in the history: an answer, or a memo. A replay takes
   * a task that left nothing for a part of the next one: that gives its events the other's time, and with it other hashes, and
   * what the errands and the delivery ask for comes in another order, which ends in a task that fails for ever.
   */
  function mark(): void {
    const { historyLength } = workflowInfo();
    if (marked === historyLength) return;
    marked = historyLength;
    upsertMemo({ events: desk.events.last });
  }

  function take(kind: EpochCommand["kind"], message: unknown): Reply {
    try {
      return desk.take({ kind, message } as EpochCommand, Date.now());
    } catch (error) {
      // A defect must not hold the epoch up: the message is refused, and the next one finds the state as it was.
      const line = `${kind}: ${error instanceof Error ? error.message : String(error)}`;
      desk.complain(line);
      return { success: false, refused: [`internal: ${line}`], phase: desk.state.phase, role: phaseOf(desk.state.phase).lead };
    } finally {
      show();
    }
  }

  function complain(wrong: string): void {
    desk.complain(wrong);
    show();
    mark();
  }

  function show(): void {
    const { lead, domain, id } = phaseOf(desk.state.phase);
    setAttributes({ [SEARCH_PHASE]: id, [SEARCH_ROLE]: lead, [SEARCH_DOMAIN]: domain, [SEARCH_STATUS]: desk.state.status });
    setCurrentDetails(describeEpoch(desk.state));
  }
}

function isUrgent({ kind }: Errand): boolean {
  return kind !== "tell_votes";
}

function isSuggested(): boolean {
  return workflowInfo().continueAsNewSuggested;
}
