import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HeadPoll, type HeadReader } from "../../src/monitors/head-poll.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import type { Heads } from "../../src/sync/head-poll.js";
import type { Wake } from "../../src/sync/schedule.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pace = { baseMs: 1000, maxMs: 8000 };
const heads: Wake = { trigger: "head-poll", folders: [] };

/** A bucket with the heads of devices. */
class Bucket {
  heads: Heads = { b: "1" };
  lists = 0;
  down = false;

  list = async (): Promise<Heads> => {
    this.lists += 1;
    if (this.down) throw new Error("connection refused");
    return { ...this.heads };
  };
}

class Reader implements HeadReader {
  readonly wakes: Wake[] = [];
  read: Heads = {};
  offline = false;

  constructor(readonly deviceId = "a") {}

  known(): Heads {
    return this.read;
  }

  isOffline(): boolean {
    return this.offline;
  }

  wake(wake: Wake): void {
    this.wakes.push(wake);
  }
}

/** A root whose first tick is over. */
function root(poll: HeadPoll, bucket: Bucket, reader: Reader, key = "bucket/work") {
  const polled = poll.subscribe(key, bucket.list, reader);
  polled.tickEnded();
  return polled;
}

describe("the head poll of a root", () => {
  it("calls for a tick when another device's head moves, once, and not when its own does", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, silentLog)];
    root(poll, bucket, reader);
    await vi.advanceTimersByTimeAsync(0);
    expect([bucket.lists, reader.wakes]).toEqual([1, []]);
    bucket.heads = { b: "1", a: "7" };
    await vi.advanceTimersByTimeAsync(1000);
    expect(reader.wakes).toEqual([]);
    bucket.heads = { b: "2", a: "7" };
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reader.wakes).toEqual([heads]);
    poll.close();
  });

  it("looks ever more seldom where nothing happens, and often again after a change", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, silentLog)];
    root(poll, bucket, reader);
    const at: number[] = [];
    for (let second = 0; second <= 32; second++) {
      const before = bucket.lists;
      await vi.advanceTimersByTimeAsync(second === 0 ? 0 : 1000);
      if (bucket.lists > before) at.push(second);
      if (second === 20) bucket.heads = { b: "2" };
    }
    // At once; then after 1, 2, 4 and 8 s, and with the change found at 23, after 1, 2, 4 s again.
    expect(at).toEqual([0, 1, 3, 7, 15, 23, 24, 26, 30]);
    expect(reader.wakes).toEqual([heads]);
    poll.close();
  });

  it("says once that the bucket cannot be listed, changes nothing by it, and goes on at the pace that it had", async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (fields, message) => void warnings.push(`${message}: ${String(fields["error"])}`) };
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, log)];
    root(poll, bucket, reader);
    await vi.advanceTimersByTimeAsync(1000); // polled at 0 and 1 s; the next at 3 s
    bucket.down = true;
    await vi.advanceTimersByTimeAsync(2000);
    const before = bucket.lists;
    await vi.advanceTimersByTimeAsync(8000);
    expect(bucket.lists - before).toBe(4);
    expect(warnings).toEqual(["the heads cannot be listed; trying again: connection refused"]);
    bucket.down = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(reader.wakes).toEqual([]);
    bucket.heads = { b: "2" };
    await vi.advanceTimersByTimeAsync(4000);
    expect(reader.wakes).toEqual([heads]);
    poll.close();
  });

  it("calls for a whole tick when the bucket answers again that did not answer the last one", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, silentLog)];
    const polled = root(poll, bucket, reader);
    bucket.down = true;
    reader.offline = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(reader.wakes).toEqual([]);
    bucket.down = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(reader.wakes).toEqual([{ trigger: "head-poll" }]);
    polled.tickBegan();
    reader.offline = false;
    polled.tickEnded();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(reader.wakes).toHaveLength(1);
    poll.close();
  });

  it("is silent about what the tick at the start reads anyway, and tells what it did not", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, silentLog)];
    reader.read = { b: "0" }; // of the last run of aurad
    const polled = poll.subscribe("k", bucket.list, reader);
    await vi.advanceTimersByTimeAsync(0);
    polled.tickBegan();
    reader.read = { b: "1" };
    polled.tickEnded();
    await vi.advanceTimersByTimeAsync(0);
    expect(reader.wakes).toEqual([]);

    bucket.heads = { b: "2", c: "1" };
    polled.tickBegan();
    await vi.advanceTimersByTimeAsync(1000);
    expect(reader.wakes).toEqual([]);
    reader.read = { b: "2" };
    polled.tickEnded();
    await vi.advanceTimersByTimeAsync(0);
    expect(reader.wakes).toEqual([heads]);
    poll.close();
  });

  it("calls no tick again and again that fails to read what is news", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll(pace, silentLog)];
    const polled = root(poll, bucket, reader);
    await vi.advanceTimersByTimeAsync(0);
    bucket.heads = { b: "2" };
    await vi.advanceTimersByTimeAsync(1000);
    for (let n = 0; n < 5; n++) {
      polled.tickBegan();
      polled.tickEnded();
      await vi.advanceTimersByTimeAsync(8000);
    }
    expect(reader.wakes).toEqual([heads]);
    poll.close();
  });
});

describe("the roots of one bucket and prefix", () => {
  it("share one LIST, each with what is news to it", async () => {
    const [bucket, poll] = [new Bucket(), new HeadPoll(pace, silentLog)];
    const [first, second, other] = [new Reader("a"), new Reader("b"), new Reader("c")];
    bucket.heads = { a: "1", b: "1" };
    root(poll, bucket, first);
    root(poll, bucket, second);
    const elsewhere = new Bucket();
    root(poll, elsewhere, other, "bucket/other");
    await vi.advanceTimersByTimeAsync(0);
    expect([bucket.lists, elsewhere.lists]).toEqual([1, 1]);
    bucket.heads = { a: "2", b: "1" };
    await vi.advanceTimersByTimeAsync(1000);
    expect([bucket.lists, first.wakes, second.wakes, other.wakes]).toEqual([2, [], [heads], []]);
    poll.close();
  });

  it("are polled as long as one of them is there", async () => {
    const [bucket, poll] = [new Bucket(), new HeadPoll(pace, silentLog)];
    const [first, second] = [root(poll, bucket, new Reader("a")), root(poll, bucket, new Reader("b"))];
    await vi.advanceTimersByTimeAsync(0);
    first.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(bucket.lists).toBe(2);
    second.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bucket.lists).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("take another pace at once", async () => {
    const [bucket, reader, poll] = [new Bucket(), new Reader(), new HeadPoll({ baseMs: 60_000, maxMs: 120_000 }, silentLog)];
    root(poll, bucket, reader);
    await vi.advanceTimersByTimeAsync(0);
    poll.setPace(pace);
    await vi.advanceTimersByTimeAsync(1000);
    expect(bucket.lists).toBe(2);
    await vi.advanceTimersByTimeAsync(2000);
    expect(bucket.lists).toBe(3);
    poll.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
