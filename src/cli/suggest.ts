import { AuraError, asAuraError } from "../shared/errors.js";

/** Runs an action on named services; a mistyped name gets the nearest real one as its fix. */
export async function suggesting<T>(
  names: readonly string[],
  known: () => Promise<readonly string[]>,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    const error = asAuraError(thrown);
    if (error.code !== "not_found") throw thrown;
    throw await unknownName(error.message, names, await known().catch(() => []));
  }
}

/** `not_found` with the nearest name to the first that is unknown. */
export async function unknownName(message: string, names: readonly string[], known: readonly string[]): Promise<AuraError> {
  const wrong = names.find((name) => !known.includes(name));
  const { nearest } = await import("../services/spec/problems.js");
  const meant = wrong === undefined ? undefined : nearest(wrong, known);
  return new AuraError("not_found", message, meant === undefined ? {} : { fix: `did you mean ${meant}?` });
}
