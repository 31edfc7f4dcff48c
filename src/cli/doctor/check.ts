import type { Places } from "../../host/places.js";
import type { HealthDocument } from "../../api/client.js";
import type { Context } from "../context.js";

/** One finding of `aura-msg doctor`. */
export interface CheckRow {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; null when nothing is to be done. */
  readonly fix: string | null;
}

export interface CheckInput extends Pick<Context, "globals" | "io"> {
  readonly places: Places;
  /** What the daemon of this host says; null when it does not answer. */
  readonly daemon: HealthDocument | null;
}

export function good(check: string, detail: string): CheckRow {
  return { check, ok: true, detail, fix: null };
}

export function bad(check: string, detail: string, fix: string): CheckRow {
  return { check, ok: false, detail, fix };
}
