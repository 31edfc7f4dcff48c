/** A device's head as the S3 server keeps it: a file that is replaced when the device has told something. */
import { statSync } from "node:fs";
import { now } from "../measure/finder.mjs";

const LONGEST_MS = 60_000;

function stampOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.ino} ${stat.mtimeNs}`;
}

/** Resolves to the time of now() at which `path` is another file than when this was called, looking every millisecond. */
export async function awaitHead(path) {
  const before = stampOf(path);
  const limit = now() + LONGEST_MS;
  while (stampOf(path) === before) {
    if (now() > limit) throw new Error(`no head was written within ${LONGEST_MS / 1000} s`);
    await new Promise((done) => setTimeout(done, 1));
  }
  return now();
}
