import { z } from "zod";
import { planDocument } from "./schema.js";

/** The text of docs/reference/slice-plan.schema.json (draft 2020-12), for editors: completion and first errors while typing. */
export function planJsonSchemaText(): string {
  const { $schema, ...generated } = z.toJSONSchema(planDocument, { io: "input" }) as Record<string, unknown>;
  return `${JSON.stringify({ $schema, title: "Aura slice plan", ...generated }, null, 2)}\n`;
}
