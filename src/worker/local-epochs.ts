import type { Client } from "@temporalio/client";
import type { EpochStartOptions } from "../api/epoch-start.js";
import { WorkflowEpochs } from "../api/workflow-epochs.js";
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
  MoveSlice,
  RegisterSession,
  RetrySlice,
} from "../epochs/messages.js";
import type { AuditTrail } from "../epochs/ports.js";
import type { Reply } from "../epochs/state.js";
import { AuraError } from "../shared/errors.js";

/** What this host's link to Temporal knows. */
export interface EpochsLink {
  readonly client: Client | undefined;
  readonly unregistered: readonly string[] | undefined;
}

/** The epochs as this host's API serves them: asked through their workflows, their past from this host's own trail. */
export class LocalEpochs implements EpochsControl {
  constructor(
    private readonly link: () => EpochsLink | undefined,
    private readonly trail: () => AuditTrail,
    private readonly options: Omit<EpochStartOptions, "unregistered">,
  ) {}

  start(request: StartRequest): Promise<{ readonly workflow_id: string; readonly run_id: string }> {
    return this.ask((epochs) => epochs.start(request));
  }

  list(): Promise<readonly EpochRow[]> {
    return this.ask((epochs) => epochs.list());
  }

  state(epochId: string): Promise<EpochDocument> {
    return this.ask((epochs) => epochs.state(epochId));
  }

  advance(epochId: string, message: Advance): Promise<Reply> {
    return this.ask((epochs) => epochs.advance(epochId, message));
  }

  vote(epochId: string, message: CastVote): Promise<Reply> {
    return this.ask((epochs) => epochs.vote(epochId, message));
  }

  finding(epochId: string, message: Finding): Promise<Reply> {
    return this.ask((epochs) => epochs.finding(epochId, message));
  }

  answer(epochId: string, message: GateAnswer): Promise<Reply> {
    return this.ask((epochs) => epochs.answer(epochId, message));
  }

  registerSession(epochId: string, message: RegisterSession): Promise<Reply> {
    return this.ask((epochs) => epochs.registerSession(epochId, message));
  }

  endSession(epochId: string, message: EndSession): Promise<Reply> {
    return this.ask((epochs) => epochs.endSession(epochId, message));
  }

  completeSlice(epochId: string, message: CompleteSlice): Promise<Reply> {
    return this.ask((epochs) => epochs.completeSlice(epochId, message));
  }

  retrySlice(epochId: string, message: RetrySlice): Promise<Reply> {
    return this.ask((epochs) => epochs.retrySlice(epochId, message));
  }

  moveSlice(epochId: string, message: MoveSlice): Promise<Reply> {
    return this.ask((epochs) => epochs.moveSlice(epochId, message));
  }

  cancel(epochId: string, message: CancelEpoch): Promise<Reply> {
    return this.ask((epochs) => epochs.cancel(epochId, message));
  }

  keptAudit(epochId: string): Promise<readonly AuditEvent[]> {
    return this.ask((epochs) => epochs.keptAudit(epochId));
  }

  history(epochId: string): Promise<unknown> {
    return this.ask((epochs) => epochs.history(epochId));
  }

  /**
   * This host's trail, completed by what the workflow still holds: events that another host's aurad took are not here.
   * Either may lack the other's: a workflow forgets after Temporal's retention, and keeps its newest events only.
   */
  async audit(epochId: string, filter: AuditFilter): Promise<readonly AuditEvent[]> {
    const trail = this.trail();
    if (trail.name === "temporal") return this.ask((epochs) => epochs.audit(epochId, filter));
    const [kept, held] = await Promise.all([
      trail.read(epochId, filter),
      this.ask((epochs) => epochs.audit(epochId, filter)).catch((error: unknown) => error),
    ]);
    if (!Array.isArray(held)) {
      // Without the workflow the trail alone answers, for an epoch that it knows.
      if (kept.length > 0 || (await trail.read(epochId, {})).length > 0) return kept;
      throw held;
    }
    const known = new Set(kept.map(({ seq }) => seq));
    const more = (held as readonly AuditEvent[]).filter(({ seq }) => !known.has(seq));
    return more.length === 0 ? kept : [...kept, ...more].sort((a, b) => a.seq - b.seq);
  }

  private async ask<T>(call: (epochs: WorkflowEpochs) => Promise<T>): Promise<T> {
    const link = this.link();
    if (link?.client === undefined)
      throw new AuraError("temporal_unreachable", "aurad has no connection to Temporal", {
        effect: "epochs wait, slices run on",
        fix: "try again when it is back",
      });
    return call(
      new WorkflowEpochs(link.client, {
        ...this.options,
        ...(link.unregistered === undefined ? {} : { unregistered: link.unregistered }),
      }),
    );
  }
}
