import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, startDaemon, stopDaemon } from "../aura/daemon.mjs";
import { before, connectEpochs, forward, send, signature, start, walk } from "../aura/epochs.mjs";
import { pause } from "../aura/fleet.mjs";
import { temporaryDirectory, track } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { summary } from "../measure/statistics.mjs";
import { onPath } from "../peers/processes.mjs";
import { figure, range, ratio } from "../report/table.mjs";
import { stated, unmeasured } from "../report/verdict.mjs";

const TIMEOUT_MS = 20_000;
/** Writes the moment at which it runs, ns since the Unix epoch. */
const PROGRAM = ["/bin/date", "+%s%N"];
const enter = forward.find(({ message }) => message.to_phase === "p9");
const planOf = (mode, directory) => ({
  max_parallel: 1,
  slices: [{ id: "first", title: "first", mode, command: PROGRAM, working_dir: directory }],
});
const clock = () => performance.timeOrigin + performance.now();

/** Ms since the Unix epoch that the program wrote. */
async function writtenIn(file) {
  for (const limit = now() + TIMEOUT_MS; now() < limit; await pause(5)) {
    try {
      const found = /^\d{19}/m.exec(readFileSync(file, "utf8"));
      if (found !== null) return Number(found[0]) / 1e6;
    } catch {
      // Not there yet.
    }
  }
  throw new Error(`the slice wrote nothing into ${file} within ${TIMEOUT_MS / 1000} s`);
}

/** One epoch up to p8; then ms from the request, and from the entry into p9 as the epoch has it, to the program's line. */
async function startOnce({ client, home }, mode, number) {
  const id = `${mode}-${number}`;
  await start(client, id, planOf(mode, home));
  await walk(client, id, before("p9"));
  const asked = clock();
  await send(client, id, enter);
  const wrote = await writtenIn(join(home, `state/log/slices/${id}/first.1.log`));
  const { transition_history: taken } = await client.state(id);
  const entered = Date.parse(taken.find(({ to_phase }) => to_phase === "p9").timestamp);
  await client.cancel(id, { ...signature(), reason: "measured" });
  return { asked: wrote - asked, entered: wrote - entered };
}

async function bareOnce(directory, number) {
  const file = join(directory, `bare-${number}.log`);
  const output = openSync(file, "a", 0o600);
  const asked = clock();
  const child = spawn(PROGRAM[0], PROGRAM.slice(1), { cwd: directory, detached: true, stdio: ["ignore", output, output] });
  track(child.pid);
  closeSync(output);
  return { asked: (await writtenIn(file)) - asked };
}

/** @type {import("./case.mjs").Case} */
export const sliceStartCase = {
  name: "slice-start",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 3 : 30;
    const modes = ["subprocess", ...(onPath("tmux") === null ? [] : ["tmux"])];
    if (modes.length === 1) log("!!! tmux is not on PATH: its slices are left out");
    const where = await createHome(temporaryDirectory("slices"));
    const daemon = await startDaemon(where);
    const client = await connectEpochs(where.home);
    const samples = { subprocess: [], tmux: [], bare: [] };
    try {
      for (let round = 1; round <= rounds; round += 1) {
        log(`slice-start: round ${round} of ${rounds}`);
        for (const mode of modes) samples[mode].push(await startOnce({ client, home: where.home }, mode, round));
        samples.bare.push(await bareOnce(where.home, round));
      }
      return result(samples, rounds);
    } finally {
      client.close();
      await stopDaemon(daemon);
    }
  },
};

function result(samples, rounds) {
  const base = summary(samples.bare.map(({ asked }) => asked));
  const row = (name, values) => {
    const s = summary(values);
    return s === null ? [name, "–", "–", "–", "–"] : [name, figure(s.p50), figure(s.p95), range(s), ratio(s.p50, base.p50)];
  };
  const of = (mode, key) => samples[mode].map((sample) => sample[key]);
  const entered = summary(of("subprocess", "entered"));
  const inTmux = summary(of("tmux", "entered"));
  return {
    title: "Start of a slice",
    how: `From the entry into p9 to the moment that the slice's program (\`date +%s%N\`) wrote into its log; ${rounds} epochs a mode, one slice each, in turn with a bare \`child_process.spawn\` of the same program.
The entry is the transition's time in the epoch (ms, the server's clock of the task that took the message); the request is the moment when the client sent the advance.`,
    tables: [
      {
        head: ["first line written, from", "p50 ms", "p95 ms", "min–max", "× bare"],
        rows: [
          row("entry into p9, subprocess", of("subprocess", "entered")),
          row("entry into p9, tmux", of("tmux", "entered")),
          row("request, subprocess", of("subprocess", "asked")),
          row("request, tmux", of("tmux", "asked")),
          row("bare spawn", of("bare", "asked")),
        ],
      },
    ],
    verdicts: [
      stated("entry into p9 to the first line, subprocess (p50)", `${figure(entered.p50)} ms`),
      inTmux === null
        ? unmeasured("the same in tmux", "tmux is not installed")
        : stated("the same in tmux (p50)", `${figure(inTmux.p50)} ms`),
    ],
    raw: samples,
  };
}
