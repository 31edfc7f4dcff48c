import { withFleet } from "../aura/fleet.mjs";
import { startDaemon, stopDaemon } from "../aura/daemon.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

/** @type {import("./case.mjs").Case} */
export const bootCase = {
  name: "boot",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 2 : 10;
    const sizes = quick ? [1] : [1, 100];
    const results = [];
    for (const size of sizes) {
      const times = [];
      await withFleet({ size }, async (fleet) => {
        for (let round = 1; round <= rounds; round += 1) {
          log(`boot: ${size} service(s), round ${round} of ${rounds}`);
          await stopDaemon(fleet.daemon);
          fleet.daemon = await startDaemon(fleet.where);
          times.push(fleet.daemon.readyMs);
        }
      });
      results.push({ size, times, ...summary(times) });
    }
    return {
      title: "`aurad` from start to ready",
      how: `From spawn to the line \`Worker running\`, with an existing database, the embedded Temporal server started by it each time;
before each start aurad was ended by SIGTERM with its server and services. ${rounds} times.`,
      tables: [
        {
          head: ["services that were up", "p50 ms", "p95 ms", "min–max"],
          rows: results.map((s) => [String(s.size), figure(s.p50), figure(s.p95), range(s)]),
        },
      ],
      verdicts: results.map((s) => atMost(`start to ready ≤ 1.5 s with ${s.size} service(s) (p50)`, s.p50, 1500, "ms")),
      raw: results.map(({ size, times }) => ({ size, times })),
    };
  },
};
