import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../aura/fleet.mjs";
import { now } from "../measure/finder.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";
import { createDevice, QUIET } from "../sync/device.mjs";
import { writeSmallFiles } from "../sync/files.mjs";
import { awaitHead } from "../sync/head.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { startS3 } from "../sync/server.mjs";

const POLL_MS = 2000;
const FILES = 100;
const LONGEST_MS = 60_000;

/** Resolves to the time of now() at which the file has that content, looking every millisecond. */
async function awaitContent(path, content) {
  const limit = now() + LONGEST_MS;
  while (read(path) !== content) {
    if (now() > limit) throw new Error(`${path} did not come within ${LONGEST_MS / 1000} s`);
    await pause(1);
  }
  return now();
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** One edit on the first device, seen in the folder of the second. */
async function once(s3, first, second, round) {
  const content = `written in round ${round}\n`;
  const told = awaitHead(join(s3.folder("both"), "roots/work/devices/laptop/head.json"));
  const there = awaitContent(join(second.folder("work"), "files/edited.txt"), content);
  const start = now();
  writeFileSync(join(first.folder("work"), "files/edited.txt"), content);
  const [head, come] = await Promise.all([told, there]);
  return { whole: come - start, told: head - start, fetched: come - head };
}

/** @type {import("./case.mjs").Case} */
export const syncPropagateCase = {
  name: "sync-propagate",
  needs: "aura",
  lacks: lacksServer,
  async run({ quick, log }) {
    const rounds = quick ? 5 : 40;
    const s3 = await startS3();
    const started = [];
    try {
      s3.bucket("both");
      const poll = `${POLL_MS}ms`;
      const settings = { ...QUIET, watcher_debounce: "500ms", head_poll_interval: poll, head_poll_max_interval: poll };
      const roots = [{ id: "work", bucket: "both" }];
      const first = await createDevice(s3, { name: "laptop", roots, settings });
      const second = await createDevice(s3, { name: "desk", roots, settings });
      writeSmallFiles(join(first.folder("work"), "files"), FILES);
      for (const device of [first, second]) {
        await device.start();
        started.push(device);
      }
      const samples = [];
      for (let round = 1; round <= rounds; round += 1) {
        log(`sync-propagate: round ${round} of ${rounds}`);
        // At any moment of the other's pause.
        await pause(500 + Math.random() * POLL_MS);
        samples.push(await once(s3, first, second, round));
      }
      return result(samples, rounds);
    } finally {
      for (const device of started) await device.stop();
      await s3.close();
    }
  },
};

function result(samples, rounds) {
  const of = (key) => summary(samples.map((sample) => sample[key]));
  const row = (name, s) => [name, figure(s.p50), figure(s.p95), range(s), figure(s.mad)];
  return {
    title: "An edit on one device to the file on another",
    how: `Two aurads with their own Temporal servers and one bucket; the second looks for news every ${POLL_MS / 1000} s (\`head_poll_interval\`), the first
uploads after its default debounce of 500 ms. Files of ${FILES}, one of them written at any moment; ${rounds} times.`,
    tables: [
      {
        head: ["from the write to", "p50 ms", "p95 ms", "min–max", "MAD"],
        rows: [
          row("the file on the other device", of("whole")),
          row("— the first device's head written", of("told")),
          row("— from that head to the file", of("fetched")),
        ],
      },
    ],
    verdicts: [atMost("edit to file elsewhere: p50 ≤ poll interval + 1 s", of("whole").p50, POLL_MS + 1000, "ms")],
    raw: samples,
  };
}
