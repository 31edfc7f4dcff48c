import { EPOCH_ID, SLICE_ID } from "../../epochs/ids.js";
import type { SliceKey } from "../../epochs/slice.js";
import { AuraError } from "../../shared/errors.js";

/** What an attempt's files and its mark are called. `+` is in no id, so that two attempts never share a name. Stored in file names. */
export function attemptName({ epoch_id, slice_id, attempt }: SliceKey): string {
  checkKey({ epoch_id, slice_id, attempt });
  return `${epoch_id}+${slice_id}+${attempt}`;
}

export function parseAttemptName(name: string): SliceKey | null {
  const [epoch_id = "", slice_id = "", number = "", ...more] = name.split("+");
  const key = { epoch_id, slice_id, attempt: Number(number) };
  return more.length === 0 && problemOf(key) === null ? key : null;
}

/** Ids come from the outside and become parts of paths: none may lead out of its folder. Throws AuraError `usage`. */
export function checkKey(key: SliceKey): void {
  const problem = problemOf(key);
  if (problem !== null) throw new AuraError("usage", problem, { fix: "use letters, digits, '.', '_' and '-', first a letter or digit" });
}

function problemOf({ epoch_id, slice_id, attempt }: SliceKey): string | null {
  if (!EPOCH_ID.test(epoch_id)) return `${JSON.stringify(epoch_id)} is not an epoch id`;
  if (!SLICE_ID.test(slice_id)) return `${JSON.stringify(slice_id)} is not a slice id`;
  return Number.isSafeInteger(attempt) && attempt > 0 ? null : `${attempt} is not the number of an attempt`;
}
