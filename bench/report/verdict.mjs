/** An aim, what was measured, and whether it was met. An aim that is missed never fails the run. */
import { figure } from "./table.mjs";

/**
 * @typedef {{aim: string, measured: string, verdict: string, met: boolean | null}} Verdict  met: null when not measured
 */

/** The measured value must not exceed the limit; both in `unit`. @returns {Verdict} */
export function atMost(aim, measured, limit, unit) {
  if (measured == null || limit == null) return unmeasured(aim);
  const met = measured <= limit;
  const over = `${figure(measured - limit)} ${unit} (${figure(measured / limit)}× the aim)`;
  return {
    aim,
    measured: `${figure(measured)} ${unit}; limit ${figure(limit)} ${unit}`,
    verdict: met ? "met" : `MISSED by ${over}`,
    met,
  };
}

/** @returns {Verdict} */
export function unmeasured(aim, why = "not measured in this run") {
  return { aim, measured: "–", verdict: why, met: null };
}

/** A figure that is stated, with no limit. @returns {Verdict} */
export function stated(aim, measured) {
  return { aim, measured, verdict: "stated", met: null };
}
