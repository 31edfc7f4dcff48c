import type { Content, Entry, Vector } from "../../../sync/entry.js";
import type { FileStat } from "../../../sync/ports.js";
import type { Have } from "./row.js";

/*
 * The columns of a path as text: two columns are read much quicker than ten, and compared as they are.
 */

const TYPES = { file: "f", dir: "d", link: "l" } as const;
const TYPE_OF: Readonly<Record<string, FileStat["type"]>> = { f: "file", d: "dir", l: "link" };
/** Before a stat that is not trusted, so that it is like none that is found on disk. */
export const UNSETTLED = "~";
/** `have`: it is the version that `want` is. */
export const SAME = "=";

const time = new Float64Array(1);
const bits = new Uint32Array(time.buffer);

/**
 * Equal for two stats that tell of no change. Of folders only the number of the inode: their times change with their content.
 * Times are the bits of their doubles, which are written and read ten times as quickly as decimal fractions, and exactly.
 */
export function statText(stat: FileStat): string {
  if (stat.type === "dir") return `d ${stat.ino}`;
  time[0] = stat.mtimeMs;
  const [m0, m1] = bits;
  time[0] = stat.ctimeMs;
  return `${TYPES[stat.type]}${stat.exec && stat.type === "file" ? "x" : ""} ${stat.ino} ${stat.size} ${m0} ${m1} ${bits[0]} ${bits[1]}`;
}

function parseStat(text: string): FileStat {
  const [kind = "", ino, size = "0", m0, m1, c0, c1] = text.split(" ");
  const type = TYPE_OF[kind[0] ?? ""];
  if (type === undefined || ino === undefined) throw new Error(`no stat: ${text}`);
  const parts = { type, size: Number(size), ino: Number(ino), exec: kind[1] === "x" };
  return type === "dir" ? { ...parts, mtimeMs: 0, ctimeMs: 0 } : { ...parts, mtimeMs: timeOf(m0, m1), ctimeMs: timeOf(c0, c1) };
}

function timeOf(low: string | undefined, high: string | undefined): number {
  bits[0] = Number(low);
  bits[1] = Number(high);
  return time[0]!;
}

/** `[type, hash or target, size, 1 when executable]`, as short as it can be. */
type ContentText = readonly [string, string?, number?, number?];

function contentText(content: Content): ContentText {
  switch (content.type) {
    case "file":
      return content.exec ? ["f", content.hash, content.size, 1] : ["f", content.hash, content.size];
    case "link":
      return ["l", content.target];
    case "dir":
      return ["d"];
    case "gone":
      return ["g"];
  }
}

function parseContent([type, what = "", size = 0, exec = 0]: ContentText): Content {
  switch (type) {
    case "f":
      return { type: "file", hash: what, size, exec: exec === 1 };
    case "l":
      return { type: "link", target: what };
    case "d":
      return { type: "dir" };
    case "g":
      return { type: "gone" };
    default:
      throw new Error(`no content: ${type}`);
  }
}

export function entryText({ content, vector, by, mtimeMs }: Entry): string {
  return JSON.stringify([contentText(content), vector, by, mtimeMs]);
}

export function parseEntry(text: string): Entry {
  const [content, vector, by, mtimeMs] = JSON.parse(text) as [ContentText, Vector, string, number];
  return { content: parseContent(content), vector, by, mtimeMs };
}

/** `stat` of a path. */
export function haveStatText({ stat, settled }: Have): string | null {
  return stat === null ? null : `${settled ? "" : UNSETTLED}${statText(stat)}`;
}

export function parseHaveStat(text: string | null): Pick<Have, "stat" | "settled"> {
  if (text === null) return { stat: null, settled: true };
  const settled = !text.startsWith(UNSETTLED);
  return { stat: parseStat(settled ? text : text.slice(UNSETTLED.length)), settled };
}
