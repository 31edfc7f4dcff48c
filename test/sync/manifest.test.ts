import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIR, GONE } from "../../src/sync/content.js";
import type { Entry } from "../../src/sync/entry.js";
import { FormatError } from "../../src/sync/format-error.js";
import { blobKey, manifestKey, packKey } from "../../src/sync/keys.js";
import { encodeManifest, stateOf, type ManifestEntry } from "../../src/sync/manifest.js";
import { parseManifest } from "../../src/sync/manifest-parse.js";
import { pathProblem } from "../../src/sync/path.js";
import { contents, entry, file, link, sha256, vectors } from "./entries.js";
import { SEED } from "./seed.js";

const about = { root_id: "r1", device_id: "laptop", seq: 7, time: "2026-11-21T13:58:00.123Z", parent: null, bases: [] };
const BASE = "manifests/20261120T000000000Z-laptop-0000000001-0123456789abcdef.ndjson";
const x = file("x");
const PLACE = { object: packKey(sha256("pack")), offset: 5 };

describe("a manifest", () => {
  it("is text that a person can read, with the names that the format page tells", () => {
    const entries: ManifestEntry[] = [
      { path: "b", entry: entry(file("x", true), { laptop: 3, desk: 1 }, "laptop", 1_000), location: PLACE },
      { path: "a", entry: entry(DIR, { laptop: 1 }), location: null },
      { path: "d", entry: entry(GONE, { laptop: 2 }), location: null },
      { path: "c", entry: entry(link("../t"), { laptop: 1 }), location: null },
    ];
    const { text, key, gzip, header } = encodeManifest({ ...about, parent: BASE, bases: [BASE] }, entries, sha256);
    const rest = '"mtime":"1970-01-01T00:00:00.000Z","vector":';
    expect(text).toBe(
      [
        `{"format":1,"root_id":"r1","device_id":"laptop","seq":7,"time":"2026-11-21T13:58:00.123Z","parent":"${BASE}","bases":["${BASE}"],"entries":4}`,
        `{"path":"a","type":"dir",${rest}{"laptop":1},"by":"laptop"}`,
        `{"path":"b","type":"file","hash":"${x.hash}","size":1,"exec":true,"mtime":"1970-01-01T00:00:01.000Z","vector":{"desk":1,"laptop":3},"by":"laptop","in":"${PLACE.object}","offset":5}`,
        `{"path":"c","type":"link","target":"../t",${rest}{"laptop":1},"by":"laptop"}`,
        `{"path":"d","type":"gone",${rest}{"laptop":2},"by":"laptop"}`,
        "",
      ].join("\n"),
    );
    expect(key).toBe(`manifests/20261121T135800123Z-laptop-0000000007-${sha256(text).slice(0, 16)}.ndjson`);
    expect(gzip).toBe(false);
    expect(parseManifest(key, text, sha256)).toEqual({ header, entries: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)) });
  });

  it("is compressed when it is over 64 KiB of UTF-8", () => {
    const of = (length: number, character: string): boolean =>
      encodeManifest(about, [{ path: character.repeat(length), entry: entry(DIR, { laptop: 1 }), location: null }], sha256).gzip;
    const frame = encodeManifest(about, [{ path: "x", entry: entry(DIR, { laptop: 1 }), location: null }], sha256).text.length - 1;
    expect([of(65_536 - frame, "x"), of(65_537 - frame, "x")]).toEqual([false, true]);
    expect([of(20_000, "é"), of(30_000, "é"), of(40_000, "é"), of(25_000, "✓")]).toEqual([false, false, true, true]);
  });

  it("comes back as it was, with any names, vectors and times", () => {
    const part = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((name) => name.replace(/[/\0]/g, "_")),
      fc.constantFrom(
        "line\nbreak",
        "\r\n",
        "🦀",
        "e\u0301",
        "é",
        "x".repeat(255),
        "dots...",
        " ",
        "\u2028",
        '"',
        "\\",
        "__proto__",
        "constructor",
        "\ud83e\udd80\u200d",
      ),
    );
    const paths = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("/"))
      .filter((path) => pathProblem(path) === null);
    const versions: fc.Arbitrary<Entry> = fc.record({
      content: contents,
      vector: fc.oneof(vectors, fc.constantFrom({ "=0123456789abcdef": 1, a: 2 }, { "=>../t\n": 1 }, {})),
      by: fc.constantFrom("laptop", "-", "constructor"),
      mtimeMs: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    });
    const lists = fc.uniqueArray(fc.tuple(paths, versions), { selector: ([path]) => path, maxLength: 20 });
    fc.assert(
      fc.property(lists, fc.nat(1e6), (list, offset) => {
        const entries = list.map(([path, version]): ManifestEntry => {
          const location =
            version.content.type !== "file"
              ? null
              : offset % 2 === 0
                ? { object: blobKey(version.content.hash), offset: 0 }
                : { ...PLACE, offset };
          return { path, entry: version, location };
        });
        const { key, text, header } = encodeManifest(about, entries, sha256);
        const back = parseManifest(key, text, sha256);
        expect(back.header).toEqual(header);
        expect(back.entries).toEqual(entries.sort((a, b) => (a.path < b.path ? -1 : 1)));
      }),
      { numRuns: 300, seed: SEED },
    );
  });

  it("tells no place of an empty file", () => {
    const empty = entry(file(""), { laptop: 1 });
    const { key, text } = encodeManifest(about, [{ path: "e", entry: empty, location: null }], sha256);
    expect(parseManifest(key, text, sha256).entries).toEqual([{ path: "e", entry: empty, location: null }]);
  });

  it("is not written when nobody could read it", () => {
    const write = (one: ManifestEntry) => () => encodeManifest(about, [one], sha256);
    expect(write({ path: "../x", entry: entry(DIR, {}), location: null })).toThrow('"../x" has a part .. and was to be told');
    expect(write({ path: "x", entry: entry(x, {}), location: null })).toThrow('"x" was to be told without a place in the bucket');
    expect(() => encodeManifest({ ...about, time: "now" }, [], sha256)).toThrow("now is no time of a manifest");
  });

  it("adds up with its bases, the later entry of a path holding", () => {
    const of = (path: string, text: string): ManifestEntry => ({ path, entry: entry(file(text), { a: 1 }), location: PLACE });
    const state = stateOf([[of("a", "1"), of("b", "1")], [of("b", "2")], [of("b", "3"), of("c", "3")]]);
    expect([...state.values()]).toEqual([of("a", "1"), of("b", "3"), of("c", "3")]);
  });
});

