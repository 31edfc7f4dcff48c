import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseDocument } from "yaml";
import type { Places } from "../../host/places.js";

/**
 * Copies the specs of the example stack into a home that has no folder for services yet, each pointing at the programs in
 * `stack`. The folder appears whole; from then on it is the person's own, whatever they change or remove. True when it was made.
 */
export function placeExample({ servicesDir }: Pick<Places, "servicesDir">, stack: string): boolean {
  if (existsSync(servicesDir)) return false;
  const parent = dirname(servicesDir);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(parent, ".services-"));
  try {
    const source = join(stack, "services");
    for (const file of readdirSync(source)) {
      const spec = parseDocument(readFileSync(join(source, file), "utf8"));
      spec.setIn(["service", "working_dir"], workingDir(servicesDir, stack));
      writeFileSync(join(draft, file), spec.toString({ lineWidth: 0 }));
    }
    renameSync(draft, servicesDir);
    return true;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** As seen from the spec's own folder when both lie in one checkout, which may be moved; else the full path. */
function workingDir(servicesDir: string, stack: string): string {
  const checkout = dirname(dirname(stack));
  const within = !relative(checkout, servicesDir).startsWith("..");
  return within ? relative(servicesDir, stack) : stack;
}
