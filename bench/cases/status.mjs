import { succeed } from "../aura/daemon.mjs";
import { withFleet } from "../aura/fleet.mjs";
import { summary } from "../measure/statistics.mjs";
import { figure, range } from "../report/table.mjs";
import { atMost } from "../report/verdict.mjs";

/** @type {import("./case.mjs").Case} */
export const statusCase = {
  name: "status",
  needs: "aura",
  async run({ quick, log }) {
    const rounds = quick ? 5 : 30;
    const commands = [["status"], ["status", "--json"], ["--version"]];
    const times = commands.map(() => []);
    await withFleet({ size: 500 }, async ({ home }) => {
      log(`status: ${rounds} rounds over 500 services`);
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, args] of commands.entries()) times[index].push((await succeed(home, args)).ms);
      }
    });
    const summaries = times.map(summary);
    return {
      title: "`aura-msg status` with 500 services",
      how: `Whole process, from spawn to exit, ${rounds} times each; \`--version\` is the cost of the program alone.`,
      tables: [
        {
          head: ["command", "p50 ms", "p95 ms", "min–max"],
          rows: summaries.map((s, index) => [`aura-msg ${commands[index].join(" ")}`, figure(s.p50), figure(s.p95), range(s)]),
        },
      ],
      verdicts: [atMost("status with 500 services: whole process ≤ 300 ms (p50)", summaries[0].p50, 300, "ms")],
      raw: Object.fromEntries(commands.map((args, index) => [args.join(" "), times[index]])),
    };
  },
};
