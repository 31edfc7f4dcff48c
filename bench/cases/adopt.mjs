import { allRunning, awaitRows, statusRows, withFleet } from "../aura/fleet.mjs";
import { startDaemon } from "../aura/daemon.mjs";
import { endTracked } from "../measure/cleanup.mjs";
import { awaitGone, now } from "../measure/finder.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost, stated } from "../report/verdict.mjs";

const pidsByName = async (home) => new Map((await statusRows(home)).map(({ name, pid }) => [name, pid]));

/** Kills aurad, starts the next one; ms from its start until every service is shown running with the pid it had. */
async function adoptOnce(fleet, size) {
  const before = await pidsByName(fleet.home);
  endTracked(fleet.daemon.pid, "SIGKILL");
  await awaitGone([fleet.daemon.pid], 5000);
  const startedAt = now();
  const starting = startDaemon(fleet.where);
  const adopted = awaitRows(fleet.home, allRunning(size), 10);
  fleet.daemon = await starting;
  const at = await adopted;
  const after = await pidsByName(fleet.home);
  const kept = [...before].filter(([name, pid]) => after.get(name) === pid).length;
  return { ms: at - startedAt, readyMs: fleet.daemon.readyMs, kept };
}

/** @type {import("./case.mjs").Case} */
export const adoptCase = {
  name: "adopt",
  needs: "aura",
  async run({ quick, log }) {
    const size = 500;
    const rounds = quick ? 2 : 10;
    const samples = [];
    await withFleet({ size }, async (fleet) => {
      for (let round = 1; round <= rounds; round += 1) {
        log(`adopt: round ${round} of ${rounds}`);
        samples.push(await adoptOnce(fleet, size));
      }
    });
    const adopted = summary(samples.map(({ ms }) => ms));
    const ready = summary(samples.map(({ readyMs }) => readyMs));
    const kept = Math.min(...samples.map((sample) => sample.kept));
    return {
      title: "Adopting 500 services after `kill -9` of aurad",
      how: `From the start of the next aurad until it shows all ${size} services running under the pids they had; its embedded Temporal server survived. ${rounds} times.`,
      tables: [
        {
          head: ["from start of aurad to", "p50 ms", "p95 ms", "min–max"],
          rows: [
            ["all services adopted", figure(adopted.p50), figure(adopted.p95), range(adopted)],
            ["`Worker running` line", figure(ready.p50), figure(ready.p95), range(ready)],
          ],
        },
      ],
      verdicts: [
        atMost(`${size} services adopted in ≤ 3 s (p95)`, adopted.p95, 3000, "ms"),
        stated("every service keeps its process", `in the worst round ${kept} of ${size} kept theirs`),
      ],
      raw: samples,
    };
  },
};
