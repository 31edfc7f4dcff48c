import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/sync/format-error.js";
import { encodeHead, parseHead } from "../../src/sync/head.js";
import * as keys from "../../src/sync/keys.js";
import { iso, parseIso, parseStampMs, stamp, stampMs } from "../../src/sync/times.js";
import { sha256 } from "./entries.js";

const TIME = Date.UTC(2026, 10, 21, 13, 58, 0, 123);
const HASH = sha256("x");
const MANIFEST = "manifests/20261121T135800123Z-my-laptop.1-0000000007-0123456789abcdef.ndjson";

describe("the keys of a root", () => {
  it("are those that the format page tells", () => {
    expect(keys.rootPrefix("r1")).toBe("roots/r1/");
    expect(keys.headKey("my-laptop.1")).toBe("devices/my-laptop.1/head.json");
    expect(keys.packKey(HASH)).toBe(`packs/${HASH.slice(0, 2)}/${HASH}`);
    expect(keys.blobKey(HASH)).toBe(`blobs/${HASH.slice(0, 2)}/${HASH}`);
    const about = { timeMs: TIME, device: "my-laptop.1", seq: 7, hash16: "0123456789abcdef", gzip: false };
    expect(keys.manifestKey(about)).toBe(MANIFEST);
    expect(keys.manifestKey({ ...about, gzip: true })).toBe(`${MANIFEST}.gz`);
    expect(keys.manifestId(`${MANIFEST}.gz`)).toBe("20261121T135800123Z-my-laptop.1-0000000007-0123456789abcdef");
  });

  it("are read back", () => {
    expect(keys.parseHeadKey("devices/my-laptop.1/head.json")).toBe("my-laptop.1");
    expect(keys.contentKind(keys.packKey(HASH))).toEqual({ kind: "pack", hash: HASH });
    expect(keys.contentKind(keys.blobKey(HASH))).toEqual({ kind: "blob", hash: HASH });
    expect(keys.parseManifestKey(`${MANIFEST}.gz`)).toEqual({
      key: `${MANIFEST}.gz`,
      timeMs: TIME,
      device: "my-laptop.1",
      seq: 7,
      hash16: "0123456789abcdef",
      gzip: true,
    });
  });

  it.each(["devices/head.json", "devices/a/b/head.json", "devices/.a/head.json", "devices/a/head.json.tmp", "xdevices/a/head.json"])(
    "%j is no head",
    (key) => {
      expect(keys.parseHeadKey(key)).toBeNull();
    },
  );

  it.each([
    MANIFEST.replace("20261121", "20261321"),
    MANIFEST.replace("0000000007", "7"),
    MANIFEST.replace("abcdef", "ABCDEF"),
    MANIFEST.replace("my-laptop.1", "my laptop"),
    `${MANIFEST}.tmp`,
    `roots/r/${MANIFEST}`,
  ])("%j is no manifest", (key) => {
    expect(keys.parseManifestKey(key)).toBeNull();
  });

  it.each([
    `packs/00/${HASH}`,
    `packs/${HASH}`,
    `other/${HASH.slice(0, 2)}/${HASH}`,
    `blobs/${HASH.slice(0, 2)}/${HASH.slice(1)}`,
    `../packs/${HASH.slice(0, 2)}/${HASH}`,
  ])("%j is no content", (key) => {
    expect(keys.contentKind(key)).toBeNull();
  });
});

describe("times", () => {
  it("are written so that they sort, and read back to the letter", () => {
    expect([stamp(TIME), stampMs(TIME), iso(TIME)]).toEqual(["20261121T135800Z", "20261121T135800123Z", "2026-11-21T13:58:00.123Z"]);
    expect([parseStampMs(stampMs(TIME)), parseIso(iso(TIME))]).toEqual([TIME, TIME]);
    for (const ms of [1e300, -1e300, Number.NaN, -1.5]) expect(parseIso(iso(ms))).toBe(Date.parse(iso(ms)));
    for (const text of ["", "2026-11-21", "2026-11-21T13:58:00Z", "2026-02-30T00:00:00.000Z", "2026-11-21T13:58:00.123+01:00"])
      expect(parseIso(text)).toBeNull();
  });
});

describe("a head", () => {
  const head = { root_id: "r1", device_id: "my-laptop.1", manifest: MANIFEST, seq: 7, time: iso(TIME), instance: "abc" };
  const key = keys.headKey(head.device_id);

  it("is one line of JSON, and read back; what a later version adds is left out", () => {
    expect(encodeHead(head)).toBe(`${JSON.stringify({ format: 1, ...head })}\n`);
    expect(parseHead(key, encodeHead(head), "r1")).toEqual({ format: 1, ...head });
    expect(parseHead(key, JSON.stringify({ ...head, format: 1, more: [1] }), "r1")).toEqual({ format: 1, ...head });
  });

  it.each([
    ["", "is no JSON"],
    ["[]", "is no JSON object"],
    [{ format: "1" }, "format is not 1"],
    [{ root_id: "r2" }, "it is of root r2, not of r1"],
    [{ device_id: "desk" }, "it is of device desk"],
    [{ device_id: 1 }, "device_id is no text"],
    [{ manifest: "manifests/x" }, "manifest names no manifest"],
    [{ seq: 8 }, "manifest names another one than device_id and seq"],
    [{ seq: -1 }, "seq is no whole number"],
    [{ time: "yesterday" }, "time is no time"],
    [{ instance: null }, "instance is no text"],
  ])("with %j is refused in one line: it %s", (change, problem) => {
    const text = typeof change === "string" ? change : JSON.stringify({ format: 1, ...head, ...change });
    expect(() => parseHead(key, text, "r1")).toThrow(
      new FormatError("damaged", `${key} cannot be read: ${problem}; run aura-msg sync on that device, which writes it again`),
    );
  });

  it("of a newer format asks for a newer Aura", () => {
    expect(() => parseHead(key, JSON.stringify({ format: 2 }), "r1")).toThrow(
      new FormatError("newer", `${key} is of format 2, this version of Aura reads format 1; update Aura on this device`),
    );
  });
});
