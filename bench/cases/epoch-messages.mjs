import { createHome, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { connectEpochs, forward, send, start } from "../aura/epochs.mjs";
import { startBare } from "../bare/bare.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range, ratio } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

const OPEN = 100;
/** All but the last one: every epoch stays open. */
const STEPS = forward.slice(0, -1);

/** One message of the walk to this epoch, one query of it, and each of the bare ones. */
async function round({ client, bare, times }, id, step) {
  times[step.kind].push(await send(client, id, step));
  const began = now();
  await client.state(id);
  times.query.push(now() - began);
  times.bareSignal.push(await bare.signal());
  times.bareUpdate.push(await bare.update());
  times.bareQuery.push(await bare.query());
}

const voteArgs = (id, round) => [
  ["signal", "vote", "--epoch-id", id, "--axis", "correctness"],
  ["--vote", round % 2 === 0 ? "ACCEPT" : "REVISE", "--reviewer-id", "reviewer-1"],
];

/** @type {import("./case.mjs").Case} */
export const epochMessagesCase = {
  name: "epoch-messages",
  needs: "aura",
  async run({ quick, log }) {
    const walkers = quick ? 2 : 20;
    const commands = quick ? 5 : 30;
    const where = await createHome(temporaryDirectory("epoch-messages"));
    const daemon = await startDaemon(where);
    const client = await connectEpochs(where.home);
    const times = { advance: [], vote: [], answer: [], query: [], bareSignal: [], bareUpdate: [], bareQuery: [], command: [], version: [] };
    let bare;
    try {
      bare = await startBare(daemon.address);
      const ids = Array.from({ length: OPEN }, (_, index) => `open-${index + 1}`);
      await Promise.all(ids.map((id) => start(client, id)));
      // Neither side is measured while it compiles.
      for (let warm = 0; warm < 20; warm += 1) await round({ client, bare, times: scratch() }, ids.at(-1), STEPS.find(isVote));
      for (const [index, step] of STEPS.entries()) {
        log(`epoch-messages: step ${index + 1} of ${STEPS.length}`);
        for (const id of ids.slice(0, walkers)) await round({ client, bare, times }, id, step);
      }
      for (let number = 0; number < commands; number += 1) {
        log(`epoch-messages: command ${number + 1} of ${commands}`);
        times.command.push((await succeed(where.home, voteArgs(ids.at(-2), number).flat())).ms);
        times.version.push((await succeed(where.home, ["--version"])).ms);
      }
      return result(times, walkers, commands);
    } finally {
      client.close();
      await bare?.close();
      await stopDaemon(daemon);
    }
  },
};

const isVote = ({ kind }) => kind === "vote";

function scratch() {
  return { vote: [], query: [], bareSignal: [], bareUpdate: [], bareQuery: [] };
}

function result(times, walkers, commands) {
  const updates = [...times.advance, ...times.vote, ...times.answer];
  const of = (values) => summary(values);
  const base = of(times.bareUpdate);
  const row = (name, values) => {
    const s = of(values);
    return [name, figure(s.p50), figure(s.p95), range(s), ratio(s.p50, base.p50), String(s.n)];
  };
  const limit = (p50) => 3 * p50;
  return {
    title: `Messages to an epoch, with ${OPEN} epochs open`,
    how: `Round trips through the local socket as \`aura-msg\` sends, every forward step but the last one of ${walkers} epochs among ${OPEN} open ones.
Beside them, in turn, bare workflows on the same server: a signal until a query shows it, an update, a query; their worker in a process of its own, their client without a daemon between.
An epoch's answer comes once the message is in its history; the SQLite audit trail follows. Whole command: \`aura-msg signal vote\` from spawn to exit, ${commands} times.`,
    tables: [
      {
        head: ["round trip", "p50 ms", "p95 ms", "min–max", "× bare update", "n"],
        rows: [
          row("any update of an epoch", updates),
          row("advance", times.advance),
          row("vote", times.vote),
          row("answer", times.answer),
          row("query state", times.query),
          row("bare signal, then the query that shows it", times.bareSignal),
          row("bare update", times.bareUpdate),
          row("bare query", times.bareQuery),
          row("whole `aura-msg signal vote`", times.command),
          row("`aura-msg --version`", times.version),
        ],
      },
    ],
    verdicts: [
      atMost("update ≤ 3 × the bare signal until it is seen (p50)", of(updates).p50, limit(of(times.bareSignal).p50), "ms"),
      atMost("update ≤ 3 × the bare update (p50)", of(updates).p50, limit(base.p50), "ms"),
      atMost("update ≤ 3 × the bare update (p95)", of(updates).p95, limit(base.p95), "ms"),
    ],
    raw: times,
  };
}
