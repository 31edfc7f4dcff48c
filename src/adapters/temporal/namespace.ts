import { setTimeout as wait } from "node:timers/promises";
import type { ConnectionLike } from "@temporalio/client";
import { msToTs, tsToMs } from "@temporalio/common/lib/time.js";
import { SEARCH_ATTRIBUTES } from "../../host/search-attributes.js";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";

const DEADLINE_MS = 5000;
const USABLE_MS = 30_000;
/** Numbers of the gRPC status codes; the enumeration itself is in a package of the client's own. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;
/** Of the server's IndexedValueType. */
const KEYWORD = 2;
/** How long closed workflows stay readable on the embedded server; a namespace that it makes itself has but one day. */
const RETENTION_SECONDS = 30 * 86_400;

const RETENTION = msToTs(RETENTION_SECONDS * 1000);

export type Connected = Pick<ConnectionLike, "workflowService" | "operatorService" | "withDeadline">;

export async function namespaceExists(connection: Connected, namespace: string): Promise<boolean> {
  try {
    await soon(connection, () => connection.workflowService.describeNamespace({ namespace }));
    return true;
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return false;
    throw error;
  }
}

/** For our own server only: a shared one belongs to somebody who decides on retention. */
export async function createNamespace(connection: Connected, namespace: string): Promise<void> {
  try {
    await soon(connection, () => connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION }));
  } catch (error) {
    if (codeOf(error) !== ALREADY_EXISTS) throw error;
  }
}

/** Lengthens the retention of a namespace of our own server; one that a person set longer stays. */
export async function keepHistories(connection: Connected, namespace: string): Promise<void> {
  const { config } = await soon(connection, () => connection.workflowService.describeNamespace({ namespace }));
  if (tsToMs(config?.workflowExecutionRetentionTtl ?? msToTs(0)) >= RETENTION_SECONDS * 1000) return;
  await soon(connection, () =>
    connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: RETENTION } }),
  );
}

/** Throws AuraError `namespace_missing` with the command that creates it, `temporal_unreachable` when the server refuses us. */
export async function ensureNamespace(connection: Connected, namespace: string, address: string): Promise<void> {
  try {
    if (await namespaceExists(connection, namespace)) return;
  } catch (error) {
    const refused = [PERMISSION_DENIED, UNAUTHENTICATED].includes(codeOf(error) ?? -1);
    throw new AuraError(
      "temporal_unreachable",
      `Temporal at ${address} ${refused ? "refuses access to" : "does not answer for"} namespace ${namespace}: ${detail(error)}`,
      {
        ...(refused && { fix: "check TEMPORAL_API_KEY, the TEMPORAL_TLS_* variables or the profile" }),
        cause: error,
      },
    );
  }
  throw new AuraError("namespace_missing", `Temporal at ${address} has no namespace ${namespace}`, {
    fix: `create it with: temporal operator namespace create -n ${namespace} --address ${address}`,
  });
}

/**
 * Registers the search attributes that the namespace lacks. Returns those that it still lacks afterwards:
 * a server may not let us (Temporal Cloud has a command of its own); workflows must then do without them.
 */
export async function ensureSearchAttributes(connection: Connected, namespace: string, log: Log): Promise<readonly string[]> {
  let missing: readonly string[] = SEARCH_ATTRIBUTES;
  try {
    missing = await missingAttributes(connection, namespace);
    if (missing.length === 0) return missing;
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await soon(connection, () => connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
    await untilUsable(connection, namespace, missing);
    return [];
  } catch (error) {
    log.warn(
      {
        namespace,
        missing,
        reason: detail(error),
        fix: `temporal operator search-attribute create -n ${namespace} ${missing.map((name) => `--name ${name} --type Keyword`).join(" ")}`,
      },
      "search attributes could not be registered; workflows are listed without them",
    );
    return missing;
  }
}

/** What is registered is not yet usable: each part of a cluster looks at its namespaces anew every few seconds only. */
async function untilUsable(connection: Connected, namespace: string, names: readonly string[]): Promise<void> {
  const query = names.map((name) => `${name} = "-"`).join(" AND ");
  for (const deadline = performance.now() + USABLE_MS; ; await wait(200)) {
    try {
      await soon(connection, () => connection.workflowService.countWorkflowExecutions({ namespace, query }));
      return;
    } catch (error) {
      if (codeOf(error) !== INVALID_ARGUMENT || performance.now() > deadline) throw error;
    }
  }
}

async function missingAttributes(connection: Connected, namespace: string): Promise<readonly string[]> {
  const { customAttributes = {} } = await soon(connection, () => connection.operatorService.listSearchAttributes({ namespace }));
  return SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] !== KEYWORD);
}

function soon<T>(connection: Connected, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + DEADLINE_MS, call);
}

function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

function detail(error: unknown): string {
  const { details, message } = error as { details?: string; message?: string };
  return details ?? message ?? String(error);
}
