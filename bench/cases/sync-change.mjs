import { appendFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { randomInt } from "node:crypto";
import { pause } from "../aura/fleet.mjs";
import { now } from "../measure/finder.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";
import { createDevice, QUIET } from "../sync/device.mjs";
import { smallFile, writeSmallFiles } from "../sync/files.mjs";
import { awaitHead } from "../sync/head.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { requestText, startS3 } from "../sync/server.mjs";
import { rawOf, subject } from "../sync/table.mjs";
import { runWay, seed, waysOf } from "../sync/tool.mjs";

/** The default; stated because it is taken off. */
const DEBOUNCE_MS = 500;

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

const edit = (folder, size) => appendFileSync(smallFile(folder, randomInt(size)), "one more line\n");

async function measureOurs(s3, { device, folder, size, rounds, log }) {
  const head = join(s3.folder("ours"), "roots/work/devices/laptop/head.json");
  const wakes = subject("aurad: saved to head written, less the debounce", "aura");
  const ticks = subject("— its tick alone", "part");
  const stored = bytesIn(s3.folder("ours"));
  for (let round = 1; round <= rounds; round += 1) {
    log(`sync-change: round ${round} of ${rounds}`);
    const before = device.ended().length;
    const mark = s3.mark();
    const written = awaitHead(head);
    const start = now();
    edit(folder, size);
    wakes.ms.push((await written) - start - DEBOUNCE_MS);
    ticks.ms.push((await device.tick("work", () => true, before)).duration_ms);
    wakes.requests = s3.since(mark);
    await pause(200);
  }
  return { subjects: [wakes, ticks], bytes: (bytesIn(s3.folder("ours")) - stored) / rounds };
}

async function measureTheirs(s3, { peers, folder, size, rounds, log }) {
  const others = waysOf(peers, "changed").map((one) => ({ ...one, subject: subject(one.way.label, "peer") }));
  if (others.length === 0) return [];
  const places = { folder, bucket: "theirs", endpoint: s3.endpoint };
  await seed(peers, places);
  // What `--max-age` is to leave out.
  await pause(11_000);
  for (let round = 1; round <= rounds; round += 1) {
    log(`sync-change: the others, round ${round} of ${rounds}`);
    for (const one of others) {
      edit(folder, size);
      const mark = s3.mark();
      one.subject.ms.push(await runWay(one, places));
      one.subject.requests = s3.since(mark);
      if (one.subject.requests.PutObject === undefined) throw new Error(`${one.subject.label} uploaded nothing`);
      // The next one is to find its own change alone.
      if (one.way.label.includes("--max-age")) await pause(11_000);
    }
  }
  return others.map((one) => one.subject);
}

/** @type {import("./case.mjs").Case} */
export const syncChangeCase = {
  name: "sync-change",
  needs: "aura",
  lacks: lacksServer,
  async run({ peers, quick, log }) {
    const size = quick ? 1000 : 100_000;
    const rounds = quick ? 5 : 30;
    const s3 = await startS3();
    try {
      s3.bucket("ours");
      s3.bucket("theirs");
      const settings = { ...QUIET, watcher_debounce: `${DEBOUNCE_MS}ms` };
      const device = await createDevice(s3, { name: "laptop", roots: [{ id: "work", bucket: "ours" }], settings });
      const folder = join(device.folder("work"), "files");
      log(`sync-change: ${size} files are made and uploaded`);
      writeSmallFiles(folder, size);
      await device.start();
      const ours = await measureOurs(s3, { device, folder, size, rounds, log });
      // A case that fails leaves it to the end of the run.
      await device.stop();
      const theirs = await measureTheirs(s3, { peers, folder, size, rounds: quick ? 2 : 3, log });
      return result({ size, rounds, ours, theirs });
    } finally {
      await s3.close();
    }
  },
};

function result({ size, rounds, ours, theirs }) {
  const files = size.toLocaleString("en");
  const subjects = [...ours.subjects, ...theirs];
  const rows = subjects.map(({ label, ms, requests }) => {
    const s = summary(ms);
    return [label, figure(s.p50), figure(s.p95), range(s), String(s.n), requests === null ? "" : requestText(requests)];
  });
  const [wakes] = ours.subjects;
  return {
    title: `One file changed among ${files}`,
    how: `A line is added to a file; the time ends when the device's head is another one in the server's folder, looked for every millisecond.
The watcher's debounce of ${DEBOUNCE_MS} ms is taken off. ${rounds} times; what one change stores in the bucket is ${figure(ours.bytes / 1000)} KB on average.
The others watch nothing: theirs is a run by hand that finds the one change, each its own; they come after ours, on the same files.`,
    tables: [{ head: ["", "p50 ms", "p95 ms", "min–max", "n", "requests"], rows }],
    verdicts: [
      atMost(`one file among ${files}: head written ≤ 150 ms after the debounce (p50)`, summary(wakes.ms).p50, 150, "ms"),
      atMost("one change stores kilobytes: ≤ 64 KB on average", ours.bytes / 1000, 64, "KB"),
    ],
    raw: { bytes: ours.bytes, times: rawOf(subjects) },
  };
}
