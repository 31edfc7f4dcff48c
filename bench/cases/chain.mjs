import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHome, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { writeSpecs } from "../aura/home.mjs";
import { freePorts } from "../aura/programs.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

const LINKS = 10;
const link = fileURLToPath(new URL("../aura/link.mjs", import.meta.url));

/** Each link waits for the one before it to be healthy. */
function chain(home, ports) {
  return ports.map((port, index) => ({
    name: `link-${index}`,
    command: [process.execPath, link, String(port), join(home, `link-${index}.json`)],
    extra: {
      health: { type: "tcp", port },
      ...(index === 0 ? {} : { dependencies: { after: [`link-${index - 1}`] } }),
    },
  }));
}

/** One `up` of the chain: ms of the command, own start time of each link, ms from listening to the next one's begin. */
async function measure(home) {
  const beganAt = Date.now();
  const { ms } = await succeed(home, ["up"]);
  const links = Array.from({ length: LINKS }, (_, index) => JSON.parse(readFileSync(join(home, `link-${index}.json`), "utf8")));
  if (links.some(({ began }) => began < beganAt)) throw new Error("a link did not start again");
  return {
    ms,
    own: links.map(({ began, listened }) => listened - began),
    gaps: links.slice(1).map(({ began }, index) => began - links[index].listened),
  };
}

/** @type {import("./case.mjs").Case} */
export const chainCase = {
  name: "chain",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 2 : 10;
    const home = temporaryDirectory("chain");
    const where = await createHome(home);
    writeSpecs(home, chain(home, await freePorts(LINKS)));
    const daemon = await startDaemon(where);
    const samples = [];
    try {
      for (let round = 1; round <= rounds; round += 1) {
        log(`chain: round ${round} of ${rounds}`);
        samples.push(await measure(home));
        await succeed(home, ["down"]);
      }
    } finally {
      await stopDaemon(daemon);
    }
    return result(samples, rounds);
  },
};

function result(samples, rounds) {
  const gaps = summary(samples.flatMap((sample) => sample.gaps));
  const own = summary(samples.flatMap((sample) => sample.own));
  const command = summary(samples.map(({ ms }) => ms));
  const above = summary(samples.map((sample) => (sample.ms - sample.own.reduce((a, b) => a + b, 0)) / LINKS));
  const row = (name, s) => [name, figure(s.p50), figure(s.p95), range(s)];
  return {
    title: "A health-checked chain of 10",
    how: `Ten small Node programs, each listening at once, each started when the one before it passed its TCP check (default interval 10 s). ${rounds} times.`,
    tables: [
      {
        head: ["", "p50 ms", "p95 ms", "min–max"],
        rows: [
          row("whole `aura-msg up`", command),
          row("a program's own start, begin to listening", own),
          row("a link: listening to the next one's begin", gaps),
          row("whole command less own starts, a link", above),
        ],
      },
    ],
    verdicts: [
      atMost("≤ 100 ms a link above own start times (p50)", gaps.p50, 100, "ms"),
      atMost("the same, with the command's own start and end shared out", above.p50, 100, "ms"),
    ],
    raw: samples,
  };
}
