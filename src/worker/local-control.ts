import { WorkflowControl } from "../api/workflow-control.js";
import type {
  Asker,
  CommandResult,
  GraphDocument,
  ReloadResult,
  ServicesControl,
  StatusDocument,
  WhyDocument,
} from "../services/control.js";
import { serviceStatus, statusDocument } from "../services/status.js";
import { AuraError } from "../shared/errors.js";
import type { Guardian } from "../monitors/guardian/guardian.js";
import { type HostLine, isGone } from "./host-line.js";
import type { TemporalLink } from "./temporal-link.js";
import { systemClock } from "./clock.js";

/** What this host's API asks: status from the process table, with Temporal or without; commands through the host workflow. */
export class LocalControl implements ServicesControl {
  constructor(
    private readonly host: string,
    private readonly guardian: Guardian,
    private readonly link: () => TemporalLink | undefined,
    private readonly line: HostLine,
  ) {}

  async status(): Promise<StatusDocument> {
    const uptimeMs = systemClock.uptimeMs();
    return statusDocument(
      this.host,
      this.guardian.snapshots().map((snapshot) => serviceStatus(snapshot, uptimeMs)),
    );
  }

  async up(names: readonly string[], asker: Asker): Promise<CommandResult> {
    this.known(names);
    return this.ask((workflow) => workflow.up(names, asker));
  }

  async down(names: readonly string[], asker: Asker): Promise<CommandResult> {
    this.known(names);
    return this.ask((workflow) => workflow.down(names, asker));
  }

  async restart(name: string, asker: Asker): Promise<CommandResult> {
    this.known([name]);
    return this.ask((workflow) => workflow.restart(name, asker));
  }

  async reload(asker: Asker): Promise<ReloadResult> {
    return this.ask((workflow) => workflow.reload(asker));
  }

  async why(name: string): Promise<WhyDocument> {
    this.known([name]);
    return this.ask((workflow) => workflow.why(name));
  }

  async graph(): Promise<GraphDocument> {
    return this.ask((workflow) => workflow.graph());
  }

  private known(names: readonly string[]): void {
    const unknown = names.find((name) => !this.guardian.entries.has(name));
    if (unknown !== undefined) throw new AuraError("not_found", `there is no service ${unknown} on host ${this.host}`);
  }

  private async ask<T>(call: (workflow: WorkflowControl) => Promise<T>): Promise<T> {
    try {
      return await call(this.workflow());
    } catch (error) {
      if (!isGone(error)) throw error;
      await this.line.attach();
      return call(this.workflow());
    }
  }

  private workflow(): WorkflowControl {
    const client = this.link()?.client;
    if (client === undefined)
      throw new AuraError("temporal_unreachable", "aurad has no connection to Temporal", {
        effect: "services keep running",
        fix: "try again when it is back",
      });
    return new WorkflowControl(client, this.host);
  }
}
