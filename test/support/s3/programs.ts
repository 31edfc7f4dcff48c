import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** S3 servers that the object store is proved on. */
export const S3_SERVERS = ["versitygw", "minio"] as const;
export type S3ServerName = (typeof S3_SERVERS)[number];

/** Where `.ci/run` puts them. */
const CACHE = fileURLToPath(new URL("../../../.cache/s3", import.meta.url));

/** Absolute path of the program, from AURA_TEST_S3_BIN, PATH or the cache; undefined when it is nowhere. */
export function s3Program(name: S3ServerName): string | undefined {
  const folders = [process.env["AURA_TEST_S3_BIN"] ?? "", ...(process.env["PATH"] ?? "").split(delimiter), CACHE];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
