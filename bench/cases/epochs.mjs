import { createHome, startDaemon, stopDaemon } from "../aura/daemon.mjs";
import { connectEpochs, forward, start, walk, whole } from "../aura/epochs.mjs";
import { eventsOf, executionsOf } from "../aura/temporal.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { cpuNsOf } from "../measure/processes.mjs";
import { median, summary } from "../measure/statistics.mjs";
import { figure, spread } from "../report/table.mjs";
import { atMost, stated } from "../report/verdict.mjs";

const SIZE = 100;
const AIM_S = 60;
const WALKS = { whole, forward };
const kinds = ["advance", "vote", "answer"];

/** All at once, each one its own sequence of messages; seconds until the last one is complete, and what it took. */
async function round(daemon, client, name, number) {
  const ids = Array.from({ length: SIZE }, (_, index) => `${name}-${number}-${index + 1}`);
  const cpu = () => [daemon.pid, daemon.server].map(cpuNsOf);
  const [began, spent] = [now(), cpu()];
  await Promise.all(
    ids.map(async (id) => {
      await start(client, id);
      await walk(client, id, WALKS[name]);
    }),
  );
  const s = (now() - began) / 1000;
  const [aurad, server] = cpu().map((ns, index) => (ns - spent[index]) / 1e9);
  // One after another: a workflow that has ended is replayed for each question.
  const statuses = [];
  for (const id of ids) statuses.push((await client.state(id)).status);
  return { id: ids[0], s, aurad, server, complete: statuses.filter((status) => status === "complete").length };
}

/** Runs, events and workflow tasks of an epoch and of its children. */
async function histories(daemon, id) {
  const total = async (query) => {
    const sum = { runs: 0, events: 0, tasks: 0 };
    for (const { workflowId, runId } of await executionsOf(daemon, query)) {
      const events = await eventsOf(daemon, workflowId, runId);
      sum.runs += 1;
      sum.events += events.length;
      sum.tasks += events.filter(({ eventType }) => eventType.endsWith("WORKFLOW_TASK_COMPLETED")).length;
    }
    return sum;
  };
  return { epoch: await total(`WorkflowId = "${id}"`), children: await total(`WorkflowId STARTS_WITH "${id}/"`) };
}

/** @type {import("./case.mjs").Case} */
export const epochsCase = {
  name: "epochs",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 1 : 5;
    const where = await createHome(temporaryDirectory("epochs"));
    const daemon = await startDaemon(where);
    const client = await connectEpochs(where.home);
    const samples = { whole: [], forward: [] };
    try {
      for (let number = 1; number <= rounds; number += 1) {
        for (const name of Object.keys(samples)) {
          log(`epochs: round ${number} of ${rounds}, ${SIZE} epochs, ${name} walk`);
          samples[name].push(await round(daemon, client, name, number));
        }
      }
      const length = {};
      for (const [name, [first]] of Object.entries(samples)) length[name] = await histories(daemon, first.id);
      return result(samples, length, rounds);
    } finally {
      client.close();
      await stopDaemon(daemon);
    }
  },
};

function result(samples, length, rounds) {
  const column = (name, key) => summary(samples[name].map((sample) => sample[key]));
  const perMinute = (name) => summary(samples[name].map(({ s }) => (SIZE * 60) / s));
  const titles = { whole: "all 16 steps", forward: "the 12 forward steps" };
  const names = Object.keys(titles);
  const messages = (name) => kinds.map((kind) => `${WALKS[name].filter((one) => one.kind === kind).length} ${kind}`).join(", ");
  const worst = (name) => Math.min(...samples[name].map(({ complete }) => complete));
  return {
    title: `${SIZE} epochs at once`,
    how: `From the first start to the last reply, every epoch on its own through the local socket as \`aura-msg\` sends: start, then ${names.map((name) => `${titles[name]} (${messages(name)})`).join(", or ")}.
Two mock slices each, SQLite audit trail, durable writes of the embedded server. ${rounds} round(s) each, interleaved; median with range. CPU: seconds of processor time in a round.`,
    tables: [
      {
        head: ["each epoch takes", "until all are complete, s", "epochs a minute", "messages a second", "aurad CPU s", "server CPU s"],
        rows: names.map((name) => [
          titles[name],
          spread(column(name, "s")),
          spread(perMinute(name)),
          figure((SIZE * (WALKS[name].length + 1)) / median(samples[name].map(({ s }) => s))),
          figure(column(name, "aurad").p50),
          figure(column(name, "server").p50),
        ]),
      },
      {
        head: ["history of one epoch", "events", "workflow tasks", "events a message", "children", "their events", "their tasks"],
        rows: names.map((name) => {
          const { epoch, children } = length[name];
          return [
            titles[name],
            String(epoch.events),
            String(epoch.tasks),
            figure(epoch.events / (WALKS[name].length + 1)),
            String(children.runs),
            String(children.events),
            String(children.tasks),
          ];
        }),
      },
    ],
    verdicts: names.flatMap((name) => [
      atMost(`${SIZE} epochs through ${titles[name]} in ≤ ${AIM_S} s`, column(name, "s").p50, AIM_S, "s"),
      stated("all complete", `in the worst round ${worst(name)} of ${SIZE}`),
    ]),
    raw: { samples, length },
  };
}
