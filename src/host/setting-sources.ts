import { parseDuration } from "../shared/durations.js";
import { AuraError } from "../shared/errors.js";
import type { Environment } from "./places.js";
import type { TemporalProfile } from "./settings.js";

/** A value and the name under which a person gave it. */
export interface Given {
  readonly name: string;
  readonly text: string;
}

export function flag(name: string, text: string | undefined): Given | null {
  if (text === "") throw usage({ name, text }, "is empty", "give it a value, or leave the flag out");
  return text === undefined ? null : { name, text };
}

/** An empty variable counts as unset, as shells and unit files leave them behind. */
export function variable(name: string, env: Environment): Given | null {
  const text = env[name];
  return text === undefined || text === "" ? null : { name, text };
}

/** A value of `aura.toml`, checked before. */
export function file(text: string | undefined): Given | null {
  return text === undefined ? null : { name: "aura.toml", text };
}

export function profiled(key: "address" | "namespace", profile: TemporalProfile | undefined, chosen: boolean): Given | null {
  const text = profile?.chosen === chosen ? profile[key] : undefined;
  return text === undefined || text === "" ? null : { name: `${key} of the Temporal profile`, text };
}

export function firstText(...sources: readonly (Given | null)[]): Given | null {
  return sources.find((source) => source !== null) ?? null;
}

/** The parsed value, or AuraError `usage` whose message is `what; fix`. */
export function checked<T>(given: Given, parse: (text: string) => T | undefined, message: string): T {
  const value = parse(given.text);
  if (value !== undefined) return value;
  const [what, fix] = message.split("; ");
  throw usage(given, what!, fix!);
}

export function word<T extends string>(given: Given | null, words: readonly T[], preset: T): T {
  if (given === null) return preset;
  return checked(given, (text) => words.find((known) => known === text), `is not known; choose one of ${words.join(", ")}`);
}

/** A duration that was checked before, in ms. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}

export function secondOrMore(text: string): number | undefined {
  const duration = parseDuration(text);
  return duration !== undefined && duration >= 1000 ? duration : undefined;
}

function usage({ name, text }: Given, what: string, fix: string): AuraError {
  return new AuraError("usage", `${name}: ${JSON.stringify(text)}: ${what}`, { fix });
}
