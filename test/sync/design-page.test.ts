import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DIR, isLive } from "../../src/sync/content.js";
import type { Content, Entry, Path } from "../../src/sync/entry.js";
import { localEdit } from "../../src/sync/local-edit.js";
import { parseHead } from "../../src/sync/head.js";
import { settle } from "../../src/sync/structure.js";

const page = readFileSync(new URL("../../docs/design/sync.md", import.meta.url), "utf8");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const CHANGED_AT = Date.UTC(2026, 10, 21, 13, 58);

/** What a cell of the table says: `f=1* d/ l>x`, or `-`. */
function tree(cell: string): Map<Path, Content> {
  const items = cell.replaceAll("`", "").split(" ");
  return new Map(
    items.flatMap((item): [Path, Content][] => {
      const [, path = "", kind, rest = ""] = /^([^=>]+?)([=>/])(.*)$/.exec(item) ?? [];
      if (item === "-") return [];
      if (kind === "/" && rest === "") return [[path, DIR]];
      if (kind === ">") return [[path, { type: "link", target: rest }]];
      if (kind !== "=" && !item.includes("=")) throw new Error(`${item} cannot be read`);
      const [name = "", text = ""] = item.split("=");
      const bytes = text.replace("*", "");
      return [[name, { type: "file", hash: sha256(bytes), size: bytes.length, exec: text.endsWith("*") }]];
    }),
  );
}

/** One device with its folder; what it tells the other is all that it wants. */
class Device {
  readonly want = new Map<Path, Entry>();
  #have = new Map<Path, Entry>();
  #counter = 0;

  constructor(readonly id: string) {}

  /** The folder is this now: a tick finds it. */
  edit(now: ReadonlyMap<Path, Content>): void {
    this.#counter += 1;
    const edits: [Path, Entry][] = [];
    for (const path of new Set([...now.keys(), ...this.#have.keys()])) {
      const content = now.get(path);
      const seen = content === undefined ? null : { content, mtimeMs: CHANGED_AT };
      const context = { device: this.id, counter: this.#counter, nowMs: CHANGED_AT };
      const { edit } = localEdit(this.#have.get(path) ?? null, this.want.get(path), seen, context);
      if (edit !== null) edits.push([path, edit]);
    }
    this.#merge(edits);
  }

  hear(other: Device): void {
    this.#merge([...other.want]);
  }

  live(): string[] {
    return [...this.want].filter(([, { content }]) => isLive(content)).map(([path, { content }]) => `${path} ${JSON.stringify(content)}`);
  }

  #merge(incoming: readonly [Path, Entry][]): void {
    const children = (folder: Path): Path[] => [...this.want.keys()].filter((path) => path.startsWith(`${folder}/`));
    for (const [path, entry] of settle({ get: (path) => this.want.get(path), childrenOf: children }, incoming).changes)
      this.want.set(path, entry);
    this.#have = new Map(this.want);
  }
}

function rows(): string[][] {
  const table = /^\| before \| on A .*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(page)?.[1] ?? "";
  return table
    .trimEnd()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("docs/design/sync.md", () => {
  it("has a table of what comes of two edits", () => {
    expect(rows().length).toBeGreaterThan(20);
  });

  it.each(rows())("keeps its word: %s, then %s and %s, comes to %s", (before, onA, onB, after) => {
    for (const [first, second] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [a, b] = [new Device("A"), new Device("B")];
      a.edit(tree(before!));
      b.hear(a);
      a.edit(tree(onA!));
      b.edit(tree(onB!));
      const devices = [a, b];
      devices[first]!.hear(devices[second]!);
      devices[second]!.hear(devices[first]!);
      devices[first]!.hear(devices[second]!);
      const wanted = [...tree(after!)].map(([path, content]) => `${path.replace("…", "20261121T135800Z")} ${JSON.stringify(content)}`);
      expect(a.live().toSorted()).toEqual(wanted.toSorted());
      expect(b.live().toSorted()).toEqual(wanted.toSorted());
    }
  });

  it("shows a head and manifest lines of the shape that is written", () => {
    const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => match[1]!.trimEnd().split("\n"));
    expect(blocks).toHaveLength(2);
    expect(parseHead("devices/laptop/head.json", blocks[0]![0]!, "work")).toMatchObject({ device_id: "laptop", seq: 7 });
    const [header, ...entries] = blocks[1]!.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(Object.keys(header!)).toEqual(["format", "root_id", "device_id", "seq", "time", "parent", "bases", "entries"]);
    expect(header!["entries"]).toBe(entries.length);
    expect(entries.map(({ path }) => path)).toEqual(entries.map(({ path }) => path).toSorted());
  });
});
