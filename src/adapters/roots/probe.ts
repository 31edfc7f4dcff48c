import { closeSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Areas } from "./areas.js";
import { lstat } from "./stat.js";
import type { TempFiles } from "./temp-files.js";

export interface NameRules {
  /** Names differ by case. */
  readonly caseSensitive: boolean;
  /** Names differ by how their letters are composed in Unicode. */
  readonly normalizationSensitive: boolean;
}

/** Letter e with acute accent, as one character and as two. */
const COMPOSED = "\u00e9";
const DECOMPOSED = "e\u0301";

/**
 * How a root's file system tells names apart, found out in `.aura/tmp`. Where nothing can be written, as the system at hand
 * usually has it.
 */
export function probeNames(areas: Areas, temps: TempFiles): NameRules {
  try {
    return {
      caseSensitive: !isFoundAs(areas, temps, "-aura-case", "-AURA-case"),
      normalizationSensitive: !isFoundAs(areas, temps, COMPOSED, DECOMPOSED),
    };
  } catch {
    return { caseSensitive: process.platform === "linux", normalizationSensitive: process.platform === "linux" };
  }
}

function isFoundAs(areas: Areas, temps: TempFiles, made: string, asked: string): boolean {
  const name = temps.name(areas.root);
  try {
    closeSync(openSync(`${name}${made}`, "wx", 0o600));
    return lstat(join(dirname(name), `${name.slice(name.lastIndexOf("/") + 1)}${asked}`)) !== null;
  } finally {
    rmSync(`${name}${made}`, { force: true });
    temps.placed(name);
  }
}
