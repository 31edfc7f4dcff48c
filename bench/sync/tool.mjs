/** Runs the sync tools that people use, each a process from spawn to exit. */
import { join } from "node:path";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { runCommand } from "../peers/processes.mjs";
import { keys } from "./server.mjs";

/**
 * One way in which a tool does something.
 *
 * @typedef {object} Way
 * @property {string} label  of its row
 * @property {(places: {folder: string, bucket: string, endpoint: string}) => string[]} args
 *
 * What the sync cases ask of a tool.
 * @typedef {object} SyncTool
 * @property {string} program  absolute path
 * @property {(endpoint: string) => Record<string, string>} environment
 * @property {Way[]} upload  a folder to an empty bucket
 * @property {Way[]} download  a bucket to an empty folder
 * @property {Way[]} unchanged  nothing differs; the ways in which it can compare
 * @property {Way[]} changed  one file differs
 */

/** Credentials as the AWS SDKs read them. */
export function awsEnvironment() {
  return {
    AWS_ACCESS_KEY_ID: keys.access,
    AWS_SECRET_ACCESS_KEY: keys.secret,
    AWS_REGION: "us-east-1",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** @param {import("../peers/peer.mjs").Peer[]} peers @param {"upload" | "download" | "unchanged" | "changed"} what */
export function waysOf(peers, what) {
  return peers.filter(({ sync }) => sync !== undefined).flatMap(({ sync }) => sync()[what].map((way) => ({ way, tool: sync() })));
}

/** @returns {Promise<number>} ms of the whole process */
export async function runWay({ way, tool }, places) {
  const start = now();
  await runCommand(tool.program, way.args(places), {
    cwd: places.folder,
    env: { PATH: process.env.PATH, HOME: temporaryDirectory("tool"), ...tool.environment(places.endpoint) },
    log: join(temporaryDirectory("tool"), "out"),
  });
  return now() - start;
}

/** Puts the files where the tools look for them: the quickest way of the first tool that is there. */
export async function seed(peers, places) {
  const ways = waysOf(peers, "upload");
  await runWay(ways.filter(({ tool }) => tool.program === ways[0].tool.program).at(-1), places);
}
