/** Where the S3 server and the tools of the sync cases are. */
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachePath, executable } from "../peers/processes.mjs";

/** Filled by `.ci/run`. */
const serversOfTests = fileURLToPath(new URL("../../.cache/s3", import.meta.url));

/** Absolute path, or null: from AURA_TEST_S3_BIN, what bench/setup.sh installed, PATH, and what the tests use. */
export function syncProgram(name) {
  const folders = [
    process.env.AURA_TEST_S3_BIN ?? "",
    join(cachePath, "bin"),
    join(cachePath, "aws/bin"),
    ...(process.env.PATH ?? "").split(delimiter),
    serversOfTests,
  ];
  return (
    folders
      .filter((folder) => folder !== "")
      .map((folder) => join(folder, name))
      .find(executable) ?? null
  );
}

/** What a sync case cannot do without, as one line; null when all is there. */
export function lacksServer() {
  return syncProgram("versitygw") === null ? "there is no versitygw; bench/setup.sh installs it" : null;
}
