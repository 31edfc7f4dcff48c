import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

/** The sources as plain JavaScript, for tests that need them in processes of their own. Inside the checkout, where packages resolve. */
export function compileSources(): { dir: string; remove: () => void } {
  const root = resolve(import.meta.dirname, "../..");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const dir = mkdtempSync(join(root, ".cache/test-"));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root, "--noCheck", "--outDir", dir], {
    stdio: "inherit",
  });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
