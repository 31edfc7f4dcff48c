import { expect, it } from "vitest";
import { type FileSource, SourceChanged, StoreError, type UploadState } from "../../src/sync/ports.js";
import { all, bytesOf, equal, MIB, rejects, sourceOf, textOf } from "./bodies.js";
import type { Backend, Fresh } from "./conformance.js";

/** What every ObjectStore does with files that are put in parts. */
export function partsConform(fresh: Fresh, backend: Backend): void {
  it("puts a file together from parts", async () => {
    const store = fresh();
    const body = bytesOf(20 * MIB + 123, 4);
    const states: UploadState[] = [];
    const { etag } = await store.putParts("blobs/ab/one", sourceOf(body), { onProgress: (state) => states.push(state) });
    expect(equal(await store.get("blobs/ab/one", { offset: 0, length: body.length }), body)).toBe(true);
    expect((await all(store.list("blobs/")))[0]).toMatchObject({ size: body.length, etag });
    expect(states[0]!.parts).toEqual({});
    expect(states.at(-1)!.partSize).toBeGreaterThanOrEqual(8 * MIB);
    expect(Object.keys(states.at(-1)!.parts)).toEqual(["1", "2", "3"]);
    expect(await all(store.listUploads("blobs/ab/one"))).toEqual([]);
  });

  it("goes on where an upload of 64 MB was cut off", async () => {
    const store = fresh();
    const body = bytesOf(64 * MIB, 5);
    const abort = new AbortController();
    let state: UploadState | undefined;
    const cut = store.putParts("blobs/cd/large", sourceOf(body), {
      signal: abort.signal,
      onProgress(now) {
        state = now;
        if (Object.keys(now.parts).length === 3) abort.abort();
      },
    });
    await rejects("aborted", cut);
    const sent = Object.keys(state!.parts).length;
    expect(sent).toBeGreaterThanOrEqual(3);
    await rejects("not_found", store.get("blobs/cd/large"));

    const again = fresh(store);
    const source = sourceOf(body);
    await again.putParts("blobs/cd/large", source, { resume: state! });
    expect(source.asked).toBe(8 - sent);
    expect(again.requests()["UploadPart"] ?? 0).toBe(8 - sent);
    expect(equal(await again.get("blobs/cd/large", { offset: 0, length: body.length }), body)).toBe(true);
  });

  it("begins anew when the server knows nothing of the upload, and sends a part again that it has otherwise", async () => {
    const store = fresh();
    const body = bytesOf(17 * MIB, 6);
    let state: UploadState | undefined;
    const stopped = store.putParts("blobs/ef/gone", sourceOf(body), {
      onProgress: (now) => void (state = now),
      beforeComplete: () => Promise.reject(new StoreError("offline", "cut off")),
    });
    await rejects("offline", stopped);
    const wrong: UploadState = { ...state!, parts: { ...state!.parts, 2: { etag: "0".repeat(32) } } };
    const source = sourceOf(body);
    await store.putParts("blobs/ef/gone", source, { resume: wrong });
    expect(source.asked).toBe(1);

    const anew = sourceOf(body);
    await store.putParts("blobs/ef/gone", anew, { resume: state! });
    expect(anew.asked).toBe(3);
    expect(equal(await store.get("blobs/ef/gone", { offset: 0, length: body.length }), body)).toBe(true);
  });

  it("ends an upload whose file was changed, or that is not wanted any more", async () => {
    const store = fresh();
    const body = bytesOf(17 * MIB, 7);
    const changing: FileSource = {
      size: body.length,
      async read({ offset, length }) {
        if (offset > 0) throw new SourceChanged("a/file");
        return body.subarray(offset, offset + length);
      },
    };
    await rejects("changed", store.putParts("blobs/aa/changed", changing, {}));
    const unwanted = store.putParts("blobs/aa/unwanted", sourceOf(body), {
      beforeComplete: () => Promise.reject(new Error("not wanted")),
    });
    await expect(unwanted).rejects.toThrow("not wanted");
    expect(await all(store.listUploads("blobs/aa/changed"))).toEqual([]);
    expect(await all(store.listUploads("blobs/aa/unwanted"))).toEqual([]);
    await rejects("not_found", store.get("blobs/aa/unwanted"));
  });

  it("puts parts together only where nothing is", async () => {
    const store = fresh();
    await store.put("blobs/aa/there", textOf("there"));
    await rejects("precondition", store.putParts("blobs/aa/there", sourceOf(bytesOf(9 * MIB, 8)), { ifAbsent: true }));
    expect(Buffer.from(await store.get("blobs/aa/there")).toString()).toBe("there");
    expect(await all(store.listUploads("blobs/aa/there"))).toEqual([]);
    await store.putParts("blobs/aa/new", sourceOf(bytesOf(9 * MIB, 8)), { ifAbsent: true });
  });

  it("lists uploads that were left, and ends them", async () => {
    const store = fresh();
    const ids: Record<string, string> = {};
    for (const key of ["blobs/aa/left", "blobs/bb/left", "other/left"]) {
      const left = store.putParts(key, sourceOf(bytesOf(MIB, 9)), {
        onProgress: ({ uploadId }) => void (ids[key] = uploadId),
        beforeComplete: () => Promise.reject(new StoreError("offline", "cut off")),
      });
      await rejects("offline", left);
    }
    if (backend.listsUploads) {
      const found = await all(store.listUploads("blobs/"));
      expect(found.map(({ key, uploadId }) => [key, uploadId])).toEqual(["blobs/aa/left", "blobs/bb/left"].map((key) => [key, ids[key]]));
      expect(Math.abs(found[0]!.initiatedMs - Date.now())).toBeLessThan(600_000);
    }
    expect(await all(store.listUploads("blobs/aa/left"))).toHaveLength(1);
    await store.abortUpload("blobs/aa/left", ids["blobs/aa/left"]!);
    await store.abortUpload("blobs/aa/left", ids["blobs/aa/left"]!);
    expect(await all(store.listUploads("blobs/aa/left"))).toEqual([]);
    expect(await all(store.listUploads("blobs/bb/left"))).toHaveLength(1);
  });
}
