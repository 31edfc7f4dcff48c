import { keys } from "../sync/server.mjs";
import { SYNC_CASES } from "../sync/cases.mjs";
import { syncProgram } from "../sync/programs.mjs";
import { firstLine } from "./processes.mjs";

const TUNED = ["--fast-list", "--transfers", "32", "--checkers", "32"];
/** Believes the answer to each PUT, where by default a HEAD follows; and takes the bucket for granted. */
const UNCHECKED = ["--s3-no-head", "--s3-no-check-bucket", "--s3-disable-checksum"];
/** Looks at what was changed lately and asks the bucket for nothing else: how its manual advises to top up often. */
const LATELY = ["--max-age", "10s", "--no-traverse"];
const remote = ({ bucket }) => `v:${bucket}`;
const up = (label, command, ...options) => ({
  label,
  args: (places) => [command, places.folder, remote(places), ...TUNED, ...options],
});

/** @type {import("./peer.mjs").Peer} */
export const rclone = {
  name: "rclone",
  settings: `${TUNED.join(" ")}; where said also ${UNCHECKED.join(" ")}`,
  cases: SYNC_CASES,
  available: () => firstLine(syncProgram("rclone") ?? "rclone", ["version"])?.replace(/^rclone /, "") ?? null,
  sync: () => ({
    program: syncProgram("rclone"),
    environment: (endpoint) => ({
      RCLONE_CONFIG: "/dev/null",
      RCLONE_CONFIG_V_TYPE: "s3",
      RCLONE_CONFIG_V_PROVIDER: "Other",
      RCLONE_CONFIG_V_ENDPOINT: endpoint,
      RCLONE_CONFIG_V_ACCESS_KEY_ID: keys.access,
      RCLONE_CONFIG_V_SECRET_ACCESS_KEY: keys.secret,
      RCLONE_CONFIG_V_FORCE_PATH_STYLE: "true",
    }),
    upload: [up("rclone copy", "copy"), up("rclone copy --s3-no-head", "copy", ...UNCHECKED)],
    download: [{ label: "rclone copy", args: (places) => ["copy", remote(places), places.folder, ...TUNED] }],
    unchanged: [
      up("rclone sync", "sync"),
      up("rclone sync --checksum", "sync", "--checksum"),
      up("rclone sync --update --use-server-modtime", "sync", "--update", "--use-server-modtime"),
      up("rclone sync --size-only", "sync", "--size-only"),
      up(`rclone copy ${LATELY.join(" ")}`, "copy", ...LATELY, ...UNCHECKED),
    ],
    changed: [
      up("rclone sync --size-only", "sync", "--size-only", ...UNCHECKED),
      up(`rclone copy ${LATELY.join(" ")}`, "copy", ...LATELY, ...UNCHECKED),
    ],
  }),
};
