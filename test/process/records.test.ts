import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Records } from "../../src/adapters/process/records.js";
import type { ServiceRecord } from "../../src/services/ports.js";
import { fresh } from "../services/make.js";
import { scratch } from "./harness.js";

function record(seq: number, text = "exited 1"): ServiceRecord {
  const supervised = fresh("api", seq);
  return { bootId: "boot", supervised: { ...supervised, snapshot: { ...supervised.snapshot, reason: text, lastError: text } } };
}

describe("records of services", () => {
  it("are there for the next aurad as they were saved last", () => {
    const dir = scratch();
    const records = new Records(dir);
    for (let seq = 1; seq <= 5; seq++) records.save("api", record(seq));
    records.save("web", record(9));
    records.save("old", record(3));
    records.remove("old");
    expect(new Records(dir).load()).toEqual(
      new Map([
        ["api", record(5)],
        ["web", record(9)],
      ]),
    );
    expect(readdirSync(dir).toSorted()).toEqual(["api.record", "web.record"]);
  });

  it("count on over restarts, so that the newest stays the newest", () => {
    const dir = scratch();
    for (let seq = 1; seq <= 7; seq++) {
      const records = new Records(dir);
      records.load();
      records.save("api", record(seq));
      expect(new Records(dir).load().get("api")).toEqual(record(seq));
    }
  });

  it("are written however long and strange a reason is, its beginning kept", () => {
    const dir = scratch();
    const records = new Records(dir);
    for (const text of [
      "could not start: ".padEnd(5000, "x"),
      "\u0001".repeat(900),
      "ü".repeat(1500),
      '"\\'.repeat(1500),
      "🌍".repeat(700),
    ]) {
      records.save("api", record(1, text));
      const { snapshot } = new Records(dir).load().get("api")!.supervised;
      expect(snapshot.name).toBe("api");
      expect(snapshot.reason.length).toBeGreaterThan(50);
    }
    records.save("api", record(1, "could not start: ".padEnd(5000, "x")));
    expect(new Records(dir).load().get("api")!.supervised.snapshot.reason).toMatch(/^could not start: x+\.\.\.$/);
  });

  it("that are garbage are as if they were not there, and others are", () => {
    const dir = scratch();
    const records = new Records(dir);
    records.save("api", record(1));
    writeFileSync(join(dir, "web.record"), Buffer.alloc(8192, 7));
    writeFileSync(join(dir, "empty.record"), "");
    expect([...new Records(dir).load().keys()]).toEqual(["api"]);
    records.save("web", record(2));
    expect(new Records(dir).load().get("web")).toEqual(record(2));
  });
});
