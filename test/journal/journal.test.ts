import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../../src/adapters/journal/journal.js";
import type { JournalRecord } from "../../src/services/ports.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import { makeTransition } from "../services/make.js";
import { missing } from "../support/components.js";
import { pause, until } from "../support/until.js";

const parent = mkdtempSync(join(tmpdir(), "aura-journal-"));
const open: Journal[] = [];
let dir: string;
let count = 0;
let said: { message: string; fields: Record<string, unknown> }[] = [];

beforeEach(() => {
  count += 1;
  dir = join(parent, `journal-${count}`);
  said = [];
});
afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const keep = (fields: Readonly<Record<string, unknown>>, message: string): void => void said.push({ message, fields });
const log: Log = { ...silentLog, warn: keep, error: keep };

function openJournal(where = dir, readers = ["services"]): Journal {
  const journal = new Journal(where, log, readers);
  open.push(journal);
  return journal;
}

/** What a new aurad finds after a kill: the files as they are, without any farewell. */
function afterKill(readers = ["services"]): Journal {
  const copy = `${dir}-${said.length}-${open.length}`;
  execFileSync("cp", ["-r", dir, copy]);
  return openJournal(copy, readers);
}

const record = (seq: number, reason = "exited 1"): JournalRecord => ({
  kind: "transition",
  transition: makeTransition("api", seq, { reason }),
});
const fill = (journal: Journal, from: number, to: number): void => {
  for (let seq = from; seq <= to; seq++) journal.append(record(seq));
};
const seqs = (journal: Journal, after = 0): number[] => journal.read(after).map(({ record: { transition } }) => transition.seq);
const segments = (where = dir): string[] =>
  readdirSync(where)
    .filter((file) => file.endsWith(".wal"))
    .toSorted();
const segment = (): string => join(dir, segments()[0]!);

