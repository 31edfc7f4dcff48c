import { join } from "node:path";
import { pause } from "../aura/fleet.mjs";
import { requestsBetween, serverRequests } from "../aura/metrics.mjs";
import { now } from "../measure/finder.mjs";
import { cpuNsOf, rssMiBOf } from "../measure/processes.mjs";
import { figure } from "../report/table.mjs";
import { atMost, stated } from "../report/verdict.mjs";
import { createDevice } from "../sync/device.mjs";
import { writeSmallFiles } from "../sync/files.mjs";
import { lacksServer } from "../sync/programs.mjs";
import { requestText, startS3 } from "../sync/server.mjs";

const ROOTS = 20;
const FILES = 100;

async function reading({ daemon }) {
  return { at: now(), aurad: cpuNsOf(daemon.pid), server: cpuNsOf(daemon.server), calls: await serverRequests(daemon) };
}

/** Percent of one core between two readings. */
const percent = (before, after, key) => ((after[key] - before[key]) / 1e6 / (after.at - before.at)) * 100;

/** @type {import("./case.mjs").Case} */
export const syncIdleCase = {
  name: "sync-idle",
  needs: "aura",
  lacks: lacksServer,
  async run({ quick, log }) {
    const seconds = quick ? 15 : 60;
    const settleSeconds = quick ? 10 : 60;
    const s3 = await startS3();
    try {
      s3.bucket("ours");
      const roots = Array.from({ length: ROOTS }, (_, index) => ({ id: `root-${index}`, bucket: "ours" }));
      const device = await createDevice(s3, { name: "laptop", roots });
      for (const { id } of roots) writeSmallFiles(join(device.folder(id), "files"), FILES);
      await device.start();
      try {
        log(`sync-idle: settling ${settleSeconds} s, then ${seconds} s`);
        await pause(settleSeconds * 1000);
        const mark = s3.mark();
        const before = await reading(device);
        await pause(seconds * 1000);
        const after = await reading(device);
        return result({ before, after, seconds, settleSeconds, requests: s3.since(mark), daemon: device.daemon });
      } finally {
        await device.stop();
      }
    } finally {
      await s3.close();
    }
  },
};

function result({ before, after, seconds, settleSeconds, requests, daemon }) {
  const cpu = { aurad: percent(before, after, "aurad"), server: percent(before, after, "server") };
  const rss = { aurad: rssMiBOf(daemon.pid), server: rssMiBOf(daemon.server) };
  const calls = requestsBetween(before.calls, after.calls);
  const others = calls.others.map(({ operation, count }) => `${count} ${operation}`).join(", ");
  const total = Object.values(requests).reduce((sum, count) => sum + count, 0);
  return {
    title: `Idle with ${ROOTS} sync roots`,
    how: `${ROOTS} roots of ${FILES} files in one bucket, everything at its default, nothing happens; ${seconds} s, after ${settleSeconds} s of settling.
CPU from schedstat of all threads, in percent of one core; requests from the access log of the S3 server.`,
    tables: [
      {
        head: ["process", "CPU %", "RSS MiB"],
        rows: ["aurad", "server"].map((name) => [name === "server" ? "embedded Temporal" : name, figure(cpu[name]), figure(rss[name])]),
      },
      {
        head: ["asked", "count"],
        rows: [
          ["S3", requestText(requests)],
          ["Temporal, long polls", String(calls.polls)],
          ["Temporal, others", others === "" ? "0" : others],
        ],
      },
    ],
    verdicts: [
      atMost("aurad ≤ 1 % of a core", cpu.aurad, 1, "%"),
      stated("S3 requests of idle roots are few", `${total} in ${seconds} s, ${figure((total / seconds / ROOTS) * 3600)} a root and hour`),
    ],
    raw: { cpu, rss, requests, calls, seconds },
  };
}
