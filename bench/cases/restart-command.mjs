import { createHome, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { hostName, sleeper, writeSpecs } from "../aura/home.mjs";
import { eventsOf } from "../aura/temporal.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { createServices } from "../measure/services.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

/** Milliseconds from an update's acceptance to its completion, as the host workflow's history has them, oldest first. */
async function updateTimes(daemon) {
  const accepted = new Map();
  const times = [];
  for (const event of await eventsOf(daemon, `host/${hostName}`)) {
    const at = Date.parse(event.eventTime);
    if (event.eventType.endsWith("UPDATE_ACCEPTED")) accepted.set(event.eventId, at);
    if (!event.eventType.endsWith("UPDATE_COMPLETED")) continue;
    const start = accepted.get(event.workflowExecutionUpdateCompletedEventAttributes.acceptedEventId);
    if (start !== undefined) times.push(at - start);
  }
  return times;
}

/** @type {import("./case.mjs").Case} */
export const restartCommandCase = {
  name: "restart-command",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 5 : 30;
    const home = temporaryDirectory("command");
    const where = await createHome(home);
    const [service] = createServices(1);
    writeSpecs(home, [sleeper(service)]);
    const daemon = await startDaemon(where);
    const times = { restart: [], up: [], down: [], version: [] };
    try {
      await succeed(home, ["up", service.name]);
      for (let round = 1; round <= rounds; round += 1) {
        log(`restart-command: round ${round} of ${rounds}`);
        times.restart.push((await succeed(home, ["restart", service.name])).ms);
        times.down.push((await succeed(home, ["down", service.name])).ms);
        times.up.push((await succeed(home, ["up", service.name])).ms);
        times.version.push((await succeed(home, ["--version"])).ms);
      }
      const updates = await updateTimes(daemon);
      return result(times, updates, rounds);
    } finally {
      await stopDaemon(daemon);
    }
  },
};

function result(times, updates, rounds) {
  const row = (name, values) => {
    const s = summary(values);
    return [name, figure(s?.p50), figure(s?.p95), range(s)];
  };
  // After the first `up`, each round is restart, down, up.
  const of = (place) => updates.slice(1).filter((_, index) => index % 3 === place);
  const p50 = (values) => summary(values)?.p50;
  return {
    title: "`aura-msg restart` and `aura-msg up` of one service",
    how: `Whole command from spawn to exit, ${rounds} times each; \`--version\` is the program alone.
The Temporal share is read from the host workflow's history: an update's acceptance to its completion, the service's own stop and start within it.`,
    tables: [
      {
        head: ["", "p50 ms", "p95 ms", "min–max"],
        rows: [
          ...["restart", "up", "down"].map((name) => row(`aura-msg ${name} NAME`, times[name])),
          row("aura-msg --version", times.version),
          row("update `restart`, accepted to completed", of(0)),
          row("update `up`, accepted to completed", of(2)),
        ],
      },
    ],
    verdicts: [
      atMost("`restart`: whole command ≤ 400 ms (p50)", p50(times.restart), 400, "ms"),
      atMost("`up`: whole command ≤ 400 ms (p50)", p50(times.up), 400, "ms"),
      atMost("`restart`: Temporal ≤ 50 ms (p50)", p50(of(0)), 50, "ms"),
      atMost("`up`: Temporal ≤ 50 ms (p50)", p50(of(2)), 50, "ms"),
    ],
    raw: { times, updates },
  };
}
