import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { pause, statusRows, withFleet } from "../aura/fleet.mjs";
import { requestsBetween, serverRequests } from "../aura/metrics.mjs";
import { freePorts } from "../aura/programs.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { cpuNsOf, rssMiBOf } from "../measure/processes.mjs";
import { end, launch } from "../peers/processes.mjs";
import { figure } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

const SIZE = 500;
const CHECKED = 100;
const answerer = fileURLToPath(new URL("../aura/tcp-answer.mjs", import.meta.url));

async function reading(daemon) {
  return {
    at: now(),
    aurad: cpuNsOf(daemon.pid),
    server: cpuNsOf(daemon.server),
    requests: await serverRequests(daemon),
  };
}

/** Percent of one core between two readings. */
const percent = (before, after, key) => ((after[key] - before[key]) / 1e6 / (after.at - before.at)) * 100;

/** @type {import("./case.mjs").Case} */
export const idleCase = {
  name: "idle",
  needs: "aura",
  async run({ quick, log }) {
    const seconds = quick ? 15 : 60;
    const settleSeconds = quick ? 10 : 60;
    const [port] = await freePorts(1);
    const target = launch(process.execPath, [answerer, String(port)], { log: join(temporaryDirectory("answerer"), "out") });
    const health = { health: { type: "tcp", port, interval: "10s" } };
    try {
      return await withFleet({ size: SIZE, extra: (index) => (index < CHECKED ? health : undefined) }, async ({ home, daemon }) => {
        log(`idle: settling ${settleSeconds} s, then ${seconds} s`);
        await pause(settleSeconds * 1000);
        const before = await reading(daemon);
        await pause(seconds * 1000);
        const after = await reading(daemon);
        const healthy = (await statusRows(home)).filter((row) => row.health === "healthy").length;
        return result({ before, after, seconds, settleSeconds, healthy, daemon });
      });
    } finally {
      await end(target.pid);
    }
  },
};

function result({ before, after, seconds, settleSeconds, healthy, daemon }) {
  const cpu = { aurad: percent(before, after, "aurad"), server: percent(before, after, "server") };
  const rss = { aurad: rssMiBOf(daemon.pid), server: rssMiBOf(daemon.server) };
  const calls = requestsBetween(before.requests, after.requests);
  const others = calls.others.reduce((sum, { count }) => sum + count, 0);
  return {
    title: "Idle with 500 services",
    how: `${SIZE} services up, ${CHECKED} of them with a TCP health check each 10 s (${healthy} healthy at the end); ${seconds} s, after ${settleSeconds} s of settling.
CPU from schedstat of all threads, in percent of one core; Temporal calls from the server's own metrics (frontend).`,
    tables: [
      {
        head: ["process", "CPU %", "RSS MiB"],
        rows: ["aurad", "server"].map((name) => [name === "server" ? "embedded Temporal" : name, figure(cpu[name]), figure(rss[name])]),
      },
      {
        head: ["Temporal calls", "count"],
        rows: [["long polls", String(calls.polls)], ...calls.others.map(({ operation, count }) => [operation, String(count)])],
      },
    ],
    verdicts: [
      atMost("aurad ≤ 1 % of a core", cpu.aurad, 1, "%"),
      atMost("no Temporal call but long polls", others, 0, "calls"),
      atMost("RSS of aurad ≤ 250 MB", rss.aurad * 1.048576, 250, "MB"),
    ],
    raw: { cpu, rss, calls, seconds },
  };
}
