import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectSqlite } from "../../src/adapters/audit/connection.js";
import { openAuditTrail } from "../../src/adapters/audit/open.js";
import type { AuditEvent } from "../../src/epochs/audit.js";
import { verifyChain } from "../../src/epochs/audit-chain.js";
import { silentLog } from "../../src/shared/log.js";
import { compileSources } from "../host/compiled.js";
import { Random } from "../support/random.js";
import { removeScratch, scratch, story } from "./story.js";
import { finished, killAfter, writerFactory } from "./writers.js";

const compiled = compileSources();
const write = writerFactory(compiled.dir);
const random = new Random("audit durability");
let events: AuditEvent[];
beforeAll(() => {
  events = story("demo", 3000);
});
afterAll(() => {
  compiled.remove();
  removeScratch();
});

async function rows(path: string, after = 0, epochId = "demo"): Promise<readonly AuditEvent[]> {
  const trail = await openAuditTrail({ backend: "sqlite", path }, silentLog);
  try {
    return await trail.read(epochId, { after });
  } finally {
    await trail.close();
  }
}

async function integrity(path: string): Promise<unknown> {
  const connection = await connectSqlite(path, 1000);
  try {
    return (await connection.all("PRAGMA integrity_check")).map((row) => row["integrity_check"]);
  } finally {
    connection.close();
  }
}

describe("a trail in SQLite whose writer is killed", { timeout: 120_000 }, () => {
  it("holds all that was acknowledged, in a chain without a gap, after each of 30 kills at random moments", async () => {
    const path = join(scratch(), "audit.db");
    let before = 0;
    for (let round = 0; round < 30; round++) {
      const writer = write(path, events, 1 + random.below(6));
      // The first word is said before the file is there.
      await killAfter(writer, round === 0 ? 1 : 1 + random.below(50));
      const found = await rows(path, before);
      const last = before + found.length;
      expect(last, `round ${round}`).toBeGreaterThanOrEqual(writer.acknowledged());
      expect(found, `round ${round}`).toEqual(events.slice(before, last));
      before = last;
    }
    expect(await rows(path)).toEqual(events.slice(0, before));
    expect(verifyChain(await rows(path)).problems).toEqual([]);
    expect(before).toBeGreaterThan(100);
    expect(await integrity(path)).toEqual(["ok"]);
  });
});

describe("two processes with one file", { timeout: 120_000 }, () => {
  it("that deliver the same epoch leave each event once", async () => {
    const path = join(scratch(), "audit.db");
    const writers = [write(path, events.slice(0, 1500), 2), write(path, events.slice(0, 1500), 5)];
    expect(await Promise.all(writers.map(finished))).toEqual([0, 0]);
    expect(await rows(path)).toEqual(events.slice(0, 1500));
    expect(await integrity(path)).toEqual(["ok"]);
  });

  it("that deliver epochs of their own both go on when a third is killed again and again", async () => {
    const path = join(scratch(), "audit.db");
    const [one, two, three] = ["one", "two", "three"].map((id) => story(id, 1500));
    const lasting = [write(path, one!, 2), write(path, two!, 2)];
    const ends = Promise.all(lasting.map(finished));
    let over = false;
    void ends.then(() => {
      over = true;
    });
    while (!over) await killAfter(write(path, three!, 2), 1 + random.below(20));
    expect(await ends).toEqual([0, 0]);
    expect(await rows(path, 0, "one")).toEqual(one);
    expect(await rows(path, 0, "two")).toEqual(two);
    expect(verifyChain(await rows(path, 0, "three")).problems).toEqual([]);
    expect(await integrity(path)).toEqual(["ok"]);
  });
});

describe.runIf(process.platform === "linux")("the binding of SQLite", () => {
  it.each([
    ["memory", false],
    ["temporal", false],
    ["sqlite", true],
  ])("with a trail in %s, is in memory: %s", (backend, loaded) => {
    const setting = JSON.stringify(backend === "sqlite" ? { backend, path: join(scratch(), "audit.db") } : { backend });
    const program = `
      import { readFileSync } from "node:fs";
      import { openAuditTrail } from ${JSON.stringify(join(compiled.dir, "adapters/audit/open.js"))};
      await openAuditTrail(${setting}, { warn() {} });
      process.stdout.write(String(readFileSync("/proc/self/maps", "utf8").includes("libsql")));
    `;
    expect(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" })).toBe(String(loaded));
  });
});
