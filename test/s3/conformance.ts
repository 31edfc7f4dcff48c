import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ObjectStore } from "../../src/sync/ports.js";
import { all, bytesOf, equal, inParallel, joined, MIB, rejects, sourceOf, textOf } from "./bodies.js";
import { fileConforms } from "./conformance-file.js";
import { partsConform } from "./conformance-parts.js";

/** A place to make stores in: those of one prefix see the same objects. */
export interface Backend {
  readonly name: string;
  /** `listsUploads` false: only when the prefix is a whole key. */
  readonly listsUploads: boolean;
  store(prefix: string): ObjectStore;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a store of its own root, or another store of the root of `same`. */
export type Fresh = (same?: ObjectStore) => ObjectStore;

/** What every ObjectStore does. */
export function conforms(backend: Backend): void {
  const prefixes = new Map<ObjectStore, string>();
  const fresh: Fresh = (same) => {
    const prefix = (same && prefixes.get(same)) ?? `root-${prefixes.size}`;
    const store = backend.store(prefix);
    prefixes.set(store, prefix);
    return store;
  };

  beforeAll(() => backend.open());
  afterAll(async () => {
    for (const store of prefixes.keys()) store.close();
    await backend.close();
  });

  it("gives back what was put, whole and in ranges", async () => {
    const store = fresh();
    const body = bytesOf(300_000, 1);
    const { etag } = await store.put("packs/ab/one", body);
    expect(etag).toMatch(/^[0-9a-f]{32}$/);
    expect(equal(await store.get("packs/ab/one"), body)).toBe(true);
    for (const [offset, length] of [
      [0, 1],
      [0, 300_000],
      [299_999, 1],
      [65_530, 70_000],
      [7, 0],
    ] as const) {
      expect(equal(await store.get("packs/ab/one", { offset, length }), body.subarray(offset, offset + length))).toBe(true);
      expect(equal(await joined(store.read("packs/ab/one", { offset, length })), body.subarray(offset, offset + length))).toBe(true);
    }
  });

  it("keeps an empty object", async () => {
    const store = fresh();
    await store.put("devices/a/head.json", new Uint8Array());
    expect(await store.get("devices/a/head.json")).toHaveLength(0);
    expect((await all(store.list("")))[0]).toMatchObject({ key: "devices/a/head.json", size: 0 });
  });

  it("replaces an object, and tells another ETag", async () => {
    const store = fresh();
    const one = await store.put("head", textOf("one"));
    const two = await store.put("head", textOf("two"));
    expect(two.etag).not.toBe(one.etag);
    expect(Buffer.from(await store.get("head")).toString()).toBe("two");
    expect((await all(store.list("head")))[0]?.etag).toBe(two.etag);
  });

  it("tells what is not there, or is shorter than was asked for", async () => {
    const store = fresh();
    await store.put("short", textOf("short"));
    await rejects("not_found", store.get("absent"));
    await rejects("not_found", joined(store.read("absent", { offset: 0, length: 1 })));
    await rejects("corrupt", store.get("short", { offset: 0, length: 6 }));
    await rejects("corrupt", store.get("short", { offset: 9, length: 1 }));
    await rejects("corrupt", joined(store.read("short", { offset: 2, length: 4 })));
  });

  it("puts only where nothing is, and only over what is expected", async () => {
    const store = fresh();
    const { etag } = await store.put("head", textOf("one"), { ifAbsent: true });
    await rejects("precondition", store.put("head", textOf("two"), { ifAbsent: true }));
    await rejects("precondition", store.put("head", textOf("two"), { ifMatch: "0".repeat(32) }));
    await rejects("precondition", store.put("absent", textOf("two"), { ifMatch: etag }));
    expect(Buffer.from(await store.get("head")).toString()).toBe("one");
    const second = await store.put("head", textOf("two"), { ifMatch: etag });
    await rejects("precondition", store.put("head", textOf("three"), { ifMatch: etag }));
    expect((await store.put("head", textOf("three"), { ifMatch: second.etag })).etag).not.toBe(second.etag);
  });

  it("lets one of many writers win", async () => {
    const store = fresh();
    const tries = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) => store.put("head", textOf(`writer ${i}`), { ifAbsent: true })),
    );
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of tries) if (one.status === "rejected") expect(one.reason).toMatchObject({ name: "StoreError", kind: "precondition" });
  });

  it("refuses a large body over an object that is there", async () => {
    const store = fresh();
    const body = bytesOf(9_000_000, 3);
    const { etag } = await store.put("packs/aa/one", textOf("one"));
    for (let i = 0; i < 5; i++) {
      await rejects("precondition", store.put("packs/aa/one", body, { ifAbsent: true }));
      await rejects("precondition", store.put("packs/aa/one", body, { ifMatch: "0".repeat(32) }));
    }
    expect(await store.get("packs/aa/one")).toHaveLength(3);
    // Some close the connection on it: then one more request tells why.
    expect(store.requests()["PutObject"]).toBe(11);
    expect(store.requests()["ListObjectsV2"] ?? 0).toBeLessThanOrEqual(10);
    await store.put("packs/aa/one", body, { ifMatch: etag });
    expect(await store.get("packs/aa/one")).toHaveLength(9_000_000);
  });

  it("lists in the order of keys, by prefix, after a key, over pages", async () => {
    const store = fresh();
    const keys = Array.from({ length: 1203 }, (_, i) => `blobs/${String((i * 7919) % 100_000).padStart(5, "0")}`);
    await inParallel(keys, (key) => store.put(key, textOf(key)));
    await store.put("devices/a/head.json", textOf("{}"));
    await store.put("devices/b/head.json", textOf("{}"));
    const sorted = keys.toSorted();
    const found = await all(store.list("blobs/"));
    expect(found.map(({ key }) => key)).toEqual(sorted);
    expect(found[0]).toMatchObject({ size: 11, etag: createHash("md5").update(sorted[0]!).digest("hex") });
    expect(Math.abs(found[0]!.modifiedMs - Date.now())).toBeLessThan(600_000);
    expect((await all(store.list("blobs/", { after: sorted[1100]! }))).map(({ key }) => key)).toEqual(sorted.slice(1101));
    expect((await all(store.list(""))).map(({ key }) => key)).toEqual([...sorted, "devices/a/head.json", "devices/b/head.json"]);
    expect(await all(store.list("nothing/"))).toEqual([]);
    for await (const { key } of store.list("blobs/")) {
      expect(key).toBe(sorted[0]);
      break;
    }

    await store.delete([...keys, "never/there"]);
    expect((await all(store.list(""))).map(({ key }) => key)).toEqual(["devices/a/head.json", "devices/b/head.json"]);
  });

  it("deletes none, one, and one that is not there", async () => {
    const store = fresh();
    await store.put("one", textOf("one"));
    await store.put("two", textOf("two"));
    await store.delete([]);
    await store.delete(["one"]);
    await store.delete(["one"]);
    expect((await all(store.list(""))).map(({ key }) => key)).toEqual(["two"]);
  });

  it("keeps roots apart", async () => {
    const [one, other] = [backend.store("apart"), backend.store("apart-too")];
    await one.put("head", textOf("one"));
    expect(await all(other.list(""))).toEqual([]);
    await rejects("not_found", other.get("head"));
    await other.delete(["head"]);
    expect(await one.get("head")).toHaveLength(3);
    one.close();
    other.close();
  });

  fileConforms(fresh);
  partsConform(fresh, backend);

  it("does nothing for a signal that is aborted", async () => {
    const store = fresh();
    await store.put("one", textOf("one"));
    const before = store.requests();
    const signal = AbortSignal.abort();
    await rejects("aborted", store.get("one", undefined, signal));
    await rejects("aborted", joined(store.read("one", { offset: 0, length: 3 }, signal)));
    await rejects("aborted", store.put("one", textOf("two"), { signal }));
    await rejects("aborted", all(store.list("", { signal })));
    await rejects("aborted", store.delete(["one"], signal));
    await rejects("aborted", all(store.listUploads("", signal)));
    await rejects("aborted", store.putParts("two", sourceOf(bytesOf(10, 1)), { signal }));
    expect(store.requests()).toEqual(before);
    expect(Buffer.from(await store.get("one")).toString()).toBe("one");
  });

  it("counts its requests by operation", async () => {
    const store = fresh();
    expect(store.requests()).toEqual({});
    await store.put("one", textOf("one"));
    await store.put("two", textOf("two"));
    await store.get("one");
    await joined(store.read("two", { offset: 0, length: 3 }));
    await all(store.list(""));
    await store.delete(["one", "two"]);
    await store.putParts("parts", sourceOf(bytesOf(9 * MIB, 2)), {});
    await all(store.listUploads("parts"));
    expect(store.requests()).toEqual({
      PutObject: 2,
      GetObject: 2,
      ListObjectsV2: 1,
      DeleteObjects: 1,
      CreateMultipartUpload: 1,
      UploadPart: 2,
      CompleteMultipartUpload: 1,
      ListMultipartUploads: 1,
    });
  });
}
