/** An epoch's id is its workflow id. */
export const EPOCH_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const SLICE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Of an epoch's description, in bytes of UTF-8: it is in the history and in every state. */
export const MAX_DESCRIPTION = 64 * 1024;

/** What is wrong with an id, in a line that names it; null when nothing is. */
export function idProblem(what: "epoch" | "slice", id: unknown): string | null {
  const pattern = what === "epoch" ? EPOCH_ID : SLICE_ID;
  if (typeof id === "string" && pattern.test(id)) return null;
  return `${what} id ${JSON.stringify(id)?.slice(0, 80)} is not one: give up to ${what === "epoch" ? 100 : 64} letters, digits, dots, underscores and dashes, a letter or digit first`;
}
