import type { AuditEvent, AuditFilter } from "./audit.js";

/** Whether an event passes; what the filter does not name passes. */
export function passes({ phase, role, type, after }: AuditFilter, event: AuditEvent): boolean {
  return (
    (phase === undefined || event.phase === phase) &&
    (role === undefined || event.role === role) &&
    (type === undefined || event.type === type) &&
    (after === undefined || event.seq > after)
  );
}

/** The events that pass, in their order. */
export function filterAudit(events: readonly AuditEvent[], filter: AuditFilter = {}): readonly AuditEvent[] {
  return events.filter((event) => passes(filter, event));
}
