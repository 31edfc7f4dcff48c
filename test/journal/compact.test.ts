import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Journal } from "../../src/adapters/journal/journal.js";
import { silentLog } from "../../src/shared/log.js";
import { makeTransition } from "../services/make.js";

const parent = mkdtempSync(join(tmpdir(), "aura-compact-"));
const open: Journal[] = [];
let count = 0;

afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

function openJournal(dir: string): Journal {
  const journal = new Journal(dir, silentLog, ["services"]);
  open.push(journal);
  return journal;
}
const fresh = (): string => join(parent, `journal-${(count += 1)}`);
const bytes = (dir: string): number => readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
const happen = (journal: Journal, service: string, from: number, to: number): void => {
  for (let seq = from; seq <= to; seq++) journal.append({ kind: "transition", transition: makeTransition(service, seq) });
};
const told = (journal: Journal, service: string): { seq: number; repeats: number }[] =>
  journal
    .read(0)
    .map(({ record: { transition } }) => transition)
    .filter((transition) => transition.service === service)
    .map(({ seq, repeats }) => ({ seq, repeats: repeats ?? 1 }));
const sum = (rows: readonly { repeats: number }[]): number => rows.reduce((total, { repeats }) => total + repeats, 0);

describe("a journal that nobody takes anything from", () => {
  it("stays bounded on disk and in memory through a crash loop of hours", () => {
    const dir = fresh();
    const journal = openJournal(dir);
    happen(journal, "quiet", 1, 3);
    happen(journal, "loop", 1, 10_000);
    const once = bytes(dir);
    happen(journal, "loop", 10_001, 60_000);
    expect(bytes(dir)).toBeLessThan(once + 8_000_000);
    expect(journal.read(0).length).toBeLessThanOrEqual(10_000);
  });

  it("keeps the beginning, the end and the number of what it folds, and every record of a quiet service, also over a kill", () => {
    const dir = fresh();
    const journal = openJournal(dir);
    happen(journal, "quiet", 1, 3);
    happen(journal, "loop", 1, 25_000);
    happen(journal, "quiet", 4, 5);
    const copy = `${dir}-killed`;
    cpSync(dir, copy, { recursive: true });
    for (const each of [journal, openJournal(copy)]) {
      expect(told(each, "quiet").map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
      const loop = told(each, "loop");
      expect(sum(loop)).toBe(25_000);
      expect(loop.slice(0, 20).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(loop.at(-1)?.seq).toBe(25_000);
      expect(loop.map(({ seq }) => seq)).toEqual(loop.map(({ seq }) => seq).toSorted((a, b) => a - b));
    }
  });

  it("tells nothing twice when it was killed between taking the other segments in and removing them", () => {
    const dir = fresh();
    const journal = openJournal(dir);
    // Two segments: the first full one is left behind by a commit, the next one grows.
    happen(journal, "loop", 1, 9990);
    const before = `${dir}-before`;
    cpSync(dir, before, { recursive: true });
    happen(journal, "loop", 9991, 10_010);
    const killed = `${dir}-killed`;
    cpSync(dir, killed, { recursive: true });
    const [old] = readdirSync(before).filter((file) => file.endsWith(".wal"));
    cpSync(join(before, old!), join(killed, "0000000000000002.wal"));
    expect(sum(told(openJournal(killed), "loop"))).toBe(10_010);
  });

  it("goes on numbering where it was", () => {
    const dir = fresh();
    happen(openJournal(dir), "loop", 1, 12_000);
    for (const journal of open.splice(0)) journal.close();
    const again = openJournal(dir);
    expect(again.append({ kind: "transition", transition: makeTransition("loop", 12_001) })).toBe(12_001);
  });
});
