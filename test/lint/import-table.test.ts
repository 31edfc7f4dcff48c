import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** A file, and what its row of the table forbids there. */
const FORBIDDEN: readonly [file: string, statement: string][] = [
  ["src/shared/a.ts", 'import { readFileSync } from "node:fs"'],
  ["src/shared/a.ts", 'import type { Spec } from "../services/spec.js"'],
  ["src/shared/a.ts", 'import { z } from "zod"'],
  ...["services", "sync", "epochs", "mothership", "host"].flatMap((noun): [string, string][] => [
    [`src/${noun}/a.ts`, 'import { join } from "node:path"'],
    [`src/${noun}/deeper/a.ts`, 'import { sleep } from "@temporalio/workflow"'],
    [`src/${noun}/deeper/a.ts`, 'import { b } from "../../adapters/b.js"'],
    [`src/${noun}/a.ts`, 'import type { B } from "../workflows/b.js"'],
    [`src/${noun}/a.ts`, `import { b } from "../${noun === "host" ? "services" : "host"}/b.js"`],
    [`src/${noun}/a.ts`, "export const now = Date.now()"],
    [`src/${noun}/a.ts`, "export const dice = Math.random()"],
    [`src/${noun}/a.ts`, "export const home = process.env"],
  ]),
  ["src/workflows/a.ts", 'import { readFileSync } from "node:fs"'],
  ["src/workflows/a.ts", 'import { z } from "zod"'],
  ["src/workflows/a.ts", 'import { Client } from "@temporalio/client"'],
  ["src/workflows/a.ts", 'import { b } from "../adapters/b.js"'],
  ["src/workflows/a.ts", 'import { b } from "../activities/b.js"'],
  ...["activities", "monitors"].flatMap((role): [string, string][] => [
    [`src/${role}/a.ts`, 'import { b } from "../adapters/b.js"'],
    [`src/${role}/deeper/a.ts`, 'import type { B } from "../../api/b.js"'],
    [`src/${role}/a.ts`, 'import { b } from "../cli/b.js"'],
    [`src/${role}/a.ts`, 'import { b } from "../worker/b.js"'],
    [`src/${role}/a.ts`, 'import { b } from "../workflows/b.js"'],
  ]),
  ...["workflows", "activities", "monitors", "api", "cli", "worker"].map((role): [string, string] => [
    "src/adapters/files/a.ts",
    `import { b } from "../../${role}/b.js"`,
  ]),
  ["src/api/a.ts", 'import { b } from "../adapters/files/b.js"'],
  ["src/api/routes/a.ts", 'import { b } from "../../worker/b.js"'],
  ["src/api/a.ts", 'import { b } from "../workflows/host.js"'],
  ["src/api/a.ts", 'import { Worker } from "@temporalio/worker"'],
  ["src/cli/a.ts", 'import { b } from "../adapters/process/runs.js"'],
  ["src/cli/commands/a.ts", 'import { b } from "../../worker/b.js"'],
  ["src/cli/a.ts", 'import { b } from "../monitors/b.js"'],
  ["src/cli/a.ts", 'import { Worker } from "@temporalio/worker"'],
  ["src/worker/a.ts", "export const b: any = 1"],
  ["src/worker/a.ts", "// @ts-ignore\nexport const b = 1"],
];

const ALLOWED: readonly [file: string, statement: string][] = [
  ["src/shared/a.ts", 'import { b } from "./b.js"'],
  ["src/services/deeper/a.ts", 'import { b } from "../../shared/b.js"'],
  ["src/services/a.ts", 'import type { B } from "../host/b.js"'],
  ["src/workflows/a.ts", 'import { sleep } from "@temporalio/workflow"'],
  ["src/workflows/a.ts", 'import { b } from "../services/b.js"'],
  ["src/workflows/a.ts", 'import type { B } from "../activities/b.js"'],
  ["src/monitors/guardian/a.ts", 'import { b } from "../../services/b.js"'],
  ["src/adapters/files/a.ts", 'import { readFileSync } from "node:fs"'],
  ["src/api/a.ts", 'import { b } from "../workflows/messages.js"'],
  ["src/api/a.ts", 'import { Client } from "@temporalio/client"'],
  ["src/cli/a.ts", 'import { b } from "../adapters/home/home.js"'],
  ["src/cli/a.ts", 'import { b } from "../adapters/process/identity.js"'],
  ["src/api/a.ts", 'import { b } from "../workflows/epoch-messages.js"'],
  ["src/cli/a.ts", 'import { b } from "../workflows/names.js"'],
  ["src/worker/a.ts", 'import { b } from "../adapters/files/b.js"'],
];

let dir: string;
let findings: Map<string, string[]>;

/** Each case in a file of its own, so that one run of the linter answers all. */
const place = (list: string, index: number, file: string): string => join(dirname(file), `${list}-${index}.ts`);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "aura-lint-"));
  copyFileSync(join(ROOT, ".oxlintrc.json"), join(dir, ".oxlintrc.json"));
  copyFileSync(join(ROOT, "tsconfig.json"), join(dir, "tsconfig.json"));
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  for (const [list, cases] of [
    ["forbidden", FORBIDDEN],
    ["allowed", ALLOWED],
  ] as const) {
    cases.forEach(([file, statement], index) => {
      const path = join(dir, place(list, index, file));
      mkdirSync(dirname(path), { recursive: true });
      const used = /import (?:type )?\{ (\w+) \}/.exec(statement)?.[1];
      const type = statement.startsWith("import type");
      writeFileSync(
        path,
        `${statement};\n${used === undefined ? "" : type ? `export type Used = ${used};\n` : `export const used = ${used};\n`}`,
      );
    });
  }
  for (const [one, other] of [
    ["egg", "hen"],
    ["hen", "egg"],
  ]) {
    writeFileSync(
      join(dir, `src/services/${one}.ts`),
      `import { ${other} } from "./${other}.js";\nexport const ${one} = (): unknown => ${other};\n`,
    );
  }
  findings = await lint(dir);
}, 60_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function lint(folder: string): Promise<Map<string, string[]>> {
  const args = [join(ROOT, "node_modules/oxlint/bin/oxlint"), "-c", ".oxlintrc.json", "-f", "json", "src"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }).catch(
    (error: { stdout: string }) => error,
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  const found = new Map<string, string[]>();
  for (const { code, filename } of diagnostics) found.set(filename, [...(found.get(filename) ?? []), code]);
  return found;
}

const RULES = /no-restricted-(imports|globals|properties)|no-explicit-any|ban-ts-comment/;
const rulesOf = (list: string, index: number, file: string): string[] =>
  (findings.get(place(list, index, file)) ?? []).filter((code) => RULES.test(code));

describe("the import table", () => {
  it.each(FORBIDDEN.map((row, index) => [...row, index] as const))("keeps from %s: %s", (file, _statement, index) => {
    expect(rulesOf("forbidden", index, file)).not.toEqual([]);
  });

  it.each(ALLOWED.map((row, index) => [...row, index] as const))("lets %s write: %s", (file, _statement, index) => {
    expect(rulesOf("allowed", index, file)).toEqual([]);
  });

  it("finds files that import each other", () => {
    expect(findings.get("src/services/egg.ts")).toContain("import(no-cycle)");
  });
});
