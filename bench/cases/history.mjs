import { createHome, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { awaitRows, pause, statusRows } from "../aura/fleet.mjs";
import { hostName, sleeper, writeSpecs } from "../aura/home.mjs";
import { eventsOf, runsOf } from "../aura/temporal.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { createServices, sleepPath } from "../measure/services.mjs";
import { figure } from "../report/table.mjs";
import { atMost, stated } from "../report/verdict.mjs";

const service = (name) => `service/${hostName}/${name}`;
const host = `host/${hostName}`;
/** Server's hard limit of events in one history (Temporal's default). */
const HARD_LIMIT = 51_200;

/** All events of a workflow over its runs, and the longest run. */
async function ledger(daemon, id) {
  const runs = await runsOf(daemon, id);
  const lengths = [];
  for (const run of runs) lengths.push((await eventsOf(daemon, id, run)).length);
  return { events: lengths.reduce((a, b) => a + b, 0), runs: runs.length, longest: Math.max(...lengths) };
}

/** Kills the service's process and waits until it is up again under another pid. */
async function crashOnce(home, name) {
  const pidOf = (rows) => rows.find((row) => row.name === name)?.pid;
  const pid = pidOf(await statusRows(home));
  process.kill(pid, "SIGKILL");
  await awaitRows(home, (rows) => ![null, undefined, pid].includes(pidOf(rows)));
}

/** Single crashes, far enough apart to be reported one by one; events a crash in both workflows. */
async function single(daemon, home, name, crashes) {
  const before = [await ledger(daemon, service(name)), await ledger(daemon, host)];
  for (let crash = 0; crash < crashes; crash += 1) {
    await crashOnce(home, name);
    await pause(2000);
  }
  const after = [await ledger(daemon, service(name)), await ledger(daemon, host)];
  return after.map(({ events }, index) => (events - before[index].events) / crashes);
}

/** A service that ends by itself ten times a second. */
async function loop(daemon, home, name, seconds) {
  await succeed(home, ["up", name]);
  await pause(seconds * 1000);
  const restarts = (await statusRows(home)).find((row) => row.name === name).restart_count;
  await succeed(home, ["down", name]);
  // What was batched is delivered.
  await pause(3000);
  return { restarts, service: await ledger(daemon, service(name)), host: await ledger(daemon, host) };
}

/** @type {import("./case.mjs").Case} */
export const historyCase = {
  name: "history",
  needs: "aura",
  async run({ quick, log }) {
    const seconds = quick ? 15 : 60;
    const crashes = quick ? 3 : 10;
    const home = temporaryDirectory("history");
    const where = await createHome(home);
    const [steady] = createServices(1);
    writeSpecs(home, [sleeper({ ...steady, name: "steady" }), { name: "loop", command: [sleepPath, "0.1"] }]);
    const daemon = await startDaemon(where);
    try {
      await succeed(home, ["up", "steady"]);
      log(`history: ${crashes} single crashes`);
      const [perCrash, hostPerCrash] = await single(daemon, home, "steady", crashes);
      log(`history: a crash loop of ${seconds} s`);
      const looped = await loop(daemon, home, "loop", seconds);
      return result({ perCrash, hostPerCrash, looped, seconds, crashes });
    } finally {
      await stopDaemon(daemon);
    }
  },
};

function result({ perCrash, hostPerCrash, looped, seconds, crashes }) {
  const hour = (events) => (events * 3600) / seconds;
  const row = (name, { events, runs, longest }) => [name, String(events), String(runs), String(longest), figure(hour(events))];
  return {
    title: "History events",
    how: `Read with the Temporal command line. ${crashes} single crashes 2 s apart, then a service that ends by itself after 0.1 s, restarted at once, for ${seconds} s: ${looped.restarts} restarts (${figure(looped.restarts / seconds)} a second).`,
    tables: [
      {
        head: ["workflow, crash loop", "events", "runs", "longest run", "events an hour, extrapolated"],
        rows: [row("service", looped.service), row("host", looped.host)],
      },
    ],
    verdicts: [
      stated("history events a crash-restart", `${figure(perCrash)} in the service's workflow, ${figure(hostPerCrash)} in the host's`),
      stated(
        "history events a crash-restart in a loop of 10 a second",
        `${figure(looped.service.events / looped.restarts)} in the service's workflow`,
      ),
      atMost(
        "no single history near the server's limit after an hour of the loop, without continue-as-new",
        hour(looped.service.longest),
        HARD_LIMIT,
        "events",
      ),
    ],
    notes: [
      "Long histories continue as new when the server suggests it (4,096 events by default), so the length of one run is bounded at any rate.",
    ],
    raw: { perCrash, hostPerCrash, looped, seconds },
  };
}
