// Writes the JSON Schemas of service specs and slice plans for editors from the compiled sources: build first.
import { writeFileSync } from "node:fs";
import { planJsonSchemaText } from "../dist/epochs/plan/json-schema.js";
import { specJsonSchemaText } from "../dist/services/spec/json-schema.js";

const SCHEMAS = { "service-spec.schema.json": specJsonSchemaText(), "slice-plan.schema.json": planJsonSchemaText() };

for (const [name, text] of Object.entries(SCHEMAS)) {
  writeFileSync(new URL(`../docs/reference/${name}`, import.meta.url), text);
  process.stdout.write(`wrote docs/reference/${name}\n`);
}
