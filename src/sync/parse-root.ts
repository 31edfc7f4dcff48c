import { distance } from "fastest-levenshtein";
import type { Problem } from "../host/config-problems.js";
import type { Remote, RootIdentity, RootMode } from "./root.js";

/*
 * The one check of a root's identity: of `.aura/root.toml`, of `[roots.init]` in aura.toml and of `aura-msg root init`.
 * Values are shown in no problem, so that whatever was put where it does not belong stays unseen.
 */

export type ParsedRoot =
  | { readonly identity: RootIdentity; readonly problems: readonly [] }
  | { readonly identity: null; readonly problems: readonly Problem[] };

export const ROOT_MODES: readonly RootMode[] = ["bidirectional", "push", "pull"];

/** `root_id` and `device_id`: parts of keys, of file names and of conflict copies' names. */
export function isRootName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/** `value`: `{root_id, device_id, mode, remote: {bucket, endpoint?, region?, path_style?}}`. Reports every problem, one a key. */
export function parseRoot(value: unknown): ParsedRoot {
  const check = new Table(value, [], ["root_id", "device_id", "mode", "remote"]);
  const rootId = check.text("root_id", isRootName, NAME);
  const deviceId = check.text("device_id", isRootName, NAME);
  const mode = check.text("mode", (text) => ROOT_MODES.includes(text as RootMode), MODE);
  const { remote, problems: ofRemote } = check.isTable ? parseRemote(check.get("remote"), ["remote"]) : { remote: null, problems: [] };
  const problems = [...check.problems, ...ofRemote];
  if (problems.length > 0 || rootId === undefined || deviceId === undefined || remote === null) return { identity: null, problems };
  return { identity: { rootId, deviceId, mode: mode as RootMode, remote }, problems: [] };
}

/**
 * Where a root is kept. `at`: where the table stands, for the problems. Without `path_style` the bucket is in the path where
 * an endpoint is given, as the servers that people run themselves have it, and in the host name at the vendor's own.
 */
export function parseRemote(
  value: unknown,
  at: readonly string[] = [],
): { readonly remote: Remote | null; readonly problems: readonly Problem[] } {
  const check = new Table(value, at, ["bucket", "endpoint", "region", "path_style"]);
  const bucket = check.text("bucket", (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(text), BUCKET);
  const region = check.optionalText("region", (text) => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text), REGION);
  const endpoint = check.optionalText("endpoint", (text) => urlOf(text) !== null, ENDPOINT);
  const url = endpoint === undefined ? null : urlOf(endpoint);
  if (url !== null && (url.username !== "" || url.password !== "")) check.problem("endpoint", CREDENTIALS);
  else if (url !== null && (url.search !== "" || url.hash !== "")) check.problem("endpoint", ENDPOINT);
  const pathStyle = check.optionalFlag("path_style") ?? endpoint !== undefined;
  if (check.problems.length > 0 || bucket === undefined) return { remote: null, problems: check.problems };
  const remote = { bucket, pathStyle, ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) };
  return { remote, problems: [] };
}

const NAME = {
  what: "is no name",
  fix: "use 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
};
const MODE = { what: "is not known", fix: `choose one of ${ROOT_MODES.map((mode) => `"${mode}"`).join(", ")}` };
const BUCKET = { what: "is no bucket name", fix: "use letters, digits, dots, dashes and underscores" };
const REGION = { what: "is no region", fix: 'write for example "eu-central-1" or "auto"' };
const ENDPOINT = { what: "is not a URL of a server", fix: 'write for example "https://s3.example.com"' };
const CREDENTIALS = { what: "holds a user name or a password", fix: "remove it; credentials come from the environment" };

function urlOf(text: string): URL | null {
  if (!/^https?:\/\/[^/\s]/i.test(text) || /\s/.test(text)) return null;
  return URL.canParse(text) ? new URL(text) : null;
}

/** One table under check: gathers what is wrong with it. */
class Table {
  readonly problems: Problem[] = [];
  readonly isTable: boolean;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #at: readonly string[];

  constructor(value: unknown, at: readonly string[], known: readonly string[]) {
    this.#at = at;
    this.isTable = typeof value === "object" && value !== null && !Array.isArray(value);
    this.#values = this.isTable ? (value as Readonly<Record<string, unknown>>) : {};
    if (!this.isTable) {
      const key = at.join(".");
      if (value === undefined) this.problems.push({ path: at, what: "is missing", fix: key === "" ? "write it" : `add [${key}]` });
      else this.problems.push({ path: at, what: "must be a table", fix: `write [${key}] and its keys below it` });
      return;
    }
    for (const key of Object.keys(this.#values)) {
      if (!known.includes(key)) this.problem(key, { what: "unknown key", fix: `did you mean ${nearest(key, known)}?` });
    }
  }

  get(key: string): unknown {
    return this.#values[key];
  }

  problem(key: string, found: Pick<Problem, "what" | "fix">): void {
    this.problems.push({ path: [...this.#at, key], ...found });
  }

  text(key: string, fits: (text: string) => boolean, wrong: Pick<Problem, "what" | "fix">): string | undefined {
    if (this.isTable && this.get(key) === undefined) this.problem(key, { what: "is missing", fix: `add ${key} = …` });
    return this.optionalText(key, fits, wrong);
  }

  optionalText(key: string, fits: (text: string) => boolean, wrong: Pick<Problem, "what" | "fix">): string | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== "string") this.problem(key, { what: "must be text", fix: "write it in quotes" });
    else if (value === "") this.problem(key, { what: "is empty", fix: "give it a value" });
    else if (fits(value)) return value;
    else this.problem(key, wrong);
    return undefined;
  }

  optionalFlag(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === "boolean") return value;
    this.problem(key, { what: "must be true or false", fix: "write one of them, without quotes" });
    return undefined;
  }
}

function nearest(key: string, known: readonly string[]): string {
  return known.reduce((best, next) => (distance(key, next) < distance(key, best) ? next : best));
}
