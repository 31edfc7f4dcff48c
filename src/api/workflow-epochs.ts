import { type Client, type WorkflowHandle, WorkflowNotFoundError } from "@temporalio/client";
import type { AuditEvent, AuditFilter } from "../epochs/audit.js";
import type { EpochDocument, EpochRow, EpochsControl, StartRequest } from "../epochs/control.js";
import type {
  Advance,
  CancelEpoch,
  CastVote,
  CompleteSlice,
  EndSession,
  Finding,
  GateAnswer,
  Message,
  MoveSlice,
  RegisterSession,
  RetrySlice,
} from "../epochs/messages.js";
import type { Reply } from "../epochs/state.js";
import { AuraError } from "../shared/errors.js";
import { auditEventsQuery, fullStateQuery, type MESSAGES, replyQuery } from "../workflows/epoch-messages.js";
import { type EpochStartOptions, startEpoch } from "./epoch-start.js";
import { epochRows } from "./epoch-rows.js";
import { historyEvents } from "./history-json.js";
import { sendUpdate } from "./send-update.js";
import { temporalFailure } from "./temporal-failure.js";

const DEADLINE_MS = 20_000;
/** A query is answered in milliseconds, or, with nobody there, never; one of a closed workflow is replayed first. */
const QUERY_DEADLINE_MS = 15_000;
/** It is asked anew then: meanwhile the epoch may have been taken from a host that is gone. */
const QUERY_ATTEMPT_MS = 5000;

/** The epochs of a namespace, asked through their workflows. */
export class WorkflowEpochs implements EpochsControl {
  /** `options.host` is where slices run that name none. */
  constructor(
    private readonly client: Client,
    private readonly options: EpochStartOptions,
  ) {}

  start(request: StartRequest): Promise<{ readonly workflow_id: string; readonly run_id: string }> {
    return this.within(request.epoch_id, DEADLINE_MS, () => startEpoch(this.client, request, this.options));
  }

  list(): Promise<readonly EpochRow[]> {
    return this.within("", DEADLINE_MS, () => epochRows(this.client));
  }

  state(epochId: string): Promise<EpochDocument> {
    return this.query(epochId, (workflow) => workflow.query(fullStateQuery));
  }

  audit(epochId: string, filter: AuditFilter): Promise<readonly AuditEvent[]> {
    return this.query(epochId, (workflow) => workflow.query(auditEventsQuery, filter));
  }

  keptAudit(epochId: string): Promise<readonly AuditEvent[]> {
    return this.audit(epochId, {});
  }

  advance(epochId: string, message: Advance): Promise<Reply> {
    return this.send(epochId, "advance_phase", message);
  }

  vote(epochId: string, message: CastVote): Promise<Reply> {
    return this.send(epochId, "submit_vote", message);
  }

  finding(epochId: string, message: Finding): Promise<Reply> {
    return this.send(epochId, "record_blocker", message);
  }

  answer(epochId: string, message: GateAnswer): Promise<Reply> {
    return this.send(epochId, "answer_gate", message);
  }

  registerSession(epochId: string, message: RegisterSession): Promise<Reply> {
    return this.send(epochId, "register_session", message);
  }

  endSession(epochId: string, message: EndSession): Promise<Reply> {
    return this.send(epochId, "end_session", message);
  }

  completeSlice(epochId: string, message: CompleteSlice): Promise<Reply> {
    return this.send(epochId, "complete_slice", message);
  }

  retrySlice(epochId: string, message: RetrySlice): Promise<Reply> {
    return this.send(epochId, "retry_slice", message);
  }

  moveSlice(epochId: string, message: MoveSlice): Promise<Reply> {
    return this.send(epochId, "move_slice", message);
  }

  cancel(epochId: string, message: CancelEpoch): Promise<Reply> {
    return this.send(epochId, "cancel", message);
  }

  /** Temporal's own JSON of every run, oldest first: an epoch that continued as new has several. */
  async history(epochId: string): Promise<readonly { readonly run_id: string; readonly events: unknown }[]> {
    return this.within(epochId, DEADLINE_MS, async () => {
      const runs: { run_id: string; events: unknown }[] = [];
      let runId: string | undefined = (await this.handle(epochId).describe()).runId;
      while (runId) {
        const history = await this.client.workflow.getHandle(epochId, runId).fetchHistory();
        runs.unshift({ run_id: runId, events: historyEvents(history) });
        runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
      }
      return runs;
    });
  }

  /** The key is the update's id too: what is sent again after a lost answer is answered, not done again. */
  private async send(epochId: string, name: keyof typeof MESSAGES, message: Message): Promise<Reply> {
    const { key } = message;
    const once = key === undefined || key === "" ? {} : { updateId: key };
    return this.within(epochId, DEADLINE_MS, async () => {
      try {
        return await sendUpdate(() => this.handle(epochId).executeUpdate<Reply, [Message]>(name, { args: [message], ...once }));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return await this.afterTheEnd(epochId, key);
        throw error;
      }
    });
  }

  /** A workflow that ended takes no updates, but still tells what it answered, and what it is. */
  private async afterTheEnd(epochId: string, key: string | undefined): Promise<Reply> {
    const known = key === undefined ? null : await this.handle(epochId).query(replyQuery, key);
    if (known !== null) return known;
    const { status, current_phase, current_role } = await this.handle(epochId).query(fullStateQuery);
    const what = status === "running" ? "was ended from outside" : `is ${status}`;
    return { success: false, refused: [`the epoch ${what}; start another one`], phase: current_phase, role: current_role };
  }

  private async query<T>(epochId: string, ask: (workflow: WorkflowHandle) => Promise<T>): Promise<T> {
    for (const giveUpAt = Date.now() + QUERY_DEADLINE_MS; ;) {
      const attemptAt = Date.now();
      try {
        return await this.within(epochId, QUERY_ATTEMPT_MS, () => ask(this.handle(epochId)));
      } catch (error) {
        const isQuick = Date.now() - attemptAt < QUERY_ATTEMPT_MS / 2;
        if (isQuick || Date.now() > giveUpAt - QUERY_ATTEMPT_MS / 2) throw error;
      }
    }
  }

  private handle(epochId: string): WorkflowHandle {
    return this.client.workflow.getHandle(epochId);
  }

  private async within<T>(epochId: string, deadlineMs: number, call: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    try {
      return await this.client.connection.withDeadline(deadline, call);
    } catch (error) {
      throw temporalFailure(error, {
        deadline,
        missing: (cause) => unknownEpoch(epochId, cause),
        silent: (cause) => this.nobody(epochId, cause),
        refusals: ["usage"],
        effect: "epochs wait, slices run on",
      });
    }
  }

  private nobody(epochId: string, cause: unknown): AuraError {
    const { taskQueue } = this.options;
    return new AuraError("host_unreachable", `epoch ${epochId} does not answer: no aurad works on the queue ${taskQueue}`, {
      effect: "what was sent may still be carried out once one does",
      fix: "start aurad on any host of this namespace",
      cause,
    });
  }
}

export function unknownEpoch(epochId: string, cause?: unknown): AuraError {
  return new AuraError("not_found", `there is no epoch ${epochId} on this Temporal namespace`, {
    fix: "see the epochs with: aura-msg epoch list",
    cause,
  });
}
