import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseSpec } from "../../src/services/spec/parse.js";
import { KEYS } from "../../src/services/spec/issues.js";
import { specJsonSchema, specJsonSchemaText } from "../../src/services/spec/json-schema.js";
import { FILE, host } from "./host.js";

const reference = read("../../docs/reference/spec.md");

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The YAML examples of the reference. */
const examples = [...reference.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");

describe("docs/reference", () => {
  it("holds the JSON Schema that the code generates (npm run schema writes it)", () => {
    expect(read("../../docs/reference/service-spec.schema.json")).toBe(specJsonSchemaText());
  });

  it.each(KEYS.filter((key) => !/^service\.(stop|success_exit_codes|ready_log_line|log|umask|user)/.test(key)))("tells about %s", (key) => {
    const rows = reference.split("\n").filter((line) => line.startsWith(`| \`${key}\` |`) || line === `## \`${key}\``);
    expect(rows).toHaveLength(1);
  });

  it("tells every choice that a key has", () => {
    const choices = [...specJsonSchemaText().matchAll(/"enum": \[([^\]]*)\]/g)].flatMap(([, list]) =>
      [...(list ?? "").matchAll(/"([^"]+)"/g)].map(([, choice]) => choice ?? ""),
    );
    expect(choices.length).toBeGreaterThan(10);
    for (const choice of choices) expect(reference).toContain(`\`${choice}\``);
  });

  it("shows only examples that are good", () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const text of examples) {
      const parsed = parseSpec(text, FILE, host);
      expect(parsed.ok ? [] : parsed.errors.map(({ message }) => message)).toEqual([]);
    }
  });
});

describe("the JSON Schema", () => {
  const valid = new Ajv2020({ strict: false }).compile(specJsonSchema());

  it("accepts every example of the reference", () => {
    for (const text of examples) expect([valid(parse(text)), valid.errors]).toEqual([true, null]);
  });

  it.each([
    ["an unknown key", "service: {name: a, type: native, command: x}\nextra: 1\n"],
    ["a native service without command", "service: {name: a, type: native}\n"],
    ["a container without image", "service: {name: a, type: container}\n"],
    ["an external service without health", "service: {name: a, type: external}\n"],
    ["a duration without unit", "service: {name: a, type: native, command: x}\nrestart: {delay: 5}\n"],
    ["a port out of range", "service: {name: a, type: native, command: x}\nnetwork: {port: 65536}\n"],
  ])("refuses %s", (_, text) => {
    expect(valid(parse(text))).toBe(false);
  });

  it("accepts numbers where the parser does", () => {
    const text =
      "service: {name: a, type: native, command: [sleep, 5]}\nenv: {A: 1, B: true}\nrestart: {delay: 0}\nlog: {max_size: 4096}\numask: 022\n";
    expect([valid(parse(text)), valid.errors]).toEqual([true, null]);
  });
});
