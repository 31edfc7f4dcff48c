import { SYNC_CASES } from "../sync/cases.mjs";
import { syncProgram } from "../sync/programs.mjs";
import { awsEnvironment } from "../sync/tool.mjs";
import { firstLine } from "./processes.mjs";

const s3 = ({ endpoint }, ...words) => ["--endpoint-url", endpoint, ...words];
const up = (label, ...options) => ({ label, args: (places) => s3(places, "sync", ...options, "./", `s3://${places.bucket}/`) });

/** @type {import("./peer.mjs").Peer} */
export const s5cmd = {
  name: "s5cmd",
  settings: "its default of 256 workers",
  install: "measured when on PATH",
  cases: SYNC_CASES,
  available: () => firstLine(syncProgram("s5cmd") ?? "s5cmd", ["version"]),
  sync: () => ({
    program: syncProgram("s5cmd"),
    environment: awsEnvironment,
    upload: [{ label: "s5cmd cp", args: (places) => s3(places, "cp", "./", `s3://${places.bucket}/`) }],
    download: [{ label: "s5cmd cp", args: (places) => s3(places, "cp", `s3://${places.bucket}/*`, "./") }],
    unchanged: [up("s5cmd sync"), up("s5cmd sync --size-only", "--size-only")],
    changed: [up("s5cmd sync --size-only", "--size-only")],
  }),
};
