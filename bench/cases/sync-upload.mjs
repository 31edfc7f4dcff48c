import { renameSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { bareUp } from "../sync/bare.mjs";
import { createDevice, QUIET } from "../sync/device.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { startS3 } from "../sync/server.mjs";
import { shapes } from "../sync/shapes.mjs";
import { aheadOf, rawOf, subject, timeTable } from "../sync/table.mjs";
import { runWay, waysOf } from "../sync/tool.mjs";

/** One tool, once, to an empty bucket. */
async function uploadBy(s3, one, folder, name) {
  s3.bucket(name);
  const mark = s3.mark();
  one.subject.ms.push(await runWay(one, { folder, bucket: name, endpoint: s3.endpoint }));
  one.subject.requests = s3.since(mark);
  s3.drop(name);
}

/** Ours: the files are moved into an empty root of a running aurad, which is then asked to sync. */
async function uploadOurs(s3, { device, root, whole, tick }, folder) {
  const inRoot = join(device.folder(root), "files");
  renameSync(folder, inRoot);
  const mark = s3.mark();
  const { ms, report } = await device.sync(root);
  whole.ms.push(ms);
  whole.requests = s3.since(mark);
  tick.ms.push(report.duration_ms);
  renameSync(inRoot, folder);
  return report.uploaded.files;
}

async function measure(s3, { shape, rounds, peers, log }) {
  const folder = join(temporaryDirectory("files"), "files");
  shape.write(folder);
  const whole = subject("aura-msg sync", "aura");
  const tick = subject("— its tick alone", "part");
  const others = waysOf(peers, "upload").map((one) => ({ ...one, subject: subject(one.way.label, "peer") }));
  const bare = { ...bareUp, subject: subject(bareUp.way.label, "bare") };
  const roots = Array.from({ length: rounds }, (_, round) => ({ id: `${shape.key}-${round}`, bucket: `ours-${shape.key}` }));
  s3.bucket(`ours-${shape.key}`);
  const device = await createDevice(s3, { name: "laptop", roots, settings: QUIET });
  try {
    await device.start();
    for (const [round, { id }] of roots.entries()) {
      log(`sync-upload: ${shape.title}, round ${round + 1} of ${rounds}`);
      const told = await uploadOurs(s3, { device, root: id, whole, tick }, folder);
      if (told !== shape.files) throw new Error(`${told} files were uploaded, of ${shape.files}`);
      for (const one of [...others, bare]) await uploadBy(s3, one, folder, "theirs");
    }
  } finally {
    await device.stop();
    s3.drop(`ours-${shape.key}`);
  }
  return { shape, subjects: [whole, tick, ...others.map((one) => one.subject), bare.subject] };
}

/** @type {import("./case.mjs").Case} */
export const syncUploadCase = {
  name: "sync-upload",
  needs: "aura",
  lacks: lacksServer,
  async run({ peers, quick, log }) {
    const rounds = quick ? 2 : 5;
    const s3 = await startS3();
    try {
      const results = [];
      for (const shape of shapes(quick)) results.push(await measure(s3, { shape, rounds, peers, log }));
      return result(results, rounds);
    } finally {
      await s3.close();
    }
  },
};

function result(results, rounds) {
  const [small, large] = results;
  return {
    title: "First upload",
    how: `From a folder to an empty place in a bucket of the same local versitygw (--keep-alive), ${rounds} rounds, all tools in each.
Whole processes from spawn to exit; \`aura-msg sync\` asks an aurad that runs already. The bare loop reads, hashes and puts the same bytes
in the fewest requests, and remembers nothing.`,
    tables: results.map(({ shape, subjects }) => timeTable(shape.title, subjects)),
    verdicts: [
      aheadOf(`${small.shape.title}: at least 5 × as quick as the best of them`, small.subjects, 5),
      aheadOf(`${large.shape.title}: as quick as the best of them`, large.subjects),
    ],
    raw: Object.fromEntries(results.map(({ shape, subjects }) => [shape.key, rawOf(subjects)])),
  };
}
