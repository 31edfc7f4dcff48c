/** Rows that the sync cases share. */
import { summary } from "../measure/statistics.mjs";
import { figure, range, ratio } from "../report/table.mjs";
import { atMost, unmeasured } from "../report/verdict.mjs";
import { requestText } from "./server.mjs";

/**
 * What was measured in one way.
 * @typedef {{label: string, kind: "aura" | "part" | "peer" | "bare", ms: number[], requests: Record<string, number> | null}} Subject
 *   part: contained in a figure of ours; `requests` of its last sample
 */

/** @returns {Subject} */
export function subject(label, kind) {
  return { label, kind, ms: [], requests: null };
}

/** One row a subject; ratios to ours. @param {Subject[]} subjects */
export function timeTable(title, subjects) {
  const ours = summary(subjects.find(({ kind }) => kind === "aura").ms);
  const rows = subjects.map(({ label, ms, requests }) => {
    const s = summary(ms);
    return [label, figure(s?.p50), range(s), figure(s?.mad), ratio(s?.p50, ours?.p50), requests === null ? "" : requestText(requests)];
  });
  return { head: [title, "p50 ms", "min–max", "MAD", "× ours", "requests"], rows };
}

/** The quickest of the peers, of those that `fits` takes; null without any. */
export function best(subjects, fits = () => true) {
  const peers = subjects.filter((one) => one.kind === "peer" && one.ms.length > 0 && fits(one));
  const p50 = ({ ms }) => summary(ms).p50;
  return peers.reduce((least, one) => (least === null || p50(one) < p50(least) ? one : least), null);
}

/** Ours at least `times` as quick as the quickest peer. */
export function aheadOf(aim, subjects, times = 1, fits = undefined) {
  const peer = best(subjects, fits);
  const ours = summary(subjects.find(({ kind }) => kind === "aura").ms);
  if (peer === null) return unmeasured(aim, "no peer is there to compare with");
  return atMost(`${aim} (the best: ${peer.label})`, ours?.p50, summary(peer.ms).p50 / times, "ms");
}

export function rawOf(subjects) {
  return subjects.map(({ label, ms, requests }) => ({ label, ms, requests }));
}
