import { parseDuration } from "../shared/durations.js";
import { CONFIG_DEFAULTS } from "./config-defaults.js";
import { problemsOf } from "./config-problems.js";
import type { Problem } from "./config-problems.js";
import { configSchema } from "./config-schema.js";
import type { Config } from "./config-schema.js";
import { expandAll, expandText } from "./expansion.js";
import { absolutePath, expandTilde } from "./paths.js";
import type { Environment } from "./places.js";
import { parseAuditTrail } from "./values.js";

export interface ConfigContext {
  /** Folder of `aura.toml`: relative paths are meant from here. */
  readonly dir: string;
  readonly env: Environment;
  readonly home: string;
}

export type ConfigOutcome =
  | { readonly config: Config; readonly problems: readonly [] }
  | { readonly config: null; readonly problems: readonly Problem[] };

/** Checks the parsed content of `aura.toml`; every problem is reported, one a path. */
export function checkConfig(raw: unknown, context: ConfigContext): ConfigOutcome {
  const unset: Problem[] = [];
  const expanded = expandAll(
    raw,
    (text) => expandText(text, context.env, context.home),
    (path, variable) => {
      unset.push({ path, what: `is empty because $${variable} is not set`, fix: `set ${variable}, or write a value` });
    },
  );
  const parsed = configSchema.safeParse(expanded);
  if (!parsed.success) return failed([...unset, ...problemsOf(parsed.error.issues, expanded)]);
  const config = withAbsolutePaths(parsed.data, context);
  const problems = [...unset, ...crossChecks(config)];
  return problems.length > 0 ? failed(problems) : { config, problems: [] };
}

function failed(problems: readonly Problem[]): ConfigOutcome {
  const seen = new Set<string>();
  const first = problems.filter(({ path }) => {
    const key = JSON.stringify(path);
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
  return { config: null, problems: first };
}

function withAbsolutePaths(config: Config, { dir, home }: ConfigContext): Config {
  const { roots, daemon, metrics, audit } = config;
  const trail = audit?.trail === undefined ? undefined : parseAuditTrail(audit.trail);
  return {
    ...config,
    ...(roots && { roots: roots.map((root) => ({ ...root, path: absolutePath(root.path, dir) })) }),
    ...(daemon?.routing_output && { daemon: { ...daemon, routing_output: absolutePath(daemon.routing_output, dir) } }),
    ...(metrics?.token_file && { metrics: { ...metrics, token_file: absolutePath(metrics.token_file, dir) } }),
    ...(trail?.backend === "sqlite" &&
      trail.path !== undefined && { audit: { trail: `sqlite:${absolutePath(expandTilde(trail.path, home), dir)}` } }),
  };
}

/** What one key alone cannot tell. */
function crossChecks(config: Config): Problem[] {
  return [...pollProblems(config), ...rootProblems(config), ...loggingProblems(config)];
}

function pollProblems(config: Config): Problem[] {
  const base = config.head_poll_interval ?? CONFIG_DEFAULTS.head_poll_interval;
  const max = config.head_poll_max_interval ?? CONFIG_DEFAULTS.head_poll_max_interval;
  if (parseDuration(max)! >= parseDuration(base)!) return [];
  const path = [config.head_poll_max_interval === undefined ? "head_poll_interval" : "head_poll_max_interval"];
  return [
    {
      path,
      what: `head_poll_max_interval (${max}) is shorter than head_poll_interval (${base})`,
      fix: `set head_poll_max_interval to ${base} or more`,
    },
  ];
}

function rootProblems({ roots = [] }: Config): Problem[] {
  return roots.flatMap(({ path }, index) => {
    const first = roots.findIndex((other) => other.path === path);
    return first === index
      ? []
      : [{ path: ["roots", index, "path"], what: `is the folder of root ${first + 1} again`, fix: "keep one of the two" }];
  });
}

function loggingProblems({ log_format, log_level, logging = {} }: Config): Problem[] {
  const differs = (a: string | undefined, b: string | undefined): boolean => a !== undefined && b !== undefined && a !== b;
  return [
    ...(differs(log_format, logging.format)
      ? [{ path: ["logging", "format"], what: `contradicts log_format = "${log_format}"`, fix: "keep one of the two" }]
      : []),
    ...(differs(log_level, logging.level)
      ? [{ path: ["logging", "level"], what: `contradicts log_level = "${log_level}"`, fix: "keep one of the two" }]
      : []),
  ];
}