describe("reading a manifest", () => {
  const line = {
    path: "a",
    type: "file",
    hash: x.hash,
    size: 1,
    mtime: "1970-01-01T00:00:00.000Z",
    vector: { a: 1 },
    by: "a",
    in: PLACE.object,
    offset: 0,
  };
  const FIX = "; aura-msg sync verify --repair on a device that has everything writes it anew";

  it.each([
    [{ path: "/etc/passwd" }, 'path "/etc/passwd" is absolute'],
    [{ path: "a/../../b" }, 'path "a/../../b" has a part ..'],
    [{ path: "a//b" }, 'path "a//b" has an empty part'],
    [{ path: "a\0" }, 'path "a\\u0000" has a NUL in it'],
    [{ path: ".aura/root.toml" }, 'path ".aura/root.toml" is in .aura, which is not synced'],
    [{ path: "\ud800" }, 'path "\\ud800" is no well-formed Unicode'],
    [{ path: 1 }, "path is no text"],
    [{ type: "socket" }, 'type "socket" is not known'],
    [{ type: undefined }, "type undefined is not known"],
    [{ type: "link" }, "target is no text"],
    [{ hash: "ABC" }, 'hash "ABC" is not one'],
    [{ size: -1 }, "size is no whole number"],
    [{ size: 1.5 }, "size is no whole number"],
    [{ exec: "yes" }, "exec is neither true nor false"],
    [{ mtime: "1970-01-01" }, "mtime is no time"],
    [{ vector: [] }, "vector is no JSON object"],
    [{ vector: { a: 0 } }, 'vector has "a"'],
    [{ vector: { a: "1" } }, 'vector has "a"'],
    [{ vector: { "a b": 1 } }, 'vector has "a b"'],
    [{ by: "" }, 'by "" is not one'],
    [{ in: "packs/../../x" }, 'in "packs/../../x" is neither a pack nor a blob'],
    [{ in: undefined }, "in is no text"],
    [{ offset: -1 }, "offset is no whole number"],
    [{ in: blobKey(sha256("y")) }, "in is the blob of another content"],
    [{ in: blobKey(x.hash), offset: 1 }, "in is the blob of another content"],
  ])("refuses an entry with %j, in one line that says where", (change, problem) => {
    const { key, read } = written([{ ...line, ...change }]);
    expect(read).toThrow(new FormatError("damaged", `line 2 of ${key} cannot be read: ${problem}${FIX}`));
  });

  it("refuses a __proto__ in a vector", () => {
    const { read } = written([JSON.stringify(line).replace('{"a":1}', '{"__proto__":1}')]);
    expect(read).toThrow('vector has "__proto__"');
  });

  it.each([
    [{ root_id: "a/b" }, 'root_id "a/b" is not one'],
    [{ device_id: "desk" }, "device_id, seq and time are not those of the key"],
    [{ seq: 8 }, "device_id, seq and time are not those of the key"],
    [{ time: "2026-11-21T13:58:00.124Z" }, "device_id, seq and time are not those of the key"],
    [{ parent: "x" }, "parent is no manifest's key"],
    [{ bases: null }, "bases are no manifests' keys"],
    [{ bases: ["x"] }, "bases are no manifests' keys"],
    [{ entries: 2 }, "it tells of 2 entries, 1 follow"],
    [{ format: 0 }, "format is not 1"],
  ])("refuses a header with %j", (change, problem) => {
    const { key, read } = written([line], change);
    expect(read).toThrow(new FormatError("damaged", `line 1 of ${key} cannot be read: ${problem}${FIX}`));
  });

  it("refuses lines that are not in order, or twice there", () => {
    for (const path of ["a", "Z"])
      expect(written([line, { ...line, path }]).read).toThrow(/^line 3 of .* does not come after the one before/);
  });

  it("refuses bytes that are not those that were written", () => {
    const { key, text } = written([line]);
    for (const other of [text.slice(0, -1), text.replace("laptop", "lap-op"), "", text + text]) {
      expect(() => parseManifest(key, other, sha256)).toThrow(`${key} cannot be read: its bytes are not those that were written${FIX}`);
    }
    expect(written(["no json"]).read).toThrow("line 2 of");
    expect(() => parseManifest("manifests/x", text, sha256)).toThrow("it is no manifest's key");
    const cut = text.slice(0, -1);
    const cutKey = key.replace(/[0-9a-f]{16}\.ndjson/, `${sha256(cut).slice(0, 16)}.ndjson`);
    expect(() => parseManifest(cutKey, cut, sha256)).toThrow("its end is missing");
  });

  it("asks for a newer Aura when the format is newer, whatever else is in it", () => {
    const { key, read } = written([{ new: true }], { format: 2, bases: undefined });
    expect(read).toThrow(
      new FormatError("newer", `${key} is of format 2, this version of Aura reads format 1; update Aura on this device`),
    );
  });

  it("leaves out fields that it does not know", () => {
    const { read } = written([{ ...line, owner: "me" }], { tool: "x" });
    expect(read().entries).toEqual([{ path: "a", entry: entry(x, { a: 1 }), location: { ...PLACE, offset: 0 } }]);
    expect(read().header).not.toHaveProperty("tool");
  });
});

/** A manifest of these lines, with a key that fits them. */
function written(lines: readonly unknown[], header: object = {}) {
  const first = { format: 1, ...about, entries: lines.length, ...header };
  const text = `${[first, ...lines].map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")}\n`;
  const key = manifestKey({ timeMs: Date.parse(about.time), device: "laptop", seq: 7, hash16: sha256(text).slice(0, 16), gzip: false });
  return { key, text, read: () => parseManifest(key, text, sha256) };
}
