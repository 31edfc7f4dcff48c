import { createFinder, awaitMark, awaitMarks, nap, now } from "../measure/finder.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { createServices } from "../measure/services.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range, ratio } from "../report/table.mjs";
import { atMost, unmeasured } from "../report/verdict.mjs";

/** A service this old counts as stable for every peer (runit and s6 look at 1 s). */
const STABLE_MS = 1300;
/** Age at which the second kill comes. */
const SECOND_KILL_MS = 50;
const TIMEOUT_MS = 10_000;

async function begin(peer) {
  const [service] = createServices(1);
  const session = await peer.prepare([service], temporaryDirectory(peer.name));
  const finder = createFinder();
  const command = session.up();
  const { pids, at } = await awaitMarks(finder, [service.mark], TIMEOUT_MS);
  await command;
  const pid = pids.get(service.mark);
  if (pid === undefined) throw new Error(`${peer.name}: the service did not come up within ${TIMEOUT_MS} ms`);
  await session.settle?.();
  return { peer, session, mark: service.mark, pid, since: at, first: [], second: [], lost: 0 };
}

/** Kills the service and blocks until its successor runs; ms, or null when none came. */
function crash(subject) {
  const finder = createFinder();
  const start = now();
  process.kill(subject.pid, "SIGKILL");
  const hit = awaitMark(finder, subject.mark, TIMEOUT_MS);
  if (hit === null) {
    subject.lost += 1;
    return null;
  }
  Object.assign(subject, { pid: hit.pid, since: hit.at });
  return hit.at - start;
}

async function sample(subject) {
  const age = now() - subject.since;
  // A few ms of chance, so that no timer of a supervisor runs in step with the rounds.
  await new Promise((done) => setTimeout(done, Math.max(0, STABLE_MS - age) + Math.random() * 50));
  const first = crash(subject);
  if (first === null) return false;
  subject.first.push(first);
  nap(SECOND_KILL_MS);
  const second = crash(subject);
  if (second === null) return false;
  subject.second.push(second);
  return true;
}

function rowsOf(subjects, key) {
  const base = summary(subjects.find(({ peer }) => peer.name === "bare-node")?.[key] ?? []);
  return subjects.map((subject) => {
    const s = summary(subject[key]);
    return [subject.peer.name, figure(s?.p50), figure(s?.p95), range(s), figure(s?.mad), ratio(s?.p50, base?.p50), String(s?.n ?? 0)];
  });
}

function verdictsOf(subjects) {
  const p50 = (name, key) => {
    const found = subjects.find(({ peer }) => peer.name === name);
    return found ? summary(found[key])?.p50 : null;
  };
  const ours = subjects.filter(({ peer }) => peer.name.startsWith("aura"));
  if (ours.length === 0) return [unmeasured("crash to new pid, p50 ≤ 2 × the bare parent")];
  return ours.flatMap(({ peer: { name } }) =>
    ["first", "second"].flatMap((key) => [
      atMost(`${name}, ${key} crash: p50 ≤ 2 × the bare parent`, p50(name, key), 2 * p50("bare-node", key) || null, "ms"),
      ...["pm2", "supervisord"].map((other) => atMost(`${name}, ${key} crash: ahead of ${other}`, p50(name, key), p50(other, key), "ms")),
    ]),
  );
}

/** @type {import("./case.mjs").Case} */
export const crashCase = {
  name: "crash",
  async run({ peers, quick, log }) {
    const rounds = quick ? 5 : 50;
    const subjects = [];
    try {
      for (const peer of peers) subjects.push(await begin(peer));
      let live = [...subjects];
      for (let round = 1; round <= rounds; round += 1) {
        log(`crash: round ${round} of ${rounds}`);
        for (const subject of live) {
          if (!(await sample(subject))) live = live.filter((other) => other !== subject);
        }
      }
    } finally {
      for (const { session } of subjects) await session.close();
    }
    const head = ["tool", "p50 ms", "p95 ms", "min–max", "MAD", "× bare", "n"];
    return {
      title: "From a crash to the new process",
      how: `The service's process is killed with SIGKILL; the time ends when a new process has exec'd the same argv, looked for every 0.2 ms.
One service a tool, all tools running at once, one after another in each of ${rounds} rounds.
First table: the service had run for at least ${STABLE_MS} ms. Second table: killed again ${SECOND_KILL_MS} ms after it came back.`,
      tables: [
        { head: ["first crash", ...head.slice(1)], rows: rowsOf(subjects, "first") },
        { head: ["repeated crash", ...head.slice(1)], rows: rowsOf(subjects, "second") },
      ],
      verdicts: verdictsOf(subjects),
      notes: subjects
        .filter(({ lost }) => lost > 0)
        .map(({ peer }) => `${peer.name} did not restart the service within ${TIMEOUT_MS / 1000} s; left out from then on.`),
      raw: subjects.map(({ peer, first, second }) => ({ tool: peer.name, first, second })),
    };
  },
};
