import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./refusal.js";

/**
 * A folder and those above it, for their owner only. Node's own says "no such file" where the file system is read-only,
 * and what is wrong is to be told.
 */
export function makeFolders(dir: string): string {
  try {
    mkdirSync(dir, 0o700);
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      makeFolders(dirname(dir));
      mkdirSync(dir, 0o700);
    } else if (codeOf(error) !== "EEXIST") throw error;
  }
  return dir;
}
