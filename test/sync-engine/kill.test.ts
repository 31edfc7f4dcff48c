import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing } from "../support/components.js";
import { Random } from "../support/random.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";
import { type KillAt, Machine, processHome } from "./processes.js";
import { trashOf, treeOf } from "./rig.js";
import { User } from "./user.js";

/** kill -9 of a process in the middle of a tick. */
const KILLS = Number(process.env["AURA_TEST_KILLS"] ?? 100);
const BULK = 20;
const STAGES = ["upload", "upload", "publish", "download", "apply"] as const;

describe.skipIf(missing("versitygw"))(
  "two processes that are killed with kill -9 again and again",
  { timeout: 60_000 + KILLS * 5000 },
  () => {
    let server: S3Server;
    let place: Awaited<ReturnType<typeof processHome>>;

    beforeAll(async () => {
      place = await processHome();
      server = await startS3Server("versitygw");
    }, 300_000);
    afterAll(async () => {
      await server.end();
      place.remove();
    });

    it(`end with the same tree after ${KILLS} kills, and have lost nothing`, async () => {
      const random = new Random("kill -9");
      const user = new User(random);
      const remote = await server.bucket();
      const machines = ["one", "two"].map((name) => new Machine(place.home, name, remote, place.engines, server.env));
      const killed: Record<string, number> = {};
      let kills = 0;
      let usual = 300;
      // Few kills may miss what they are for.
      const isMet = (): boolean => ["upload", "apply"].every((stage) => killed[stage] !== undefined);
      for (let round = 0; kills < KILLS || !isMet(); round++) {
        for (let i = 0; i < 3; i++) user.act(random.pick(machines));
        work(user, random.pick(machines), round);
        // Both at once: each hears of what the other has told half way, or dies before.
        const runs = await Promise.all(machines.map((machine) => machine.run(somewhere(random, usual))));
        for (const run of runs) {
          if (run.killed) killed[run.stage ?? "before"] = (killed[run.stage ?? "before"] ?? 0) + 1;
          else {
            expect(run.outcome).toMatchObject({ kind: "ok" });
            usual = Math.max(100, (usual + run.ms) / 2);
          }
        }
        kills = Object.values(killed).reduce((sum, count) => sum + count, 0);
      }
      process.stderr.write(`killed in stage: ${JSON.stringify(killed)}\n`);

      for (const machine of machines) writeFileSync(machine.path(".aura", "ignore"), "");
      for (let round = 0; round < 4; round++) for (const machine of machines) await machine.run();
      const [one, two] = machines.map(({ root }) => treeOf(root));
      expect(two).toEqual(one);
      const texts = [...Object.values(one!), ...machines.flatMap(({ root }) => trashOf(root))];
      const found = new Set(texts.map((content) => content.replace(/^x /, "")));
      expect([...user.kept].filter((content) => !found.has(content)).map((content) => content.slice(0, 40))).toEqual([]);
    });

    /** Enough that an upload and an apply take a while; now and then a file that is sent in parts. */
    function work(user: User, machine: Machine, round: number): void {
      for (let i = 0; i < BULK; i++) user.save(machine, `bulk/${i}`, `bulk ${round}-${i} `.repeat(50));
      if (round % 20 === 5) user.save(machine, "large", `large ${round} `.repeat(1_800_000));
    }

    /** Some of them anywhere, most soon after a stage has begun. */
    function somewhere(random: Random, usual: number): KillAt {
      if (random.below(5) === 0) return { ms: random.next() * usual };
      return { ms: random.next() ** 2 * 50, stage: random.pick(STAGES) };
    }
  },
);
