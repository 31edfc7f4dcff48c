import { upsertSearchAttributes, workflowInfo } from "@temporalio/workflow";
import { SEARCH_STATUS } from "./names.js";

/** Sets AuraStatus where the server has it: a start without it means that it could not be registered. */
export function setStatusAttribute(status: string): void {
  const { searchAttributes } = workflowInfo();
  if (SEARCH_STATUS in searchAttributes) upsertSearchAttributes({ [SEARCH_STATUS]: [status] });
}

/** Sets those of the attributes that the server has, with one event; with none when all are so already. */
export function setAttributes(values: Readonly<Record<string, string>>): void {
  const { searchAttributes } = workflowInfo();
  const known = knownAttributes(values);
  if (Object.entries(known).some(([name, [value]]) => searchAttributes[name]?.[0] !== value)) upsertSearchAttributes(known);
}

/** Those of the attributes that the server has, as a child's start wants them. */
export function knownAttributes(values: Readonly<Record<string, string>>): Record<string, string[]> {
  const { searchAttributes } = workflowInfo();
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name in searchAttributes)
      .map(([name, value]) => [name, [value]]),
  );
}
