import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missing } from "../../support/components.js";
import { Random } from "../../support/random.js";
import type { FrontAction } from "../../support/s3/front.js";
import { converge, seedsOf } from "../converge.js";
import { type Device, write } from "../rig.js";
import { User } from "../user.js";
import { realRig } from "./real-rig.js";

const FAULTS: readonly (readonly [string, FrontAction])[] = [
  ["answers 500", { do: "answer", status: 500, code: "InternalError" }],
  ["asks to slow down (503)", { do: "answer", status: 503, code: "SlowDown" }],
  ["cuts connections before it has done a thing", { do: "reset" }],
  ["cuts connections when it has done it", { do: "lose" }],
  ["sends half of a body, then nothing", { do: "truncate", bytes: 20 }],
  ["stands still in the middle of a body", { do: "truncate", bytes: 20, after: "hang" }],
  ["changes a byte on the way", { do: "damage" }],
  ["names a wrong ETag", { do: "headers", headers: { etag: '"0123456789abcdef0123456789abcdef"' } }],
  ["takes requests and never answers", { do: "hang" }],
];

describe.skipIf(missing("versitygw"))("over a server that misbehaves", { timeout: 60_000 }, () => {
  const at = realRig();

  /** One tick, however it ends. */
  async function tick(device: Device): Promise<string> {
    const outcome = await device.engine.tick({ trigger: "interval" });
    return outcome.kind === "error" ? `${outcome.code}: ${outcome.message}` : outcome.kind;
  }

  it.each(FAULTS)("and %s, now and then, two devices come to the same, and lose nothing", async (what, action) => {
    const random = new Random(what);
    const user = new User(random);
    const [a, b] = ["a", "b"].map((name) => at.rig.device(name, { limits: { maxDelete: 1 } })) as [Device, Device];
    user.save(a, "large", "in parts ".repeat(2 << 20));
    at.idleMs = 250;
    let struck = 0;
    at.front.plan(() => (random.below(4) === 0 && ++struck > 0 ? action : undefined));
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 3; i++) user.act(random.pick([a, b]));
      for (const device of [a, b]) expect(await tick(device)).toMatch(/^(ok|offline|sync_failed: .*)$/);
    }
    expect(struck).toBeGreaterThan(3);
    await at.allIsWell();
    for (const device of [a, b]) writeFileSync(device.path(".aura", "ignore"), "");
    await at.rig.settle();
    expect(a.tree).toEqual(b.tree);
    const found = new Set([a, b].flatMap(({ tree, trash }) => [...Object.values(tree), ...trash].map((text) => text.replace(/^x /, ""))));
    expect([...user.kept].filter((content) => !found.has(content)).map((content) => content.slice(0, 40))).toEqual([]);
  });

  it.each(FAULTS.filter(([what]) => /500|503|before|never/.test(what)))(
    "and %s all the time, a tick ends as offline after a few requests, and changes nothing",
    async (_what, action) => {
      const [a, b] = [at.rig.device("a"), at.rig.device("b")];
      write(a, { x: "1", y: "2" });
      await at.rig.settle();
      write(a, { x: "edited" });
      for (const device of [a, b]) await device.close();
      at.idleMs = 250;
      at.front.plan(() => action);
      for (const device of [a, b]) {
        const sent = await at.requestsOf(async () => expect(await tick(device)).toBe("offline"));
        expect(sent).toBeLessThanOrEqual(6);
      }
      expect(b.tree).toEqual({ x: "1", y: "2" });
      await at.allIsWell();
      await at.rig.settle();
      expect(b.tree).toEqual({ x: "edited", y: "2" });
    },
  );

  it("and has the bucket deleted under way, a tick says so in one line; another bucket in its place is filled again", async () => {
    const [a, b] = [at.rig.device("a"), at.rig.device("b")];
    write(a, { x: "1", y: "2" });
    await at.rig.settle();
    for (const moment of ["packs/", "manifests/", "devices/"]) {
      for (const device of [a, b]) await device.close();
      write(a, { x: `edited before ${moment}` });
      let deleted = false;
      a.faults = {
        async onRequest({ operation, key }, when) {
          if (deleted || operation !== "put" || when !== "before" || !key.startsWith(moment)) return;
          deleted = true;
          await at.server.deleteBucket(at.remote.bucket);
        },
      };
      for (let i = 0; i < 2; i++) {
        const sent = await at.requestsOf(async () =>
          expect(await tick(a)).toMatch(/^sync_failed: .*there is no bucket.*; create it[^\n]*$/),
        );
        expect(sent).toBeLessThanOrEqual(8);
      }
      expect(await tick(b)).toMatch(/there is no bucket/);
      expect(b.tree["y"]).toBe("2");
      for (const device of [a, b]) await device.close();
      a.faults = {};
      at.remote = await at.server.bucket(at.front.endpoint);
      await at.rig.settle();
      expect(b.tree).toEqual({ x: `edited before ${moment}`, y: "2" });
      const c = at.rig.device(`c-${moment.slice(0, -1)}`);
      await c.tick();
      expect(c.tree).toEqual(a.tree);
      await at.rig.leave(c);
    }
  });

  it("with wrong credentials a tick is one line and one request, again and again, and goes on once they are right", async () => {
    const secret = "a-secret-that-nobody-knows";
    for (const [env, line] of [
      [
        { ...at.server.env, AURA_S3_SECRET_KEY: secret },
        /^store_denied: [^\n]*the secret key is not that of the access key[^\n]*correct it$/,
      ],
      [{ ...at.server.env, AURA_S3_ACCESS_KEY: secret }, /^store_denied: [^\n]*does not know the access key[^\n]*correct it$/],
      [{}, /^store_denied: [^\n]*$/],
    ] as const) {
      at.env = env;
      const a = at.rig.device(`a${at.rig.devices.length}`);
      write(a, { x: "1" });
      for (let i = 0; i < 3; i++) {
        const sent = await at.requestsOf(async () => {
          const told = await tick(a);
          expect(told).toMatch(line);
          expect(told).not.toContain(secret);
        });
        expect(sent).toBeLessThanOrEqual(1);
      }
      await a.close();
      expect(a.tree).toEqual({ x: "1" });
      expect(readFileSync(a.stateFile).includes(secret)).toBe(false);
    }
    at.env = at.server.env;
    await at.rig.settle();
    expect(at.rig.devices.map((device) => device.tree)).toEqual([{ x: "1" }, { x: "1" }, { x: "1" }]);
  });

  it("that takes the permission away under way, a tick ends with one line at whichever request", async () => {
    const a = at.rig.device("a", { limits: { maxTransfers: 1 } });
    for (let index = 0; index < 4; index++) {
      write(a, { x: `edit ${index}`, [`new ${index}`]: `new ${index}` });
      let count = 0;
      at.front.plan(() => (count++ >= index ? { do: "answer", status: 403, code: "AccessDenied" } : undefined));
      const sent = await at.requestsOf(async () => expect(await tick(a)).toMatch(/^store_denied: [^\n]*\(AccessDenied\)[^\n]*$/));
      expect(sent).toBeLessThanOrEqual(index + 2);
      await a.close();
    }
    at.front.plan(() => undefined);
    const b = at.rig.device("b");
    await at.rig.settle();
    expect(b.tree).toEqual(a.tree);
  });
});

describe.skipIf(missing("versitygw"))("any number of devices under a real server", { timeout: 120_000 }, () => {
  const at = realRig();
  it.each(seedsOf(8))("that are edited, killed and cut off lose nothing (AURA_TEST_SEED=%i)", (seed) => converge(at.rig, seed));
});
