import { type Client, WorkflowNotFoundError } from "@temporalio/client";
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
import {
  desiredQuery,
  downUpdate,
  graphQuery,
  hostStatusQuery,
  reloadUpdate,
  restartUpdate,
  upUpdate,
  whyQuery,
} from "../workflows/messages.js";
import { hostWorkflowId, serviceWorkflowId } from "../workflows/names.js";
import { temporalFailure } from "./temporal-failure.js";

const DEADLINE_MS = 20_000;
/** A query is answered in milliseconds, or, with nobody there, never. */
const QUERY_DEADLINE_MS = 5000;

/** The services of one host, asked through its workflows. */
export class WorkflowControl implements ServicesControl {
  constructor(
    private readonly client: Client,
    private readonly host: string,
  ) {}

  async status(): Promise<StatusDocument> {
    const status = await this.ask((workflow) => workflow.query(hostStatusQuery), QUERY_DEADLINE_MS);
    // The uptime clock of another host cannot be read here; the wall clock has to do.
    const rows = status.services.map((snapshot) => {
      const elapsed =
        snapshot.startedAt === null || snapshot.startedUptimeMs === null
          ? null
          : Date.now() - snapshot.startedAt + snapshot.startedUptimeMs;
      return serviceStatus(snapshot, elapsed);
    });
    return statusDocument(this.host, rows);
  }

  up(names: readonly string[], asker: Asker): Promise<CommandResult> {
    return this.ask((workflow) => workflow.executeUpdate(upUpdate, { args: [{ names, ...asker }], updateId: asker.requestId }));
  }

  down(names: readonly string[], asker: Asker): Promise<CommandResult> {
    return this.ask((workflow) => workflow.executeUpdate(downUpdate, { args: [{ names, ...asker }], updateId: asker.requestId }));
  }

  restart(name: string, asker: Asker): Promise<CommandResult> {
    return this.ask((workflow) =>
      workflow.executeUpdate(restartUpdate, { args: [{ names: [name], ...asker }], updateId: asker.requestId }),
    );
  }

  reload(asker: Asker): Promise<ReloadResult> {
    return this.ask((workflow) => workflow.executeUpdate(reloadUpdate, { args: [asker], updateId: asker.requestId }));
  }

  graph(): Promise<GraphDocument> {
    return this.ask((workflow) => workflow.query(graphQuery), QUERY_DEADLINE_MS);
  }

  async why(name: string): Promise<WhyDocument> {
    const desired = await this.ask((workflow) => workflow.query(desiredQuery, name), QUERY_DEADLINE_MS);
    const deadline = Date.now() + QUERY_DEADLINE_MS;
    try {
      const why = await this.within(() => this.client.workflow.getHandle(serviceWorkflowId(this.host, name)).query(whyQuery), deadline);
      return { ...why, desired };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw failure(error, this.host, deadline);
      // Never started: known to the host, without a story of its own.
      const { services } = await this.graph();
      if (!services.some((service) => service.name === name))
        throw new AuraError("not_found", `there is no service ${name} on host ${this.host}`);
      return { schema_version: 1, host: this.host, service: name, snapshot: null, desired, transitions: [] };
    }
  }

  private async ask<T>(call: (workflow: ReturnType<Client["workflow"]["getHandle"]>) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    try {
      return await this.within(() => call(this.client.workflow.getHandle(hostWorkflowId(this.host))), deadline);
    } catch (error) {
      throw failure(error, this.host, deadline);
    }
  }

  private within<T>(call: () => Promise<T>, deadline: number): Promise<T> {
    return this.client.connection.withDeadline(deadline, call);
  }
}

/** `deadline`: when the call was to be given up, ms since 1970. */
function failure(error: unknown, host: string, deadline: number): AuraError {
  return temporalFailure(error, {
    deadline,
    missing: (cause) =>
      new AuraError("host_unreachable", `no aurad has served host ${host} on this Temporal namespace yet`, {
        fix: "see the hosts with: aura-msg hosts",
        cause,
      }),
    silent: (cause) =>
      new AuraError("host_unreachable", `host ${host} does not answer: no aurad works on its queue`, {
        fix: `start aurad on ${host}`,
        cause,
      }),
    refusals: ["not_found"],
    effect: "services keep running",
  });
}
