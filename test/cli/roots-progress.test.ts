import pc from "picocolors";
import { describe, expect, it } from "vitest";
import type { RootsConnection } from "../../src/cli/connect-roots.js";
import type { Io } from "../../src/cli/context.js";
import { NO_METER, nextMeter, progressLine, totalProgress, type Meter } from "../../src/cli/render/roots-progress.js";
import { formatBytes } from "../../src/cli/render/roots-words.js";
import { withProgress } from "../../src/cli/sync-progress.js";
import type { TickProgress } from "../../src/sync/tick.js";
import { FakeRoots } from "../support/fake-roots.js";

const upload = (files: number, bytes: number): TickProgress => ({
  stage: "upload",
  files,
  filesTotal: 2600,
  bytes,
  bytesTotal: 45_600_000,
});

function measured(...samples: readonly (readonly [at: number, progress: TickProgress])[]): Meter {
  return samples.reduce((meter, [at, progress]) => nextMeter(meter, progress, at), NO_METER);
}

describe("the progress line", () => {
  it("shows bar, share, files, bytes, rate and time left in 80 columns", () => {
    const meter = measured([0, upload(600, 6_000_000)], [1000, upload(800, 9_000_000)], [2000, upload(1200, 12_300_000)]);
    const line = progressLine("work", upload(1200, 12_300_000), meter, 80);
    expect(line).toBe("upload  [==>     ]   26%  1200/2600 files  12.3/45.6 MB    3.1 MB/s  ETA 11s");
    expect(line.length).toBeLessThan(80);
  });

  it("never is as wide as the terminal, whatever the numbers, the label and the width", () => {
    const numbers = [0, 1, 999, 12_345, 100_000, 9_999_999, 5e9, 1e15];
    for (const width of [20, 40, 60, 80, 81, 120, 300]) {
      for (const [i, n] of numbers.entries()) {
        for (const total of numbers.slice(i)) {
          const progress: TickProgress = { stage: "download", files: n, filesTotal: total, bytes: n, bytesTotal: total };
          const meter = measured([0, { ...progress, files: 0, bytes: 0 }], [3000, progress]);
          const line = progressLine("a-label-that-is-longer-than-any-column", progress, meter, width);
          expect(line.length, line).toBeLessThan(width);
          if (width >= 80) expect(line).toMatch(/^(\S+ {2})?download /);
        }
      }
    }
  });

  it("says what it knows where totals are not known yet", () => {
    const scan: TickProgress = { stage: "scan", files: 12_345, filesTotal: 0, bytes: 0, bytesTotal: 0 };
    expect(progressLine("work", scan, measured([0, scan]), 80)).toBe("work  scan  12345 files");
  });

  it("counts files where these carry no bytes", () => {
    const empty = (files: number): TickProgress => ({ stage: "apply", files, filesTotal: 1000, bytes: 0, bytesTotal: 0 });
    const line = progressLine("work", empty(500), measured([0, empty(0)], [1000, empty(250)], [2000, empty(500)]), 80);
    expect(line).toMatch(/^work {2}apply {2}\[=+> +\] {3}50% {3}500\/1000 files {2}ETA 2s$/);
  });

  it("is full at the end, with no time left", () => {
    const line = progressLine("work", upload(2600, 45_600_000), measured([0, upload(0, 0)], [9000, upload(2600, 45_600_000)]), 80);
    expect(line).toMatch(/^upload {2}\[=+\] {2}100% {2}2600\/2600 files {2}45\.6\/45\.6 MB {4}5\.1 MB\/s$/);
    expect(line).not.toContain("ETA");
  });

  it("keeps escape sequences of a label from the terminal", () => {
    expect(progressLine("a\u001b[31mb", upload(0, 0), NO_METER, 120)).toMatch(/^ab {2}upload/);
  });
});

describe("the meter", () => {
  it("looks at the last five seconds only", () => {
    const samples = Array.from({ length: 100 }, (_, i) => [i * 200, upload(i, i < 70 ? 0 : (i - 70) * 200_000)] as const);
    expect(progressLine("work", upload(99, 5_800_000), measured(...samples), 80)).toContain("1.0 MB/s");
  });

  it("begins anew with another stage, and when less is done than before", () => {
    const meter = measured([0, upload(1, 1)], [1000, upload(2, 2)]);
    expect(nextMeter(meter, { ...upload(3, 3), stage: "download" }, 2000).samples).toHaveLength(1);
    expect(nextMeter(meter, upload(1, 1), 2000).samples).toHaveLength(1);
    expect(nextMeter(meter, upload(2, 2), 2000).samples).toHaveLength(3);
  });
});

describe("several roots", () => {
  it("are summed up, in the stage that most of them are in", () => {
    const scan: TickProgress = { stage: "scan", files: 5, filesTotal: 0, bytes: 0, bytesTotal: 0 };
    expect(totalProgress([scan, upload(1, 10), upload(2, 20)])).toEqual({
      stage: "upload",
      files: 8,
      filesTotal: 5200,
      bytes: 30,
      bytesTotal: 91_200_000,
    });
    expect(totalProgress([])).toBeNull();
  });
});

describe("drawing", () => {
  async function drawn(tty: boolean, json: boolean): Promise<string[]> {
    const written: string[] = [];
    const out = (text: string): void => void written.push(text);
    const io: Io = { out, err: () => {}, tty, columns: () => 80, rows: () => 24, colors: pc.createColors(false), env: {} };
    let release = (): void => {};
    const control = new FakeRoots().add({ rootId: "work", path: "/work", progress: upload(1, 10) });
    control.gate = new Promise((resolve) => (release = resolve));
    const connection: RootsConnection = { control, via: "socket", host: "laptop", here: true, close: async () => {} };
    const seen =
      tty && !json ? new Promise<void>((resolve) => ((io as { out: unknown }).out = (text: string) => (out(text), resolve()))) : null;
    const work = withProgress({ globals: { json }, io }, connection, ["work"], control.sync("work", {}));
    await seen;
    release();
    expect((await work).outcome).toBe("ok");
    return written;
  }

  it("draws the line over itself on a terminal, and leaves nothing of it", async () => {
    const written = await drawn(true, false);
    expect(written[0]).toBe(`\r\u001b[Kupload  [>${" ".repeat(7)}]    0%     1/2600 files   0.0/45.6 MB`);
    expect(written.at(-1)).toBe("\r\u001b[K");
  });

  it("writes nothing without a terminal, nor with --json", async () => {
    expect(await drawn(false, false)).toEqual([]);
    expect(await drawn(true, true)).toEqual([]);
  });
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [12_345, "12.3 kB"],
    [99_949, "99.9 kB"],
    [99_950, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [45_600_000, "45.6 MB"],
    [2e9, "2.0 GB"],
    [5e15, "5000 TB"],
  ])("%d are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("may be told in a unit of choice", () => {
    expect(formatBytes(2_345, "MB")).toBe("0.0 MB");
  });
});
