import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getStaticTOMLValue } from "toml-eslint-parser";
import { checkConfig } from "../../host/config.js";
import { dotted } from "../../host/config-keys.js";
import type { Problem } from "../../host/config-problems.js";
import type { Config } from "../../host/config-schema.js";
import type { Environment } from "../../host/places.js";
import { AuraError } from "../../shared/errors.js";
import { parseToml } from "./parse-toml.js";
import { locator } from "./toml-positions.js";

export interface LoadOptions {
  readonly file: string;
  /** An explicit `--config`: then a missing file is an error. */
  readonly required: boolean;
  readonly env: Environment;
  readonly home: string;
}

export interface LoadedConfig {
  /** Absolute. */
  readonly file: string;
  /** False when there is no such file and none was required. */
  readonly found: boolean;
  readonly config: Config;
}

/** Reads and checks `aura.toml`. Throws AuraError `config_invalid` (64) that lists every problem, a line each. */
export function loadConfig({ file, required, env, home }: LoadOptions): LoadedConfig {
  const path = resolve(file);
  const source = read(file, required);
  if (source === null) return { file: path, found: false, config: {} };
  const program = parseToml(source, (line, reason) => {
    const text = source.split("\n")[line - 1]?.trim() ?? "";
    return invalid([{ line, text: `${file}:${line}: ${text}: ${reason}`, fix: "correct the line" }]);
  });
  const { config, problems } = checkConfig(getStaticTOMLValue(program), { dir: dirname(path), env, home });
  if (config !== null) return { file: path, found: true, config };
  const locate = locator(program, source);
  throw invalid(problems.map((problem) => located(file, problem, locate(problem.path))).toSorted((a, b) => a.line - b.line));
}

/** One problem as it is printed. */
interface Line {
  readonly line: number;
  /** `FILE:LINE: KEY: VALUE: what`. */
  readonly text: string;
  readonly fix: string;
}

function read(file: string, required: boolean): string | null {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && !required) return null;
    const why = missing ? "no such file" : `cannot be read (${(error as Error).message})`;
    throw new AuraError("config_invalid", `${file}: ${why}`, {
      fix: missing ? "create it, or leave --config out" : "check its permissions",
      cause: error,
    });
  }
}

function located(file: string, { path, what, fix }: Problem, { line, value }: { line: number; value: string }): Line {
  const key = dotted(path).replaceAll("[]", "");
  const parts = [`${file}:${line}`, ...(key === "" ? [] : [key]), ...(value === "" ? [] : [value]), what];
  return { line, text: parts.join(": "), fix };
}

/** The last problem's fix is the error's, so that its printed line is every problem with its own fix. */
function invalid(lines: readonly Line[]): AuraError {
  const last = lines.at(-1)!;
  const others = lines.slice(0, -1).map(({ text, fix }) => `${text}; ${fix}\n`);
  return new AuraError("config_invalid", `${others.join("")}${last.text}`, { fix: last.fix });
}
