import { describe, expect, it } from "vitest";
import { cutAfter, type Fault, type FaultRequest, scriptedFaults, seededFaults } from "../../src/adapters/s3/faults.js";
import { createFaultyStore, StoreCrash } from "../../src/adapters/s3/faulty.js";
import { createMemoryStore } from "../../src/adapters/s3/memory.js";
import { MemoryBucket } from "../../src/adapters/s3/memory-bucket.js";
import { StoreError, type UploadState } from "../../src/sync/ports.js";
import { Random } from "../support/random.js";
import { all, bytesOf, joined, rejects, sourceOf, textOf } from "./bodies.js";

const PARTS = { minPartSize: 10, maxTransfers: 1 };

describe("a store whose requests fail by plan", () => {
  it.each([
    ["offline", "offline", false],
    ["server_error", "offline", false],
    ["hang", "offline", false],
    ["denied", "denied", false],
    ["no_bucket", "no_bucket", false],
    ["lost", "offline", true],
    ["truncated", "offline", true],
    ["wrong_etag", "corrupt", true],
  ] as const)("answers a put with %s as %s, and has done it: %s", async (fault, kind, done) => {
    const bucket = new MemoryBucket();
    const store = createFaultyStore(createMemoryStore({ bucket }), { plan: scriptedFaults({ 0: fault }), hangMs: 1 });
    await rejects(kind, store.put("head", textOf("one")));
    expect(bucket.objects.has("head")).toBe(done);
    expect(store.injected).toEqual([{ request: { index: 0, operation: "put", key: "head" }, fault }]);
    await store.put("head", textOf("two"));
    expect(Buffer.from(await store.get("head")).toString()).toBe("two");
  });

  it("gives half a body", async () => {
    const inner = createMemoryStore();
    await inner.put("one", bytesOf(100_000, 1));
    const store = createFaultyStore(inner, { plan: scriptedFaults({ 0: "truncated", 1: "truncated" }) });
    await rejects("corrupt", store.get("one"));
    let came = 0;
    const read = async (): Promise<void> => {
      for await (const piece of store.read("one", { offset: 0, length: 100_000 })) came += piece.length;
    };
    await rejects("corrupt", read());
    expect(came).toBeGreaterThan(0);
    expect(came).toBeLessThan(100_000);
  });

  it("hangs until it is told to end", async () => {
    const store = createFaultyStore(createMemoryStore(), { plan: () => "hang", hangMs: Infinity });
    const abort = new AbortController();
    const asked = rejects("aborted", all(store.list("", { signal: abort.signal })));
    await new Promise(setImmediate);
    abort.abort();
    await asked;
  });

  it("is cut off after so many requests", async () => {
    const store = createFaultyStore(createMemoryStore(), { plan: cutAfter(2) });
    await store.put("one", textOf("one"));
    expect(await all(store.list(""))).toHaveLength(1);
    await rejects("offline", store.get("one"));
    await rejects("offline", store.delete(["one"]));
    await rejects("offline", all(store.listUploads("")));
    await rejects("offline", store.abortUpload("one", "upload-1"));
    await rejects("offline", store.putParts("one", sourceOf(bytesOf(10, 1)), {}));
  });

  it("fails at the same requests for the same seed", async () => {
    const runOf = async (seed: number): Promise<string[]> => {
      const random = new Random("faulty", seed);
      const faults: readonly Fault[] = ["offline", "lost", "truncated"];
      const store = createFaultyStore(createMemoryStore(), { plan: seededFaults(() => random.next(), 0.3, faults) });
      const told: string[] = [];
      for (let i = 0; i < 50; i++) await store.put(`key-${i}`, textOf("x")).catch((error: Error) => told.push(`${i} ${error.message}`));
      return told;
    };
    expect(await runOf(7)).toEqual(await runOf(7));
    expect((await runOf(7)).length).toBeGreaterThan(5);
    expect(await runOf(8)).not.toEqual(await runOf(7));
  });

  it("sees each request of an upload, and what of it is lost is there", async () => {
    const operations = ["create", "part", "part", "part", "complete"] as const;
    for (const [index, operation] of operations.entries()) {
      const bucket = new MemoryBucket();
      const store = createFaultyStore(createMemoryStore({ bucket, ...PARTS }), { plan: scriptedFaults({ [index]: "lost" }) });
      let state: UploadState | undefined;
      const source = sourceOf(bytesOf(25, 1));
      const put = store.putParts("blob", source, { onProgress: (now) => void (state = now) });
      await rejects("offline", put);
      expect(store.injected[0]!.request).toEqual({ index, operation, key: "blob" });
      expect(bucket.objects.has("blob")).toBe(operation === "complete");
      expect(state === undefined).toBe(operation === "create");
      const { etag } = await store.putParts("blob", source, state === undefined ? {} : { resume: state });
      expect(bucket.objects.get("blob")!.etag).toBe(etag);
      expect(await joined(store.read("blob", { offset: 0, length: 25 }))).toEqual(Buffer.from(bytesOf(25, 1)));
    }
  });

  it("keeps an upload that the network was cut in, whichever request it was", async () => {
    for (let count = 1; count <= 4; count++) {
      const bucket = new MemoryBucket();
      const store = createFaultyStore(createMemoryStore({ bucket, ...PARTS }), { plan: cutAfter(count) });
      let state: UploadState | undefined;
      await rejects("offline", store.putParts("blob", sourceOf(bytesOf(25, 1)), { onProgress: (now) => void (state = now) }));
      expect(bucket.uploads.size).toBe(1);
      expect(Object.keys(state!.parts)).toHaveLength(count - 1);
      const source = sourceOf(bytesOf(25, 1));
      await createMemoryStore({ bucket, ...PARTS }).putParts("blob", source, { resume: state! });
      expect(source.asked).toBe(3 - (count - 1));
    }
  });

  it("is dead after a crash, and has done what was done by then", async () => {
    for (const moment of ["before", "after"] as const) {
      for (let at = 0; at < 9; at++) {
        const bucket = new MemoryBucket();
        const sent: FaultRequest[] = [];
        const store = createFaultyStore(createMemoryStore({ bucket, ...PARTS }), {
          onRequest(request, now) {
            if (now === "before") sent.push(request);
            if (now === moment && request.index === at) throw new Error("killed");
          },
        });
        const work = async (): Promise<void> => {
          await store.put("one", textOf("one"));
          await all(store.list(""));
          await store.get("one");
          await store.putParts("blob", sourceOf(bytesOf(25, 1)), {});
          await store.delete(["one"]);
        };
        const error = await rejects("aborted", work());
        expect(error).toBeInstanceOf(StoreCrash);
        expect(error.cause).toMatchObject({ message: "killed" });
        expect(sent).toHaveLength(at + 1);
        expect(bucket.objects.has("one")).toBe(at > 0 || moment === "after" ? at < 8 || moment === "before" : false);
        expect(bucket.objects.has("blob")).toBe(at > 7 || (at === 7 && moment === "after"));
        await rejects("aborted", store.get("one"));
        expect(sent).toHaveLength(at + 1);
      }
    }
  });

  it("lets what is under way in a killed device come to its end, and tells nobody", async () => {
    const bucket = new MemoryBucket();
    let kill = false;
    const store = createFaultyStore(createMemoryStore({ bucket }), {
      onRequest(_request, moment) {
        if (kill && moment === "after") throw new Error("killed");
      },
    });
    const puts = [store.put("one", textOf("one")), store.put("two", textOf("two"))];
    kill = true;
    for (const put of puts) expect(await put.catch((error: unknown) => error)).toBeInstanceOf(StoreError);
    expect([...bucket.objects.keys()]).toEqual(["one", "two"]);
  });
});
