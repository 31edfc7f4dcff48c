import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createS3Store } from "../../src/adapters/s3/store.js";
import { Bandwidth, createThrottle, type Throttle, Transfers } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import type { ObjectStore } from "../../src/sync/ports.js";
import type { Remote } from "../../src/sync/root.js";
import { missing } from "../support/components.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";
import { bytesOf, equal, joined, MIB, rejects, sourceOf } from "./bodies.js";

describe("a bandwidth limit", () => {
  it("lets nobody wait when there is none", () => {
    for (const rate of [null, 0]) {
      const bandwidth = new Bandwidth(rate);
      expect(bandwidth.limited).toBe(false);
      expect(bandwidth.piece).toBe(Infinity);
      expect(bandwidth.take(1e12)).toBeUndefined();
    }
  });

  it("lets a little through at once after a pause, and then as much as it says", async () => {
    let now = 0;
    const bandwidth = new Bandwidth(100_000, () => now);
    expect(bandwidth.take(20_000)).toBeUndefined();
    const next = bandwidth.take(1000);
    expect(next).toBeInstanceOf(Promise);
    await next;
    now = 1000;
    expect(bandwidth.take(20_000)).toBeUndefined();
    await bandwidth.take(1000);
  });

  it("serves all in the order in which they come, and lets go of who does not want to wait", async () => {
    const bandwidth = new Bandwidth(100_000);
    const order: number[] = [];
    const abort = new AbortController();
    const takers = [0, 1, 2, 3].map(async (i) => {
      await bandwidth.take(10_000, i === 2 ? abort.signal : undefined);
      order.push(i);
    });
    takers[2]!.catch(() => {});
    abort.abort();
    await rejects("aborted", takers[2]!);
    await Promise.all([takers[0], takers[1], takers[3]]);
    expect(order).toEqual([0, 1, 3]);
  });

  it("takes pieces that last a twentieth of a second", () => {
    expect(new Bandwidth(1_000_000).piece).toBe(50_000);
    expect(new Bandwidth(10).piece).toBe(1024);
    expect(new Bandwidth(1e9).piece).toBe(256 * 1024);
  });
});

describe("the number of transfers", () => {
  it("is never more than allowed, and each has its turn", async () => {
    const transfers = new Transfers(3);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        transfers.run(undefined, async () => {
          most = Math.max(most, ++running);
          order.push(i);
          await new Promise(setImmediate);
          running--;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it("gives a place back once, also of one that failed or did not want to wait", async () => {
    const transfers = new Transfers(1);
    await expect(transfers.run(undefined, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    const end = await transfers.begin();
    const abort = new AbortController();
    const waiting = transfers.begin(abort.signal);
    const next = transfers.begin();
    abort.abort();
    await rejects("aborted", waiting);
    end();
    end();
    const endNext = await next;
    const third = transfers.begin(AbortSignal.abort());
    await rejects("aborted", third);
    endNext();
    (await transfers.begin())();
  });
});

describe.skipIf(missing("versitygw"))("limits of a store", () => {
  let server: S3Server;
  let remote: Remote;
  beforeAll(async () => {
    server = await startS3Server("versitygw");
    remote = await server.bucket();
  });
  afterAll(() => server.end());
  const storeWith = (throttle: Throttle, rootId = "notes", idleMs = 30_000): ObjectStore =>
    createS3Store({ remote, rootId, credentials: { env: server.env }, throttle, log: silentLog, timing: { idleMs } });
  const secondsOf = async (act: () => Promise<unknown>): Promise<number> => {
    const from = performance.now();
    await act();
    return (performance.now() - from) / 1000;
  };

  it("hold what is sent and what is fetched to a rate, over all roots together", async () => {
    const limited = createThrottle({ uploadLimit: 4 * MIB, downloadLimit: 8 * MIB, maxTransfers: 8 });
    const one = storeWith(limited, "one");
    const two = storeWith(limited, "two");
    const bodies = [0, 1, 2, 3].map((i) => bytesOf(MIB, i));
    const up = await secondsOf(() => Promise.all(bodies.map((body, i) => [one, two][i % 2]!.put(`packs/${i}`, body))));
    const down = await secondsOf(async () => {
      const found = await Promise.all(bodies.map((_, i) => joined([one, two][i % 2]!.read(`packs/${i}`, { offset: 0, length: MIB }))));
      expect(found.every((body, i) => equal(body, bodies[i]!))).toBe(true);
    });
    expect(up).toBeGreaterThan(0.7);
    expect(down).toBeGreaterThan(0.25);
    one.close();
    two.close();
  });

  it("are no reason to think that the server does not answer", async () => {
    const slow = storeWith(createThrottle({ uploadLimit: 200_000, downloadLimit: 200_000, maxTransfers: 8 }), "slow", 150);
    const body = bytesOf(200_000, 1);
    // Each waits longer for its turn than the server may keep silent.
    await Promise.all([0, 1, 2].map((i) => slow.put(`heads/${i}`, body)));
    const found = await Promise.all([0, 1, 2].map((i) => slow.get(`heads/${i}`)));
    expect(found.every((one) => equal(one, body))).toBe(true);
    expect(slow.requests()).toEqual({ PutObject: 3, GetObject: 3 });
    slow.close();
  });

  it("let only so many parts be in memory at once", async () => {
    const store = storeWith(createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 2 }));
    let running = 0;
    let most = 0;
    const body = bytesOf(40 * MIB, 1);
    const counting = {
      ...sourceOf(body),
      async read({ offset, length }: { readonly offset: number; readonly length: number }) {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        return body.subarray(offset, offset + length);
      },
    };
    const put = (key: string): Promise<unknown> =>
      store.putParts(key, counting, { onProgress: ({ parts }) => void (running -= Object.keys(parts).length > 0 ? 1 : 0) });
    await Promise.all([put("blobs/one"), put("blobs/two")]);
    expect(most).toBeLessThanOrEqual(2);
    store.close();
  });
});
