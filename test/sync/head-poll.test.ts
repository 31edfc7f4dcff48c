import { describe, expect, it } from "vitest";
import { type Heads, initialPoll, nextPoll, type Poll, unread } from "../../src/sync/head-poll.js";

const pace = { baseMs: 10_000, maxMs: 120_000 };

function poll(found: readonly Heads[], known: Heads = {}): { delays: number[]; news: string[][] } {
  let state: Poll = initialPoll(pace);
  const delays: number[] = [];
  const news: string[][] = [];
  for (const heads of found) {
    const step = nextPoll(state, heads, known, pace);
    state = step.poll;
    delays.push(state.delayMs / 1000);
    news.push([...step.news]);
  }
  return { delays, news };
}

describe("the head poll", () => {
  it("begins at the base, doubles with each poll without a change and stays at the longest pause", () => {
    expect(initialPoll(pace).delayMs).toBe(10_000);
    expect(poll(Array.from({ length: 7 }, () => ({ b: "1" }))).delays).toEqual([10, 20, 40, 80, 120, 120, 120]);
  });

  it("is silent the first time, when nothing is known", () => {
    expect(poll([{ b: "1", c: "1" }]).news).toEqual([[]]);
  });

  it("snaps back to the base with any change: a new head, another one, one that is gone", () => {
    const { delays, news } = poll([{ b: "1" }, { b: "1" }, { b: "1" }, { b: "2" }, { b: "2" }, { b: "2", c: "1" }, { c: "1" }, { c: "1" }]);
    expect(delays).toEqual([10, 20, 40, 10, 20, 10, 10, 20]);
    expect(news).toEqual([[], [], [], ["b"], [], ["c"], ["b"], []]);
  });

  it("tells of each change once, whatever becomes of the tick", () => {
    expect(poll([{ b: "1" }, { b: "2" }, { b: "2" }, { b: "2" }]).news).toEqual([[], ["b"], [], []]);
  });

  it("takes what ticks have read for known, after a restart too", () => {
    expect(poll([{ b: "7" }, { b: "7" }], { b: "7" }).news).toEqual([[], []]);
    expect(poll([{ b: "8", c: "1" }], { b: "7" }).news).toEqual([["b", "c"]]);
    // Merged by a tick that something else caused: the pause is short again all the same.
    let { poll: state } = nextPoll(initialPoll(pace), { b: "1" }, { b: "1" }, pace);
    ({ poll: state } = nextPoll(state, { b: "1" }, { b: "1" }, pace));
    const step = nextPoll(state, { b: "2" }, { b: "2" }, pace);
    expect(step).toMatchObject({ news: [], poll: { delayMs: 10_000 } });
  });

  it("takes a head for no news that ticks have read and that is gone from the bucket since", () => {
    expect(poll([{}, {}], { b: "1" }).news).toEqual([[], []]);
    expect(unread({}, { b: "1" })).toEqual([]);
    expect(unread({ b: "2", c: "1" }, { b: "1" })).toEqual(["b", "c"]);
  });

  it("bears devices that are called like parts of objects", () => {
    expect(poll([{}, { constructor: "1" } as Heads, { constructor: "1" } as Heads]).news).toEqual([[], ["constructor"], []]);
    expect(unread({ toString: "1" } as unknown as Heads, {})).toEqual(["toString"]);
  });

  it("keeps within a pace that was changed meanwhile", () => {
    const slow = { seen: { b: "1" }, delayMs: 80_000 };
    expect(nextPoll(slow, { b: "1" }, {}, { baseMs: 1000, maxMs: 4000 }).poll.delayMs).toBe(4000);
    expect(nextPoll({ seen: {}, delayMs: 1000 }, {}, {}, { baseMs: 5000, maxMs: 5000 }).poll.delayMs).toBe(5000);
  });
});