describe("the journal", () => {
  it("has what was appended after a kill right behind it, also what nobody has ever read", () => {
    const journal = openJournal();
    expect(journal.append(record(1))).toBe(1);
    expect(seqs(afterKill())).toEqual([1]);
    fill(journal, 2, 50);
    const next = afterKill();
    expect(seqs(next, next.cursor("services"))).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it("reads from any place on", () => {
    const journal = openJournal();
    fill(journal, 1, 10);
    expect(seqs(journal, 7)).toEqual([8, 9, 10]);
    expect(seqs(journal, 10)).toEqual([]);
    expect(seqs(journal, 99)).toEqual([]);
  });

  it("cuts a torn tail, at whatever byte, and goes on behind the last whole record", () => {
    const journal = openJournal();
    fill(journal, 1, 3);
    journal.close();
    open.pop();
    const whole = readFileSync(segment());
    const second = whole.indexOf(10) + 1;
    const last = whole.lastIndexOf(10, -2) + 1;
    for (let torn = second; torn < whole.length; torn += torn > last ? 3 : 17) {
      const copy = join(parent, `torn-${count}-${torn}`);
      mkdirSync(copy);
      writeFileSync(join(copy, segments()[0]!), whole.subarray(0, torn));
      said = [];
      const next = openJournal(copy);
      const left = seqs(next);
      expect(left).toEqual(torn < last ? [1] : [1, 2]);
      expect(said.map(({ message }) => message)).toEqual(torn === second || torn === last ? [] : ["cut the torn tail of the journal"]);
      next.append(record(99));
      next.close();
      open.pop();
      expect(seqs(openJournal(copy))).toEqual([...left, 99]);
    }
  });

  it("names a record with a flipped bit and keeps all others in their places", () => {
    const journal = openJournal();
    fill(journal, 1, 3);
    journal.close();
    open.pop();
    const good = readFileSync(segment());
    const from = good.indexOf(10) + 1;
    const to = good.indexOf(10, from); // the newline included: a lost one takes its neighbour along
    for (let at = from; at <= to; at += 5) {
      for (const flip of [1, 0x40, 0x20]) {
        const position = at + 5 > to ? to : at;
        const bad = Buffer.from(good);
        bad[position]! ^= flip;
        const copy = join(parent, `flip-${count}-${at}-${flip}`);
        mkdirSync(copy);
        writeFileSync(join(copy, segments()[0]!), bad);
        said = [];
        const next = openJournal(copy);
        const kept = next.read(0);
        expect(kept.map(({ offset, record: { transition } }) => [offset, transition.seq])).toEqual(
          position === to
            ? [[1, 1]]
            : [
                [1, 1],
                [3, 3],
              ],
        );
        expect(said[0]).toMatchObject({
          message: "journal record is damaged and was skipped",
          fields: { file: join(copy, segments()[0]!), line: 2 },
        });
        expect(next.append(record(9))).toBeGreaterThan(position === to ? 1 : 3);
      }
    }
  });

  it("keeps every reader's place over restarts, and the places of one do not move the other", async () => {
    const journal = openJournal(dir, ["services", "audit"]);
    fill(journal, 1, 10);
    journal.commit("services", 4);
    journal.commit("services", 2); // never backwards
    journal.commit("audit", 7);
    journal.close();
    open.pop();
    const next = openJournal(dir, ["services", "audit"]);
    expect([next.cursor("services"), next.cursor("audit")]).toEqual([4, 7]);
    expect(seqs(next, next.cursor("services"))).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it("delivers again from the beginning when the places are lost", () => {
    const journal = openJournal();
    fill(journal, 1, 5);
    journal.commit("services", 3);
    journal.close();
    open.pop();
    writeFileSync(join(dir, "cursors"), "garbage");
    const next = openJournal();
    expect(seqs(next, next.cursor("services"))).toEqual([1, 2, 3, 4, 5]);
  });

  it("gives no record a place that a reader has already passed, when a power cut took the last ones", () => {
    const journal = openJournal();
    fill(journal, 1, 10);
    journal.commit("services", 10);
    journal.close();
    open.pop();
    const file = segment();
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, `${lines.slice(0, 8).join("\n")}\n`); // two were never synced
    const next = openJournal();
    expect(next.append(record(11))).toBe(11);
    const later = openJournal(dir);
    expect(seqs(later, later.cursor("services"))).toEqual([11]);
  });

  it("drops segments once every reader is done with them, never before", async () => {
    const journal = openJournal(dir, ["services", "audit"]);
    const big = "x".repeat(100_000);
    const write = (from: number, to: number): void => {
      for (let seq = from; seq <= to; seq++) journal.append(record(seq, big));
    };
    write(1, 60); // more than one segment takes
    journal.commit("services", 60);
    journal.commit("audit", 10);
    await until(() => segments().length === 2);
    write(61, 65);
    expect(seqs(journal, 10)).toHaveLength(55);
    const other = afterKill(["services", "audit"]);
    expect(seqs(other, other.cursor("audit"))).toEqual(Array.from({ length: 55 }, (_, i) => i + 11));
    journal.commit("audit", 60);
    await until(() => segments().length === 1);
    expect(seqs(journal, 60)).toEqual([61, 62, 63, 64, 65]);
    expect(statSync(segment()).size).toBeLessThan(1_000_000);
    journal.close();
    open.splice(open.indexOf(journal), 1);
    const next = openJournal(dir, ["services", "audit"]);
    expect(seqs(next, next.cursor("audit"))).toEqual([61, 62, 63, 64, 65]);
  });
});

describe.skipIf(missing("root"))("the journal on a full disk", () => {
  const small = join(parent, "small");
  const filler = join(small, "filler");

  beforeEach(() => {
    mkdirSync(small, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
  });
  afterEach(() => execFileSync("umount", ["-l", small]));

  const fillDisk = (): void => expect(() => writeFileSync(filler, Buffer.alloc(2 << 20))).toThrow("ENOSPC");

  it("holds records in memory, says so once, and writes them in order as soon as there is room", async () => {
    const journal = openJournal(join(small, "journal"));
    fill(journal, 1, 3);
    fillDisk();
    fill(journal, 4, 200);
    expect(seqs(journal)).toHaveLength(200);
    expect(said.map(({ message }) => message)).toEqual(["cannot write the journal; holding records in memory until there is room"]);
    rmSync(filler);
    const text = (): string => readFileSync(join(small, "journal", segments(join(small, "journal"))[0]!), "utf8");
    await until(() => text().trimEnd().split("\n").length === 200);
    fill(journal, 201, 210);
    journal.close();
    open.pop();
    expect(seqs(openJournal(join(small, "journal")))).toEqual(Array.from({ length: 210 }, (_, i) => i + 1));
  });

  it("is whole after a kill while the disk is full", () => {
    const where = join(small, "journal");
    const journal = openJournal(where);
    fill(journal, 1, 3);
    fillDisk();
    fill(journal, 4, 50);
    const copy = join(parent, "after-full");
    execFileSync("cp", ["-r", where, copy]);
    const found = seqs(openJournal(copy));
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1));
    expect(found.length).toBeGreaterThanOrEqual(3);
  });

  it("says how many records were lost when it is closed before there is room", async () => {
    const journal = openJournal(join(small, "journal"));
    fillDisk();
    fill(journal, 1, 100);
    journal.close();
    open.pop();
    expect(said.at(-1)).toMatchObject({
      message: "no room for the last records of the journal; they are lost",
      fields: { records: expect.any(Number) },
    });
    rmSync(filler);
    await pause(1200); // its next try would write into somebody else's descriptor
    expect(said).toHaveLength(2);
  });
});
