import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

export const AURAD = join(ROOT, "dist/worker/main.js");
export const AURA_MSG = join(ROOT, "dist/cli/main.js");
export const WORKFLOW_BUNDLE = join(ROOT, "dist/workflows.bundle.js");

/** Builds dist/ unless it is of these very sources already. Once a test run, before any test. */
export function ensureBuilt(): void {
  execFileSync(process.execPath, [join(ROOT, "scripts/build.mjs"), "--if-changed"], { cwd: ROOT, stdio: "inherit" });
}
