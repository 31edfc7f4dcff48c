import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/adapters/s3/memory.js";
import { MemoryBucket } from "../../src/adapters/s3/memory-bucket.js";
import { textOf } from "./bodies.js";
import { conforms } from "./conformance.js";

describe("the store in memory", () => {
  const bucket = new MemoryBucket();
  conforms({
    name: "memory",
    listsUploads: true,
    store: (prefix) => createMemoryStore({ bucket, prefix: `roots/${prefix}/`, maxTransfers: 2 }),
    open: async () => {},
    close: async () => {},
  });
});

describe("a bucket in memory", () => {
  it("writes without conditions where it is to know none", async () => {
    const store = createMemoryStore({ bucket: new MemoryBucket({ conditional: false }) });
    await store.put("head", textOf("one"), { ifAbsent: true });
    await store.put("head", textOf("two"), { ifAbsent: true });
    await store.put("head", textOf("three"), { ifMatch: "another" });
    expect(Buffer.from(await store.get("head")).toString()).toBe("three");
  });

  it("is one for all of its stores, each of which counts its own requests", async () => {
    const bucket = new MemoryBucket({ now: () => 5 });
    const [one, other] = [createMemoryStore({ bucket }), createMemoryStore({ bucket, pageSize: 1 })];
    await one.put("a", textOf("a"));
    await one.put("b", textOf("b"));
    const found = [];
    for await (const { key, modifiedMs } of other.list("")) found.push([key, modifiedMs]);
    expect(found).toEqual([
      ["a", 5],
      ["b", 5],
    ]);
    expect([one.requests(), other.requests()]).toEqual([{ PutObject: 2 }, { ListObjectsV2: 2 }]);
  });

  it("keeps its own copy of what it was given, and gives copies away", async () => {
    const store = createMemoryStore();
    const body = textOf("one");
    await store.put("a", body);
    body[0] = 0;
    (await store.get("a"))[1] = 0;
    expect(Buffer.from(await store.get("a")).toString()).toBe("one");
  });

  it("refuses everything once it is deleted", async () => {
    const store = createMemoryStore();
    await store.put("a", textOf("a"));
    store.bucket.deleted = true;
    await expect(store.get("a")).rejects.toMatchObject({ kind: "no_bucket" });
    await expect(store.delete(["a"])).rejects.toMatchObject({ kind: "no_bucket" });
  });
});
