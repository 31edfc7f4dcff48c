import { formatDuration } from "../../shared/durations.js";
import type { TickProgress } from "../../sync/tick.js";
import { formatBytes } from "./roots-words.js";
import { cut, plain } from "./text.js";

/** Rates are those of the last seconds: what was before says little about what comes. */
const WINDOW_MS = 5000;
const LABEL = 16;
const MIN_BAR = 5;
const MAX_BAR = 30;
/** `99.9 MB/s`, `ETA 59m59s`: room is kept for them, so that the line does not jump when they come. */
const RATE = "999.9 MB/s".length;
const ETA = "ETA 59m59s".length;

/** What a progress bar remembers: how far the stage was, and when. Oldest first. */
export interface Meter {
  readonly stage: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly at: number;
  readonly files: number;
  readonly bytes: number;
}

export const NO_METER: Meter = { stage: "", samples: [] };

/** A stage begins anew: with another name, or with less done than before. `now`: any clock in ms. */
export function nextMeter({ stage, samples }: Meter, progress: TickProgress, now: number): Meter {
  const { files, bytes } = progress;
  const last = samples.at(-1);
  const goesOn = stage === progress.stage && last !== undefined && files >= last.files && bytes >= last.bytes;
  const kept = goesOn ? samples.filter(({ at }, i) => at >= now - WINDOW_MS || i === samples.length - 1) : [];
  return { stage: progress.stage, samples: [...kept, { at: now, files, bytes }] };
}

/** Several roots at once as one; the stage is the one that most of them are in. Null for none. */
export function totalProgress(all: readonly TickProgress[]): TickProgress | null {
  if (all.length === 0) return null;
  const sum = (of: (one: TickProgress) => number): number => all.reduce((total, one) => total + of(one), 0);
  const votes = (stage: string): number => all.filter((one) => one.stage === stage).length;
  return {
    stage: all.toSorted((a, b) => votes(b.stage) - votes(a.stage))[0]!.stage,
    files: sum(({ files }) => files),
    filesTotal: sum(({ filesTotal }) => filesTotal),
    bytes: sum(({ bytes }) => bytes),
    bytesTotal: sum(({ bytesTotal }) => bytesTotal),
  };
}

/**
 * One line narrower than `width`: what, bar, share, files, bytes, rate, time left. Where there is not room for all, the label
 * goes first, then the bar; where totals are not known, so do share, bar and time left. Its parts keep their places.
 */
export function progressLine(label: string, progress: TickProgress, meter: Meter, width: number): string {
  const { stage, filesTotal, bytesTotal } = progress;
  const known = filesTotal > 0 || bytesTotal > 0;
  const share = known ? shareOf(progress) : 0;
  const rate = rateOf(meter, ({ bytes }) => bytes);
  const carriesBytes = bytesTotal > 0 || progress.bytes > 0;
  const tail = [
    ...(known ? [`${Math.floor(share * 100)}%`.padStart(4)] : []),
    filesText(progress),
    ...(carriesBytes ? [bytesText(progress), (rate > 0 ? `${formatBytes(rate)}/s` : "").padStart(RATE)] : []),
    ...(known ? [timeLeft(progress, meter).padEnd(ETA)] : []),
  ].join("  ");
  const most = width - 1;
  const heads = [`${cut(plain(label), LABEL)}  ${stage}`, stage];
  for (const head of known ? heads : []) {
    const room = most - head.length - tail.length - "  []  ".length;
    if (room >= MIN_BAR) return `${head}  ${bar(share, Math.min(room, MAX_BAR))}  ${tail}`.trimEnd();
  }
  const fitting = heads.map((head) => `${head}  ${tail}`.trimEnd()).find((line) => line.length <= most);
  return fitting ?? cut(`${stage}  ${tail}`, most);
}

/** By bytes, and by files where these carry none: a thousand empty files are work too. */
function shareOf({ files, filesTotal, bytes, bytesTotal }: TickProgress): number {
  const share = bytesTotal > 0 ? bytes / bytesTotal : files / filesTotal;
  return Math.min(1, Math.max(0, share));
}

function filesText({ files, filesTotal }: TickProgress): string {
  return filesTotal > 0 ? `${String(files).padStart(String(filesTotal).length)}/${filesTotal} files` : `${files} files`;
}

/** ` 2.3/45.6 MB`, both in the unit of the total. */
function bytesText({ bytes, bytesTotal }: TickProgress): string {
  if (bytesTotal <= 0) return formatBytes(bytes);
  const total = formatBytes(bytesTotal);
  const [number = "", unit] = total.split(" ");
  return `${formatBytes(Math.min(bytes, bytesTotal), unit).split(" ")[0]!.padStart(number.length)}/${total}`;
}

/** Empty while nothing can be said. */
function timeLeft({ files, filesTotal, bytes, bytesTotal }: TickProgress, meter: Meter): string {
  const [left, rate] =
    bytesTotal > 0 ? [bytesTotal - bytes, rateOf(meter, (one) => one.bytes)] : [filesTotal - files, rateOf(meter, (one) => one.files)];
  return left <= 0 || rate <= 0 ? "" : `ETA ${formatDuration(Math.max(1, Math.ceil(left / rate)) * 1000)}`;
}

/** A second; 0 while nothing can be said. */
function rateOf({ samples }: Meter, of: (sample: Sample) => number): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < 200) return 0;
  return ((of(last) - of(first)) * 1000) / (last.at - first.at);
}

function bar(share: number, width: number): string {
  const full = Math.floor(share * width);
  const tip = full < width ? ">" : "";
  return `[${"=".repeat(full)}${tip}${" ".repeat(width - full - tip.length)}]`;
}
