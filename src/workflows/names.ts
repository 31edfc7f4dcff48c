/**
 * Names that are stored outside the process: in histories, in visibility, in other hosts' clients.
 * Changing one orphans what runs.
 */
export const HOST_WORKFLOW = "HostWorkflow";
export const SERVICE_WORKFLOW = "ServiceWorkflow";

export const SEARCH_STATUS = "AuraStatus";
export const SEARCH_HOST = "AuraHost";
export const SEARCH_KIND = "AuraKind";

export function hostWorkflowId(host: string): string {
  return `host/${host}`;
}

export function serviceWorkflowId(host: string, service: string): string {
  return `service/${host}/${service}`;
}

/** Everything bound to one host runs on this queue. */
export function hostQueue(host: string): string {
  return `aura-${host}`;
}

export const EPOCH_WORKFLOW = "EpochWorkflow";
export const SLICE_WORKFLOW = "SliceWorkflow";
export const REVIEW_WORKFLOW = "ReviewPhaseWorkflow";

export const SEARCH_EPOCH = "AuraEpochId";
export const SEARCH_PHASE = "AuraPhase";
export const SEARCH_ROLE = "AuraRole";
export const SEARCH_DOMAIN = "AuraDomain";

export const ROOT_WORKFLOW = "SyncRootWorkflow";

export function rootWorkflowId(host: string, rootId: string): string {
  return `root/${host}/${rootId}`;
}

/** An epoch's workflow id is the epoch id itself. */
export function sliceWorkflowId(epochId: string, sliceId: string): string {
  return `${epochId}/slice/${sliceId}`;
}

export function reviewWorkflowId(epochId: string, phase: string): string {
  return `${epochId}/review/${phase}`;
}

/**
 * A task that a killed aurad had begun is given to the next one after this time only (the server's default is 10 s).
 * Far more than a task of a host or a service takes, the replay of a full history included.
 */
export const TASK_TIMEOUT = "3s";
/**
 * The same for epochs and their children, whose histories are longer: on a machine at its limit a task that takes more than
 * this to be carried out from the beginning is given up, begun again, and so for ever.
 */
export const EPOCH_TASK_TIMEOUT = "6s";
