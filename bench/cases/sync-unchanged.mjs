import { join } from "node:path";
import { pause } from "../aura/fleet.mjs";
import { hwmMiBOf, rssMiBOf } from "../measure/processes.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";
import { walks } from "../sync/bare.mjs";
import { createDevice, QUIET } from "../sync/device.mjs";
import { writeSmallFiles } from "../sync/files.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { startS3 } from "../sync/server.mjs";
import { aheadOf, rawOf, subject, timeTable } from "../sync/table.mjs";
import { runWay, seed, waysOf } from "../sync/tool.mjs";

/** After an upload, until its memory is looked at again. */
const REST_SECONDS = 30;

const memoryOf = ({ pid }) => ({ rss: rssMiBOf(pid), most: hwmMiBOf(pid) });

async function measure(s3, { size, rounds, peers, log }) {
  const [ours, theirs] = [`ours-${size}`, `theirs-${size}`];
  s3.bucket(ours);
  s3.bucket(theirs);
  const device = await createDevice(s3, { name: "laptop", roots: [{ id: "work", bucket: ours }], settings: QUIET });
  const folder = join(device.folder("work"), "files");
  log(`sync-unchanged: ${size} files are made and uploaded`);
  writeSmallFiles(folder, size);
  const whole = subject("aura-msg sync", "aura");
  const tick = subject("— its tick alone", "part");
  const others = waysOf(peers, "unchanged").map((one) => ({ ...one, subject: subject(one.way.label, "peer") }));
  const bare = walks.map((one) => ({ ...one, subject: subject(one.way.label, "bare") }));
  const places = { folder, bucket: theirs, endpoint: s3.endpoint };
  try {
    await device.start();
    const uploaded = memoryOf(device.daemon);
    await pause(REST_SECONDS * 1000);
    const rested = memoryOf(device.daemon);
    if (others.length > 0) await seed(peers, places);
    await device.stop();
    await device.start();
    for (let round = 1; round <= rounds; round += 1) {
      log(`sync-unchanged: ${size} files, round ${round} of ${rounds}`);
      await oursOnce(s3, device, whole, tick);
      for (const one of [...others, ...bare]) await once(s3, one, places);
    }
    const memory = { uploaded, rested, unchanged: memoryOf(device.daemon) };
    return { size, memory, tick, subjects: [whole, tick, ...others.map((one) => one.subject), ...bare.map((one) => one.subject)] };
  } finally {
    await device.stop();
    s3.drop(ours);
    s3.drop(theirs);
  }
}

async function oursOnce(s3, device, whole, tick) {
  const mark = s3.mark();
  const { ms, report } = await device.sync("work");
  whole.ms.push(ms);
  whole.requests = s3.since(mark);
  tick.ms.push(report.duration_ms);
}

async function once(s3, one, places) {
  const mark = s3.mark();
  one.subject.ms.push(await runWay(one, places));
  one.subject.requests = s3.since(mark);
  if (one.subject.requests.PutObject !== undefined) throw new Error(`${one.subject.label} uploaded, and nothing had changed`);
}

/** @type {import("./case.mjs").Case} */
export const syncUnchangedCase = {
  name: "sync-unchanged",
  needs: "aura",
  lacks: lacksServer,
  async run({ peers, quick, log }) {
    const sizes = quick ? [1000] : [10_000, 100_000];
    const rounds = quick ? 2 : 5;
    const s3 = await startS3();
    const results = [];
    try {
      for (const size of sizes) results.push(await measure(s3, { size, rounds, peers, log }));
    } finally {
      await s3.close();
    }
    return result(results, rounds);
  },
};

function result(results, rounds) {
  const { size, memory, tick, subjects } = results.at(-1);
  const files = size.toLocaleString("en");
  const row = (name, { rss, most }) => [name, figure(rss), figure(most)];
  return {
    title: "Nothing has changed",
    how: `Files of 1–4 KB, 100 in a folder, all of them uploaded; ${rounds} rounds, all tools in each, the same versitygw. Whole processes.
\`aura-msg sync\` has aurad look at every file's stat data and at the heads in the bucket. \`--max-age 10s\` looks at nothing in the bucket and
takes every file that is older for uploaded. The walks look at the same stat data and compare nothing.`,
    tables: [
      ...results.map((one) => timeTable(`${one.size.toLocaleString("en")} files, unchanged`, one.subjects)),
      {
        head: [`aurad with ${files} files`, "RSS MiB", "most ever MiB"],
        rows: [
          row("right after the first upload", memory.uploaded),
          row(`${REST_SECONDS} s later`, memory.rested),
          row("started anew, after the unchanged ticks", memory.unchanged),
        ],
      },
    ],
    verdicts: [
      atMost(`${files} unchanged files: the tick ≤ 600 ms (p50)`, summary(tick.ms).p50, 600, "ms"),
      aheadOf(
        `${files} unchanged files: whole command ahead of the best peer's quickest mode that looks at the bucket`,
        subjects,
        1,
        looks,
      ),
      aheadOf(`${files} unchanged files: whole command ahead of the best peer's quickest mode of all`, subjects),
      atMost(`RSS of aurad at ${files} files ≤ 300 MB, ${REST_SECONDS} s after the first upload`, memory.rested.rss * 1.048576, 300, "MB"),
      atMost(`RSS of aurad at ${files} files ≤ 300 MB, after unchanged ticks`, memory.unchanged.rss * 1.048576, 300, "MB"),
    ],
    raw: results.map((one) => ({ size: one.size, memory: one.memory, times: rawOf(one.subjects) })),
  };
}

const looks = ({ label }) => !label.includes("--no-traverse");
