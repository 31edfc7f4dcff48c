import { rmSync } from "node:fs";
import { awaitGone, awaitMarks, createFinder, now } from "../measure/finder.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { pssMiBOf } from "../measure/processes.mjs";
import { createServices } from "../measure/services.mjs";
import { summary } from "../measure/statistics.mjs";
import { ratio, spread } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

const TIMEOUT_MS = 120_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** One fresh supervisor: up and down once. Times in ms; null when not all came or went. */
async function measure(peer, size) {
  const services = createServices(size);
  const directory = temporaryDirectory(peer.name);
  const session = await peer.prepare(services, directory);
  try {
    // runsvdir does not read a directory that changed within the present second.
    await pause(1200);
    const finder = createFinder();
    const start = now();
    const command = session.up().then(() => now() - start);
    const { pids, at } = await awaitMarks(
      finder,
      services.map(({ mark }) => mark),
      TIMEOUT_MS,
    );
    const complete = pids.size === size;
    const upCommand = await command;
    await pause(1500);
    const running = new Set(pids.values());
    const memory = pssMiBOf(session.pidsOf().filter((pid) => !running.has(pid)));
    const stopStart = now();
    const stopping = session.down();
    const gone = await awaitGone(pids.values(), TIMEOUT_MS);
    await stopping;
    return { up: complete ? at - start : null, upCommand, memory, down: gone === null ? null : gone - stopStart };
  } finally {
    await session.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function verdictsOf(sizes, cells) {
  const p50 = (name, size) => summary(cells.get(`${name}/${size}`)?.map(({ up }) => up) ?? [])?.p50;
  return sizes.flatMap((size) => [
    ...["pm2", "supervisord", "runit"].map((other) =>
      atMost(`${size} services: ahead of ${other}`, p50("aura", size), p50(other, size), "ms"),
    ),
    ...(size === 500 ? [atMost("500 services in ≤ 1.5 s", p50("aura", size), 1500, "ms")] : []),
  ]);
}

/** @type {import("./case.mjs").Case} */
export const bringUpCase = {
  name: "bring-up",
  async run({ peers, quick, log }) {
    const sizes = [30, 100, 500];
    const rounds = quick ? 1 : 5;
    /** @type {Map<string, {up: number | null, upCommand: number, memory: number, down: number | null}[]>} */
    const cells = new Map();
    for (let round = 1; round <= rounds; round += 1) {
      for (const size of sizes) {
        for (const peer of peers) {
          log(`bring-up: round ${round} of ${rounds}, ${size} services, ${peer.name}`);
          const key = `${peer.name}/${size}`;
          cells.set(key, [...(cells.get(key) ?? []), await measure(peer, size)]);
        }
      }
    }
    const column = (name, size, key) =>
      summary((cells.get(`${name}/${size}`) ?? []).map((cell) => cell[key]).filter((value) => value !== null));
    const last = sizes.at(-1);
    const table = (key, title, compared = true) => ({
      head: [title, ...sizes.map((size) => `${size} (min–max)`), ...(compared ? [`× bare, ${last}`] : [])],
      rows: peers.map(({ name }) => [
        name,
        ...sizes.map((size) => spread(column(name, size, key))),
        ...(compared ? [ratio(column(name, last, key)?.p50, column("bare-node", last, key)?.p50)] : []),
      ]),
    });
    return {
      title: "Bringing up 30, 100 and 500 services",
      how: `From the command that brings them up to the moment when the last \`sleep\` is exec'd; from the stop command to the end of the last one.
A fresh supervisor each time, ${rounds} round(s), median with range. Timed command: ${peers.map((peer) => `${peer.name}: ${peer.upCommand}`).join("; ")}.
Memory: proportional set size of the supervisor's own processes 1.5 s after all run; aura's includes its Temporal server.
Not equal: runit and s6 run without loggers; supervisord, pm2 and process-compose copy every service's output themselves; aura and the bare parent let services write their files.`,
      tables: [
        table("up", "up, ms"),
        table("down", "stop, ms"),
        table("upCommand", "up command returns, ms", false),
        table("memory", "memory, MiB", false),
      ],
      verdicts: verdictsOf(sizes, cells),
      raw: Object.fromEntries(cells),
    };
  },
};
