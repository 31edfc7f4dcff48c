import { describe, expect, it } from "vitest";
import type { UploadState } from "../../src/sync/ports.js";
import { missing } from "../support/components.js";
import { behindFront } from "./behind-front.js";
import { all, bytesOf, equal, MIB, rejects, sourceOf, textOf } from "./bodies.js";

describe.skipIf(missing("versitygw"))("the store when it does not know what a server has done", { timeout: 60_000 }, () => {
  const at = behindFront();

  it("tells of an ETag that is not that of what was sent", async () => {
    at.first(1, { do: "headers", headers: { etag: `"${"0".repeat(32)}"` } });
    await rejects("corrupt", at.store.put("head", textOf("one")));
    expect(at.store.requests()).toEqual({ PutObject: 1, HeadObject: 1 });
    at.front.plan(() => ({ do: "headers", headers: { etag: `"${"0".repeat(32)}"` } }));
    // A server whose ETags are something else, and the same each time.
    expect(await at.store.put("head", textOf("one"))).toEqual({ etag: "0".repeat(32) });
    await at.store.put("head", textOf("two"));
    expect(at.store.requests()).toEqual({ PutObject: 3, HeadObject: 2 });
  });

  it("tells of a part that the server has otherwise, and ends the upload", async () => {
    at.first(1, { do: "headers", headers: { etag: `"${"0".repeat(32)}"` } }, ({ url }) => url.includes("partNumber=2"));
    await rejects("corrupt", at.store.putParts("blobs/aa/one", sourceOf(bytesOf(17 * MIB, 1)), {}));
    expect(await all(at.store.listUploads("blobs/"))).toEqual([]);
  });

  it("writes without conditions where the server says that it has none", async () => {
    at.front.plan(({ headers }) =>
      (headers["if-none-match"] ?? headers["if-match"]) ? { do: "answer", status: 501, code: "NotImplemented" } : undefined,
    );
    const { etag } = await at.store.put("head", textOf("one"), { ifAbsent: true });
    await at.store.put("head", textOf("two"), { ifMatch: etag });
    await at.store.putParts("blobs/aa/one", sourceOf(bytesOf(10, 1)), { ifAbsent: true });
    expect(at.store.requests()).toEqual({ PutObject: 3, CreateMultipartUpload: 1, UploadPart: 1, CompleteMultipartUpload: 1 });
    const other = at.storeWith({});
    await other.putParts("blobs/aa/one", sourceOf(bytesOf(10, 1)), { ifAbsent: true });
    expect(other.requests()).toMatchObject({ CompleteMultipartUpload: 2 });
    other.close();
  });

  it("deletes one by one where the server cannot delete many", async () => {
    for (const key of ["a", "b", "c"]) await at.store.put(key, textOf(key));
    at.front.plan(({ method }) => (method === "POST" ? { do: "answer", status: 501, code: "NotImplemented" } : undefined));
    await at.store.delete(["a", "b"]);
    await at.store.delete(["c", "d"]);
    expect(await all(at.store.list(""))).toEqual([]);
    expect(at.store.requests()).toMatchObject({ DeleteObjects: 1, DeleteObject: 4 });
  });

  it("waits for another writer of the same object, and then tells that it was there first", async () => {
    at.first(2, { do: "answer", status: 409, code: "ConditionalRequestConflict" });
    await at.store.put("head", textOf("one"), { ifAbsent: true });
    expect(at.store.requests()).toEqual({ PutObject: 3 });
    at.front.plan(() => ({ do: "answer", status: 409, code: "ConditionalRequestConflict" }));
    await rejects("precondition", at.store.put("head", textOf("two"), { ifAbsent: true }));
  });

  it("knows its own head again when the answer to writing it was lost", async () => {
    at.first(1, { do: "lose" });
    const { etag } = await at.store.put("head", textOf("one"), { ifAbsent: true });
    at.first(1, { do: "lose" });
    const next = await at.store.put("head", textOf("two"), { ifMatch: etag });
    expect((await all(at.store.list("")))[0]?.etag).toBe(next.etag);
    at.first(1, { do: "reset" });
    await rejects("precondition", at.store.put("head", textOf("three"), { ifMatch: etag }));
  });

  it("knows its own pack again when the answer to writing it was lost", async () => {
    const body = bytesOf(2 * MIB, 1);
    at.first(1, { do: "lose" });
    const { etag } = await at.store.put("packs/aa/one", body, { ifAbsent: true });
    expect((await all(at.store.list("packs/")))[0]).toMatchObject({ etag, size: body.length });
  });

  it("knows its own upload again when the answer to completing it was lost", async () => {
    const body = bytesOf(17 * MIB, 1);
    at.first(1, { do: "lose" }, ({ method, url }) => method === "POST" && url.includes("uploadId="));
    const { etag } = await at.store.putParts("blobs/aa/one", sourceOf(body), { ifAbsent: true });
    expect(etag).toMatch(/-3$/);
    expect(await all(at.store.listUploads("blobs/"))).toEqual([]);
    at.first(1, { do: "lose" }, ({ method, url }) => method === "POST" && url.includes("uploadId="));
    await at.store.putParts("blobs/aa/one", sourceOf(body), {});
  });

  it("keeps an upload that was cut off, and goes on with it", async () => {
    const body = bytesOf(33 * MIB, 1);
    let state: UploadState | undefined;
    at.front.plan(({ url }) => (url.includes("partNumber=4") ? { do: "answer", status: 500, code: "InternalError" } : undefined));
    await rejects("offline", at.store.putParts("blobs/aa/one", sourceOf(body), { onProgress: (now) => void (state = now) }));
    expect(await all(at.store.listUploads("blobs/"))).toHaveLength(1);
    at.front.plan(() => undefined);
    const source = sourceOf(body);
    await at.store.putParts("blobs/aa/one", source, { resume: state! });
    expect(source.asked).toBe(5 - Object.keys(state!.parts).length);
    expect(equal(await at.store.get("blobs/aa/one", { offset: 0, length: body.length }), body)).toBe(true);
  });

  it("tells when somebody else has ended an upload meanwhile", async () => {
    let ended: Promise<void> | undefined;
    const error = await rejects(
      "failed",
      at.store.putParts("blobs/aa/one", sourceOf(bytesOf(MIB, 1)), {
        beforeComplete: () =>
          (ended ??= all(at.store.listUploads("blobs/")).then(([one]) => at.store.abortUpload(one!.key, one!.uploadId))),
      }),
    );
    expect(error.message).toContain("was ended by somebody else");
  });

  it("tells of a bucket that was deleted under way", async () => {
    await at.store.put("head", textOf("one"));
    await at.server.deleteBucket(at.remote.bucket);
    const requests = [
      () => at.store.put("head", textOf("two")),
      () => all(at.store.list("")),
      () => at.store.get("head"),
      () => at.store.delete(["a", "b"]),
    ];
    for (const request of requests) {
      const error = await rejects("no_bucket", request());
      expect(error.message).toBe(
        `there is no bucket ${at.remote.bucket} at ${at.front.endpoint}; create it, or correct bucket in .aura/root.toml`,
      );
    }
    await rejects("no_bucket", at.store.putParts("blobs/aa/one", sourceOf(bytesOf(10, 1)), {}));
  });
});
