import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readSlots, writeSlots } from "../../src/adapters/files/slots.js";
import { missing } from "../support/components.js";

const parent = mkdtempSync(join(tmpdir(), "aura-slots-"));
let path: string;
let files = 0;
beforeEach(() => {
  files += 1;
  path = join(parent, `record-${files}`);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe("a record of two slots", () => {
  it("gives what was written last", () => {
    expect(readSlots(path)).toBeNull();
    for (let counter = 1; counter <= 5; counter++) {
      writeSlots(path, { n: counter, text: 'ümlaut\n"' }, counter);
      expect(readSlots(path)).toEqual({ value: { n: counter, text: 'ümlaut\n"' }, counter });
    }
    expect(statSync(path)).toMatchObject({ size: 8192 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps the old record when a write is torn at any byte", () => {
    writeSlots(path, { n: 1 }, 1);
    writeSlots(path, { n: 2 }, 2);
    const before = readFileSync(path);
    writeSlots(path, { n: 3, text: "x".repeat(50) }, 3);
    const after = readFileSync(path);
    const changed = [...before.keys()].filter((at) => before[at] !== after[at]);
    const [from, to] = [changed[0]!, changed.at(-1)! + 1];
    expect(to - from).toBeGreaterThan(50);
    for (let torn = from; torn < to; torn++) {
      writeFileSync(path, Buffer.concat([after.subarray(0, torn), before.subarray(torn)]));
      expect(readSlots(path)).toEqual({ value: { n: 2 }, counter: 2 });
    }
  });

  it("has nothing to give when the first write is torn at any byte, and never anything else", () => {
    writeSlots(path, { n: 1 }, 1);
    const whole = readFileSync(path);
    for (let torn = 0; torn < whole.length; torn += torn > 4000 && torn < 4200 ? 1 : 13) {
      writeFileSync(path, whole.subarray(0, torn));
      expect([null, 1]).toContain(readSlots(path)?.counter ?? null);
    }
  });

  it("falls back to the record before when a bit flips, wherever it is", () => {
    writeSlots(path, { n: 1, text: "abc" }, 1);
    writeSlots(path, { n: 2, text: "abc" }, 2);
    const good = readFileSync(path);
    const length = good.toString("latin1").indexOf("\n");
    for (let at = 0; at < length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << bit;
        writeFileSync(path, bad);
        const found = readSlots<{ n: number }>(path);
        expect(found?.value).toEqual({ n: found!.counter, text: "abc" });
        expect(found!.counter).toBe(1);
      }
    }
  });

  it("refuses what is larger than a slot and keeps what is there", () => {
    writeSlots(path, { n: 1 }, 1);
    expect(() => writeSlots(path, { text: "x".repeat(4096) }, 2)).toThrow(/does not fit/);
    expect(() => writeSlots(path, { text: "ä".repeat(2040) }, 2)).toThrow(/does not fit/);
    expect(readSlots(path)?.counter).toBe(1);
  });
});

describe.skipIf(missing("root"))("on a full disk", () => {
  const dir = join(parent, "small");

  it("still takes every update of a record that is there, and says so when there is no room for a new one", () => {
    mkdirSync(dir);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", dir]);
    try {
      const record = join(dir, "api.record");
      writeSlots(record, { n: 1 }, 1);
      expect(() => writeFileSync(join(dir, "filler"), Buffer.alloc(1 << 20))).toThrow("ENOSPC");
      for (let counter = 2; counter <= 20; counter++) writeSlots(record, { n: counter, text: "x".repeat(counter * 100) }, counter);
      expect(readSlots<{ n: number }>(record)?.value.n).toBe(20);
      expect(() => writeSlots(join(dir, "web.record"), { n: 1 }, 1)).toThrow("ENOSPC");
      expect(readSlots(join(dir, "web.record"))).toBeNull();
    } finally {
      execFileSync("umount", ["-l", dir]);
    }
  });
});
