import { SYNC_CASES } from "../sync/cases.mjs";
import { syncProgram } from "../sync/programs.mjs";
import { awsEnvironment } from "../sync/tool.mjs";
import { firstLine } from "./processes.mjs";

const run = ({ endpoint }, ...words) => ["--endpoint-url", endpoint, "s3", "sync", "--only-show-errors", ...words];
const up = (label, ...options) => ({ label, args: (places) => run(places, ...options, "./", `s3://${places.bucket}/`) });

/** @type {import("./peer.mjs").Peer} */
export const aws = {
  name: "aws",
  settings: "aws s3 sync with its default of 10 requests at once",
  cases: SYNC_CASES,
  available: () =>
    firstLine(syncProgram("aws") ?? "aws", ["--version"])
      ?.split(" ")[0]
      .replace("aws-cli/", "") ?? null,
  sync: () => ({
    program: syncProgram("aws"),
    environment: awsEnvironment,
    upload: [up("aws s3 sync")],
    download: [{ label: "aws s3 sync", args: (places) => run(places, `s3://${places.bucket}/`, "./") }],
    unchanged: [up("aws s3 sync"), up("aws s3 sync --size-only", "--size-only")],
    changed: [up("aws s3 sync --size-only", "--size-only")],
  }),
};
