import { describe, expect, it } from "vitest";
import { parseMoment } from "../../src/cli/moment.js";
import { longDuration, restorePoint } from "../../src/cli/root-values.js";
import { shortIds } from "../../src/cli/short-ids.js";

const now = Date.UTC(2026, 10, 21, 14, 0, 0);
const local = (text: string): number => new Date(text).getTime();

describe("a moment", () => {
  it.each([
    ["2026-11-21T13:58:00Z", Date.UTC(2026, 10, 21, 13, 58)],
    ["2026-11-21t13:58:00.25z", Date.UTC(2026, 10, 21, 13, 58, 0, 250)],
    ["2026-11-21T13:58:00.123456789Z", Date.UTC(2026, 10, 21, 13, 58, 0, 123)],
    ["2026-11-21T14:58:00+01:00", Date.UTC(2026, 10, 21, 13, 58)],
    ["2026-11-21 13:58 +01:00", Date.UTC(2026, 10, 21, 12, 58)],
    ["2026-11-21 13:58", local("2026-11-21T13:58:00")],
    ["2026-11-21", local("2026-11-21T00:00:00")],
    ["20261121T135800Z", Date.UTC(2026, 10, 21, 13, 58)],
    ["2h ago", now - 2 * 3_600_000],
    ["1.5 hours ago", now - 5_400_000],
    ["90m ago", now - 5_400_000],
    ["10 min ago", now - 600_000],
    ["30 seconds ago", now - 30_000],
    ["3 Days Ago", now - 3 * 86_400_000],
    ["1 week ago", now - 7 * 86_400_000],
    ["yesterday", new Date(now).setDate(new Date(now).getDate() - 1)],
    [" now ", now],
  ])("may be written %j", (text, ms) => {
    expect(parseMoment(text, now)).toBe(ms);
  });

  it.each(["", "soon", "2h", "ago", "-2h ago", "2026-02-31", "2026-13-01", "2026-11-21T25:00", "13:58", "1700000000", "20260231T000000Z"])(
    "is not %j",
    (text) => {
      expect(parseMoment(text, now)).toBeUndefined();
    },
  );
});

describe("what --at takes", () => {
  const id = "20261121T135800123Z-laptop-0000000007-0123456789abcdef";

  it("is a manifest, its beginning, or its key", () => {
    expect(restorePoint(id)).toEqual({ manifest: id });
    expect(restorePoint(id.slice(0, 19))).toEqual({ manifest: id.slice(0, 19) });
    expect(restorePoint("20261121T1358")).toEqual({ manifest: "20261121T1358" });
    expect(restorePoint(`manifests/${id}.ndjson.gz`)).toEqual({ manifest: id });
  });

  it("is a time that is past", () => {
    expect(restorePoint("2026-01-02T03:04:05Z")).toEqual({ timeMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
    expect(() => restorePoint("2999-01-01")).toThrow(/in the future/);
    expect(() => restorePoint("tomorrow")).toThrow(/neither a time nor a manifest/);
  });
});

describe("a long duration", () => {
  it.each([
    ["30d", 30 * 86_400_000],
    ["1d12h", 36 * 3_600_000],
    ["24h", 86_400_000],
    ["1.5d", 36 * 3_600_000],
    ["0", 0],
    ["0d", 0],
  ])("may be %s", (text, ms) => {
    expect(longDuration(text)).toBe(ms);
  });

  it.each(["", "d", "30", "30 d", "12h1d", "-1d", "1w"])("is not %j", (text) => {
    expect(() => longDuration(text)).toThrow(/is not a duration/);
  });
});

describe("the short id of a manifest", () => {
  it("is its time, and as much more as tells it from the others", () => {
    const ids = [
      "20261121T135800123Z-desk-0000000001-aa",
      "20261121T135800123Z-laptop-0000000007-bb",
      "20261121T135900000Z-desk-0000000002-cc",
    ];
    expect(shortIds(ids)).toEqual(["20261121T135800123Z-d", "20261121T135800123Z-l", "20261121T135900000Z"]);
    expect(shortIds([ids[0]!, ids[0]!])).toEqual(["20261121T135800123Z", "20261121T135800123Z"]);
    expect(shortIds([])).toEqual([]);
  });
});
