import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { type FileSource, SourceChanged } from "../../src/sync/ports.js";
import { all, bytesOf, equal, MIB, rejects, sourceOf } from "./bodies.js";
import type { Fresh } from "./conformance.js";

/** What every ObjectStore does with a file that is read as it is sent. */
export function fileConforms(fresh: Fresh): void {
  it("puts a file in one request", async () => {
    const store = fresh();
    const body = bytesOf(20 * MIB + 123, 14);
    const sent: number[] = [];
    let ends = 0;
    const options = { sha256: sha256(body), onSent: (bytes: number) => void sent.push(bytes), beforeEnd: () => void ends++ };
    const { etag } = await store.putFile("blobs/ab/one", sourceOf(body), options);
    expect(store.requests()).toEqual({ PutObject: 1 });
    expect(equal(await store.get("blobs/ab/one"), body)).toBe(true);
    expect((await all(store.list("blobs/")))[0]).toMatchObject({ size: body.length, etag });
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    expect(sent.at(-1)).toBe(body.length);
    expect(ends).toBe(1);
  });

  it("leaves nothing of a file that changed while it was sent", async () => {
    const store = fresh();
    const body = bytesOf(5 * MIB, 15);
    const sha = sha256(body);
    const changing: FileSource = {
      size: body.length,
      async read({ offset, length }) {
        if (offset > 2 * MIB) throw new SourceChanged("a/file");
        return body.subarray(offset, offset + length);
      },
    };
    await rejects("changed", store.putFile("blobs/aa/changing", changing, { sha256: sha }));
    const beforeEnd = (): never => {
      throw new SourceChanged("a/file");
    };
    await rejects("changed", store.putFile("blobs/aa/changed", sourceOf(body), { sha256: sha, beforeEnd }));
    await rejects("corrupt", store.putFile("blobs/aa/other", sourceOf(body), { sha256: "0".repeat(64) }));
    expect(await all(store.list("blobs/aa"))).toEqual([]);
    await store.putFile("blobs/aa/changed", sourceOf(body), { sha256: sha });
    expect(equal(await store.get("blobs/aa/changed"), body)).toBe(true);
  });

  it("ends the sending of a file when it is aborted", async () => {
    const store = fresh();
    const body = bytesOf(5 * MIB, 16);
    const abort = new AbortController();
    const put = store.putFile("blobs/bb/one", sourceOf(body), {
      sha256: sha256(body),
      signal: abort.signal,
      onSent: () => abort.abort(),
    });
    await rejects("aborted", put);
    expect(await all(store.list("blobs/bb"))).toEqual([]);
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
