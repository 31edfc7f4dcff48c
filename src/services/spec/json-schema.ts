import { z } from "zod";
import { specDocument } from "./schema.js";

/** The spec format as JSON Schema (draft 2020-12), for editors: completion and first errors while typing. */
export function specJsonSchema(): Record<string, unknown> {
  const generated = z.toJSONSchema(specDocument, { io: "input" }) as Record<string, unknown>;
  return {
    $schema: generated["$schema"],
    title: "Aura service spec",
    ...generated,
    allOf: [
      needs("native", { properties: { service: { required: ["command"] } } }),
      needs("container", { properties: { service: { required: ["image"] } } }),
      needs("external", { required: ["health"] }),
    ],
  };
}

/** The text of docs/reference/service-spec.schema.json. */
export function specJsonSchemaText(): string {
  return `${JSON.stringify(specJsonSchema(), null, 2)}\n`;
}

/** A service of another type, or one with this shape. */
function needs(type: string, shape: Record<string, unknown>): Record<string, unknown> {
  return { anyOf: [{ properties: { service: { properties: { type: { not: { const: type } } } } } }, shape] };
}
