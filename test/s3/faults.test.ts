import { describe, expect, it } from "vitest";
import { silentLog } from "../../src/shared/log.js";
import { missing } from "../support/components.js";
import type { FrontAction } from "../support/s3/front.js";
import { behindFront } from "./behind-front.js";
import { all, bytesOf, equal, joined, MIB, rejects, textOf } from "./bodies.js";

describe.skipIf(missing("versitygw"))("the store on a server that does not answer as it should", { timeout: 60_000 }, () => {
  const at = behindFront();

  const passing: readonly (readonly [string, FrontAction])[] = [
    ["500", { do: "answer", status: 500, code: "InternalError" }],
    ["503 SlowDown", { do: "answer", status: 503, code: "SlowDown" }],
    ["503 without a word", { do: "answer", status: 503 }],
    ["502 of a proxy", { do: "answer", status: 502, body: "<html>Bad gateway</html>" }],
    ["429", { do: "answer", status: 429, code: "TooManyRequests" }],
    ["a cut connection", { do: "reset" }],
    ["a lost answer", { do: "lose" }],
  ];

  it.each(passing)("tries again after %s, and counts it", async (_, action) => {
    at.first(2, action);
    const { etag } = await at.store.put("head", textOf("one"));
    expect(at.store.requests()).toEqual({ PutObject: 3 });
    at.first(2, action);
    expect(Buffer.from(await at.store.get("head")).toString()).toBe("one");
    at.first(2, action);
    expect((await all(at.store.list("")))[0]).toMatchObject({ key: "head", etag });
    at.first(2, action);
    expect(Buffer.from(await joined(at.store.read("head", { offset: 1, length: 2 }))).toString()).toBe("ne");
    at.first(2, action);
    await at.store.delete(["head"]);
    expect(at.store.requests()).toMatchObject({ PutObject: 3, GetObject: 6, ListObjectsV2: 3, DeleteObject: 3 });
    at.front.plan(() => undefined);
    await rejects("not_found", at.store.get("head"));
  });

  it.each(passing)("gives up on %s that does not pass, after some requests", async (_, action) => {
    at.front.plan(() => action);
    const error = await rejects("offline", at.store.put("head", textOf("one")));
    expect(error.message).toContain(at.front.endpoint);
    expect(at.front.seen.length).toBeGreaterThan(2);
    expect(at.front.seen.length).toBeLessThan(8);
  });

  it("does not storm a server that is down with the requests of many", async () => {
    at.front.plan(() => ({ do: "answer", status: 500, code: "InternalError" }));
    const many = Array.from({ length: 100 }, (_, i) => rejects("offline", at.store.get(`blobs/${i}`)));
    await Promise.all(many);
    expect(at.front.seen.length).toBeLessThan(200);
  });

  it("gives up on a server that hangs, and on one that hangs within a body", async () => {
    await at.store.put("head", bytesOf(100_000, 1));
    const impatient = at.storeWith({ timing: { idleMs: 300 } });
    at.front.plan(() => ({ do: "hang" }));
    const error = await rejects("offline", impatient.get("head"));
    expect(error.message).toMatch(/does not answer: no answer for 0\.3 s/);
    await rejects("offline", impatient.put("head", bytesOf(2 * MIB, 1)));
    await rejects("offline", all(impatient.list("")));
    for (const bytes of [0, 40]) {
      at.front.plan(() => ({ do: "truncate", bytes, after: "hang" }));
      await rejects("offline", impatient.get("head"));
      await rejects("offline", joined(impatient.read("head", { offset: 0, length: 100_000 })));
      await rejects("offline", all(impatient.list("")));
    }
    impatient.close();
  });

  it("gives up on a server that is stopped, and goes on with it afterwards", async () => {
    await at.store.put("head", textOf("one"));
    const impatient = at.storeWith({ timing: { idleMs: 300 } });
    await at.server.hang();
    try {
      await rejects("offline", impatient.get("head"));
    } finally {
      at.server.goOn();
    }
    expect(await at.store.get("head")).toHaveLength(3);
    impatient.close();
  });

  it("ends a hanging request at once when told", async () => {
    at.front.plan(() => ({ do: "hang" }));
    const abort = new AbortController();
    const asked = rejects("aborted", at.store.get("head", undefined, abort.signal));
    while (at.front.seen.length === 0) await new Promise(setImmediate);
    const from = performance.now();
    abort.abort();
    await asked;
    expect(performance.now() - from).toBeLessThan(1000);
    expect(at.front.seen).toHaveLength(1);
  });

  it("ends a long read within its body when told, and lets go of it when nobody reads on", async () => {
    const range = { offset: 0, length: 4 * MIB };
    await at.store.put("blobs/aa/one", bytesOf(4 * MIB, 1));
    at.front.plan(() => ({ do: "truncate", bytes: MIB, after: "hang" }));
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const piece of at.store.read("blobs/aa/one", range, abort.signal)) if (piece.length > 0) abort.abort();
    };
    await rejects("aborted", read());
    // More than may be under way at once.
    for (let i = 0; i < 10; i++) for await (const piece of at.store.read("blobs/aa/one", range)) if (piece.length > 0) break;
    at.front.plan(() => undefined);
    expect(await at.store.get("blobs/aa/one", range)).toHaveLength(4 * MIB);
  });

  it("ends a pause before another try at once when told", async () => {
    const abort = new AbortController();
    at.front.plan(() => ({ do: "answer", status: 503, code: "SlowDown" }));
    const patient = at.storeWith({ log: { ...silentLog, debug: () => abort.abort() }, timing: { firstMs: 60_000, maxMs: 60_000 } });
    await rejects("aborted", patient.get("head", undefined, abort.signal));
    expect(at.front.seen).toHaveLength(1);
    patient.close();
  });

  it("ends all requests of a root when told", async () => {
    const abort = new AbortController();
    const ending = at.storeWith({ signal: abort.signal });
    at.front.plan(() => ({ do: "hang" }));
    const asked = [rejects("aborted", ending.get("head")), rejects("aborted", all(ending.list("")))];
    while (at.front.seen.length < 2) await new Promise(setImmediate);
    abort.abort();
    await Promise.all(asked);
    await rejects("aborted", ending.put("head", textOf("one")));
    expect(at.front.seen).toHaveLength(2);
    ending.close();
  });

  it("asks again for a body that came short, and tells when it always does", async () => {
    const body = bytesOf(300_000, 1);
    await at.store.put("packs/aa/one", body);
    at.first(2, { do: "truncate", bytes: 100_000 });
    expect(equal(await at.store.get("packs/aa/one"), body)).toBe(true);
    at.front.plan(() => ({ do: "truncate", bytes: 100_000 }));
    const error = await rejects("corrupt", at.store.get("packs/aa/one"));
    expect(error.message).toMatch(/of 300000 bytes came/);
  });

  it("goes on with a long read where it was cut off", async () => {
    const body = bytesOf(2 * MIB, 1);
    await at.store.put("blobs/aa/one", body);
    at.front.plan(() => ({ do: "truncate", bytes: 700_000 }));
    const read = await joined(at.store.read("blobs/aa/one", { offset: 5, length: body.length - 5 }));
    expect(equal(read, body.subarray(5))).toBe(true);
    expect(at.front.seen.filter(({ method }) => method === "GET").map(({ headers }) => headers["range"])).toHaveLength(3);
    at.front.plan(() => ({ do: "truncate", bytes: 0 }));
    await rejects("corrupt", joined(at.store.read("blobs/aa/one", { offset: 0, length: body.length })));
  });

  it("asks again for an object that came damaged, and tells when it always does", async () => {
    const body = bytesOf(1000, 1);
    await at.store.put("manifests/one", body);
    const checksum = Buffer.from(crc32(body)).toString("base64");
    const headers = { "x-amz-checksum-crc32": checksum, "x-amz-checksum-type": "FULL_OBJECT" };
    at.front.plan(() => ({ do: "headers", headers }));
    expect(equal(await at.store.get("manifests/one"), body)).toBe(true);
    at.front.plan(() => ({ do: "headers", headers: { ...headers, "x-amz-checksum-crc32": "AAAAAA==" } }));
    await rejects("corrupt", at.store.get("manifests/one"));
  });
});

function crc32(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return sum;
}
