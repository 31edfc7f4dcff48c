import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { bareDown, bareDurable, bareUp } from "../sync/bare.mjs";
import { createDevice, QUIET } from "../sync/device.mjs";
import { countFiles } from "../sync/files.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { startS3 } from "../sync/server.mjs";
import { shapes } from "../sync/shapes.mjs";
import { aheadOf, rawOf, subject, timeTable } from "../sync/table.mjs";
import { runWay, waysOf } from "../sync/tool.mjs";

async function downloadBy(s3, one, bucket, shape) {
  const folder = temporaryDirectory("into");
  const mark = s3.mark();
  one.subject.ms.push(await runWay(one, { folder, bucket, endpoint: s3.endpoint }));
  one.subject.requests = s3.since(mark);
  check(one.subject.label, folder, shape);
  rmSync(folder, { recursive: true });
}

function check(label, folder, shape) {
  const found = countFiles(folder);
  if (found !== shape.files) throw new Error(`${label}: ${found} files have come, of ${shape.files}`);
}

/** The first device uploads, unmeasured; the second, whose folder is empty, is asked to sync. */
async function downloadOurs(s3, { first, second, root, whole, tick }, folder, shape) {
  const inRoot = join(first.folder(root), "files");
  renameSync(folder, inRoot);
  await first.sync(root);
  renameSync(inRoot, folder);
  const mark = s3.mark();
  const { ms, report } = await second.sync(root);
  whole.ms.push(ms);
  whole.requests = s3.since(mark);
  tick.ms.push(report.duration_ms);
  const come = join(second.folder(root), "files");
  check("aura", come, shape);
  rmSync(come, { recursive: true });
}

async function measure(s3, { shape, rounds, peers, log }) {
  const folder = join(temporaryDirectory("files"), "files");
  shape.write(folder);
  const whole = subject("aura-msg sync", "aura");
  const tick = subject("— its tick alone", "part");
  const others = waysOf(peers, "download").map((one) => ({ ...one, subject: subject(one.way.label, "peer") }));
  const bare = [bareDown, bareDurable].map((one) => ({ ...one, subject: subject(one.way.label, "bare") }));
  const [plain, packed, ours] = ["plain", "packed", "ours"].map((name) => `${name}-${shape.key}`);
  for (const bucket of [plain, packed, ours]) s3.bucket(bucket);
  const [uploader] = waysOf(peers, "upload");
  if (uploader !== undefined) await runWay(uploader, { folder, bucket: plain, endpoint: s3.endpoint });
  await runWay(bareUp, { folder, bucket: packed, endpoint: s3.endpoint });
  const roots = Array.from({ length: rounds }, (_, round) => ({ id: `${shape.key}-${round}`, bucket: ours }));
  const first = await createDevice(s3, { name: "laptop", roots, settings: QUIET });
  const second = await createDevice(s3, { name: "desk", roots, settings: QUIET });
  try {
    await first.start();
    await second.start();
    for (const [round, { id }] of roots.entries()) {
      log(`sync-download: ${shape.title}, round ${round + 1} of ${rounds}`);
      await downloadOurs(s3, { first, second, root: id, whole, tick }, folder, shape);
      for (const one of others) await downloadBy(s3, one, plain, shape);
      for (const one of bare) await downloadBy(s3, one, packed, shape);
      s3.drop(ours);
      s3.bucket(ours);
    }
  } finally {
    await second.stop();
    await first.stop();
    for (const bucket of [plain, packed, ours]) s3.drop(bucket);
  }
  return { shape, subjects: [whole, tick, ...others.map((one) => one.subject), ...bare.map((one) => one.subject)] };
}

/** @type {import("./case.mjs").Case} */
export const syncDownloadCase = {
  name: "sync-download",
  needs: "aura",
  lacks: lacksServer,
  async run({ peers, quick, log }) {
    const rounds = quick ? 2 : 5;
    const s3 = await startS3();
    const results = [];
    try {
      for (const shape of shapes(quick)) results.push(await measure(s3, { shape, rounds, peers, log }));
    } finally {
      await s3.close();
    }
    return {
      title: "Download to an empty folder",
      how: `A second device, whose folder is empty and whose aurad runs, is asked to sync; the others copy the same files, that one of them put there.
The same versitygw, ${rounds} rounds, all tools in each; whole processes. Ours checks each file's hash and brings it to the disk (fsync)
before it takes its place; the others leave that to the system. The bare loops check the hashes.`,
      tables: results.map(({ shape, subjects }) => timeTable(shape.title, subjects)),
      verdicts: results.map(({ shape, subjects }) => aheadOf(`${shape.title}: as quick as the best of them`, subjects)),
      raw: Object.fromEntries(results.map(({ shape, subjects }) => [shape.key, rawOf(subjects)])),
    };
  },
};
