/** The S3 server that all tools of a sync case talk to: versitygw, its objects plain files, its access log the count of requests. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../aura/programs.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { end, launch } from "../peers/processes.mjs";
import { syncProgram } from "./programs.mjs";

export const keys = { access: "bench-key", secret: "bench-secret" };

/**
 * @typedef {object} S3
 * @property {string} endpoint
 * @property {number} pid
 * @property {(name: string) => string} bucket  makes an empty one; gives its folder
 * @property {(name: string) => string} folder  the folder that holds a bucket's objects
 * @property {(name: string) => void} drop  with all that is in it
 * @property {() => number} mark  the place in the access log
 * @property {(mark: number) => Record<string, number>} since  requests by operation since then, whoever made them
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<S3>} once it answers */
export async function startS3() {
  const directory = temporaryDirectory("s3");
  const data = join(directory, "data");
  const accessLog = join(directory, "access");
  mkdirSync(data);
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const { pid } = launch(
    syncProgram("versitygw"),
    ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive", "--access-log", accessLog, "posix", data],
    {
      cwd: directory,
      // Not our own environment: it may name other credentials or proxies.
      env: { PATH: process.env.PATH, HOME: directory, ROOT_ACCESS_KEY: keys.access, ROOT_SECRET_KEY: keys.secret },
      log: join(directory, "out"),
    },
  );
  await answering(endpoint);
  return {
    endpoint,
    pid,
    bucket(name) {
      mkdirSync(join(data, name));
      return join(data, name);
    },
    folder: (name) => join(data, name),
    drop: (name) => rmSync(join(data, name), { recursive: true, force: true }),
    mark: () => lengthOf(accessLog),
    since: (mark) => countOperations(tail(accessLog, mark)),
    close: () => end(pid, "SIGTERM", 5000),
  };
}

async function answering(endpoint) {
  const limit = now() + 20_000;
  for (;;) {
    try {
      await (await fetch(endpoint)).arrayBuffer();
      return;
    } catch (error) {
      if (now() > limit) throw new Error(`the S3 server does not answer at ${endpoint}`, { cause: error });
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

function lengthOf(file) {
  const descriptor = openSync(file, "a+");
  try {
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

function tail(file, from) {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size - from);
    return bytes.toString("latin1", 0, readSync(descriptor, bytes, 0, bytes.length, from));
  } finally {
    closeSync(descriptor);
  }
}

/** A line of the log has the operation as `s3_PutObject`. */
function countOperations(text) {
  const counts = {};
  for (const [, operation] of text.matchAll(/ s3_(\w+) /g)) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** `111: 101 HeadObject, 10 PutObject`, the most frequent first. */
export function requestText(counts) {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  return total === 0 ? "0" : `${total}: ${sorted.map(([operation, count]) => `${count} ${operation}`).join(", ")}`;
}
