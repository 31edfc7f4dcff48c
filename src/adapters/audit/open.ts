import type { AuditTrail } from "../../epochs/ports.js";
import type { Settings } from "../../host/settings.js";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import type { ReadWorkflow } from "./temporal.js";

/**
 * The audit trail that the settings name. `readWorkflow` is what `temporal` reads through; the others do without.
 * Throws AuraError `state_unreadable` (73) when the file cannot be used. Each backend is loaded when it is asked for:
 * the binding of SQLite costs memory that the others need not pay.
 */
export async function openAuditTrail(
  setting: Settings["auditTrail"],
  log: Log,
  readWorkflow: ReadWorkflow = noWorkflow,
): Promise<AuditTrail> {
  switch (setting.backend) {
    case "memory":
      return (await import("./memory.js")).createMemoryTrail();
    case "temporal":
      return (await import("./temporal.js")).createTemporalTrail(readWorkflow);
    case "sqlite":
      return (await import("./sqlite.js")).openSqliteTrail(setting.path, log);
  }
}

async function noWorkflow(epochId: string): Promise<never> {
  throw new AuraError("temporal_unreachable", `the audit trail of epoch ${epochId} is kept by its workflow, and there is no Temporal here`);
}
