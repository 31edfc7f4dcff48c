import { WorkflowNotFoundError } from "@temporalio/client";
import type { Snapshot, Transition } from "../services/snapshot.js";
import type { SpecOutline } from "../services/spec.js";
import { AuraError } from "../shared/errors.js";
import type { Attach } from "../workflows/messages.js";
import type { HostSignals } from "./temporal-client.js";

/**
 * The one way from aurad to the workflows of its host, over whichever connection there is now. A host workflow that is
 * gone (its database was lost, somebody terminated it) is begun anew with the truth of this moment.
 */
export class HostLine {
  private signals: HostSignals | undefined;

  /** `onAttached` is called once everything in `truth` is known to the workflow. */
  constructor(
    private readonly truth: () => Attach,
    private readonly onAttached: (told: Attach) => void,
  ) {}

  async connected(signals: HostSignals): Promise<void> {
    this.signals = signals;
    await this.attach();
  }

  async attach(): Promise<void> {
    const truth = this.truth();
    await this.open().attach(truth);
    this.onAttached(truth);
  }

  observed(snapshots: readonly Snapshot[]): Promise<void> {
    return this.orAttach(() => this.open().observed(snapshots));
  }

  specs(outlines: readonly SpecOutline[]): Promise<void> {
    return this.orAttach(() => this.open().specs(outlines));
  }

  async transitions(service: string, transitions: readonly Transition[]): Promise<void> {
    await this.open().transitions(service, transitions);
  }

  /** An attach tells all that any of the other messages would have told. */
  private async orAttach(tell: () => Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.attach();
    }
  }

  private open(): HostSignals {
    if (this.signals === undefined) throw new AuraError("temporal_unreachable", "aurad has no connection to Temporal");
    return this.signals;
  }
}

/** True when there is no such running workflow, also behind an AuraError. */
export function isGone(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (error instanceof AuraError && error.cause instanceof WorkflowNotFoundError);
}
