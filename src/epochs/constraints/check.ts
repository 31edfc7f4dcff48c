import type { Violation } from "../state.js";
import type { Checked } from "./constraint.js";
import { CONSTRAINTS } from "./table.js";

/** What a step broke. A clean epoch breaks nothing. `malformed`: the message did not pass `problemOf`. */
export function violationsOf(step: Checked, malformed: boolean): readonly Pick<Violation, "constraint" | "message" | "blocking">[] {
  return CONSTRAINTS.filter((constraint) => !malformed || constraint.malformed === true).flatMap(({ id, check }) =>
    (check?.(step) ?? []).map((found) => ({ constraint: id, ...found })),
  );
}
