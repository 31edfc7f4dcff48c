import { formatDuration, parseDuration } from "../../shared/durations.js";
import type { Surroundings } from "./expand.js";
import { expandTemplate } from "./expand.js";
import { nearest } from "./problems.js";
import type { Path, Report } from "./problems.js";
import type { Raw } from "./raw.js";
import { commandWords, volumeSource, workingDir } from "./resolve.js";
import type { RawCommand } from "./resolve.js";
import { parseSize } from "../../shared/sizes.js";
import { uses } from "./start-variables.js";

/** Where a spec stands and who will run it. */
export interface RuleContext extends Surroundings {
  readonly file: string;
  readonly isRoot: boolean;
}

/** Timers of the platform hold at most 24 days; nothing a supervisor waits for takes a week. */
const LONGEST_MS = 7 * 24 * 3_600_000;
const LEAST_LOG = 1024;
const MOST_LOG = 1024 ** 4;
const DEFAULT_MAX_DELAY = "30s";

/** Rules between fields. Works on any data: what has the wrong shape was reported by the schema and is passed over. */
export function checkRules(spec: Raw, context: RuleContext, report: Report): void {
  checkDurations(spec, report);
  checkHealth(spec, report);
  checkProcess(spec, context, report);
  checkVariables(spec, context, report);
  checkPaths(spec, context, report);
  checkDependencies(spec, report);
}

function checkDurations(spec: Raw, report: Report): void {
  const duration = (path: Path, positive: boolean): number | undefined => {
    const value = spec.text(path);
    const ms = value === undefined ? undefined : parseDuration(value);
    if (ms === undefined) {
      return undefined;
    } else if (positive && ms === 0) {
      report({ path, value, what: "must be more than 0", fix: "write it as 10s, or remove the key for the default" });
    } else if (ms > LONGEST_MS) {
      report({ path, value, what: `is longer than ${LONGEST_MS / 3_600_000}h`, fix: "write a shorter time" });
    }
    return ms;
  };
  for (const key of ["interval", "timeout"]) duration(["health", key], true);
  duration(["health", "grace_period"], false);
  for (const stop of [["stop"], ["service", "stop"]]) duration([...stop, "timeout"], false);
  duration(["restart", "reset_after"], true);
  const delay = duration(["restart", "delay"], false);
  const longest = duration(["restart", "max_delay"], true);
  if (delay !== undefined && longest !== undefined && longest > 0 && delay > longest) {
    report({
      path: ["restart", "max_delay"],
      value: spec.text(["restart", "max_delay"]),
      what: `is shorter than restart.delay (${formatDuration(delay)})`,
      fix: `write at least that, or remove it (default ${DEFAULT_MAX_DELAY})`,
    });
  }
}

function checkHealth(spec: Raw, report: Report): void {
  const type = spec.text(["health", "type"]);
  const external = spec.text(["service", "type"]) === "external";
  const port = spec.number(["network", "port"]);
  if (external && port === 0) {
    report({
      path: ["network", "port"],
      value: port,
      what: "an external service is not given a port",
      fix: "write the port it listens on",
    });
  }
  if (spec.has(["routing"]) && !external && !spec.has(["network"]) && !spec.has(["health", "port"])) {
    report({ path: ["routing"], what: "needs the service's port", fix: "add network: {port: 0}" });
  }
  const unfit = (key: string, types: string): void => {
    if (spec.has(["health", key]))
      report({ path: ["health", key], what: `does not go with type ${type}, only with ${types}`, fix: "remove it, or change health.type" });
  };
  if (type === "http" && !spec.has(["health", "path"])) {
    report({ path: ["health", "path"], what: "is missing, an http check needs it", fix: "add path: /healthz" });
  }
  if (type === "exec") {
    if (!spec.has(["health", "command"]))
      report({ path: ["health", "command"], what: "is missing, an exec check needs it", fix: "add command: PROGRAM ARGUMENTS" });
    unfit("path", "http");
    unfit("port", "http and tcp");
  } else if (type === "http" || type === "tcp") {
    if (type === "tcp") unfit("path", "http");
    unfit("command", "exec");
    if (!spec.has(["health", "port"]) && !spec.has(["network", "port"])) {
      report({
        path: ["health", "port"],
        what: `is missing, and the service has no port of its own to check`,
        fix: "add health.port, or network: {port: 0}",
      });
    }
  }
}

function checkProcess(spec: Raw, context: RuleContext, report: Report): void {
  for (const at of [[], ["service"]] satisfies Path[]) {
    const size = spec.text([...at, "log", "max_size"]);
    const bytes = size === undefined ? undefined : parseSize(size);
    if (bytes !== undefined && (bytes < LEAST_LOG || bytes > MOST_LOG)) {
      report({ path: [...at, "log", "max_size"], value: size, what: "must be 1KB to 1024GB", fix: "write it as 10MB" });
    }
    if (spec.has([...at, "user"]) && !context.isRoot) {
      report({
        path: [...at, "user"],
        value: spec.at([...at, "user"]),
        what: "only root can run a service as another user",
        fix: "remove it, or run aurad as root",
      });
    }
    if (spec.has([...at, "ready_log_line"]) && spec.has(["health"])) {
      report({
        path: [...at, "ready_log_line"],
        what: "does not go with a health block, which decides when the service is ready",
        fix: "keep one of the two",
      });
    }
  }
}

function checkVariables(spec: Raw, context: RuleContext, report: Report): void {
  const hasPort = spec.has(["network"]);
  for (const name of spec.keys(["env"])) {
    const path = ["env", name];
    const text = spec.text(path);
    if (name === "AURA_SERVICE" || name === "AURA_HOST") report({ path, what: "is set by aurad", fix: "remove it" });
    if (text === undefined) continue;
    const value = expandTemplate(text, context);
    if (!value.ok) report({ path, what: value.what, fix: value.fix });
    else if (!hasPort && uses(value.text, "PORT")) report({ path, ...NO_PORT });
  }
  for (const name of spec.keys(["secrets"])) {
    const path = ["secrets", name];
    if (spec.has(["env", name])) report({ path, what: "stands under env too", fix: "keep one of the two" });
    const reference = spec.at(path);
    if (typeof reference === "object" && reference !== null && spec.keys(path).length !== 1)
      report({ path, what: "needs one key", fix: "write {secret: KEY}" });
  }
}

const NO_PORT = { what: "uses PORT, but the service has no port", fix: "add network: {port: 0}" };

function checkPaths(spec: Raw, context: RuleContext, report: Report): void {
  const name = spec.text(["service", "name"]) ?? "";
  const written = spec.text(["service", "working_dir"]);
  const dir = workingDir(written, name, context.file, context);
  if (!dir.ok) report({ path: ["service", "working_dir"], value: written, what: dir.what, fix: dir.fix });
  for (const path of [
    ["service", "command"],
    ["health", "command"],
  ]) {
    const command = rawCommand(spec, path);
    if (command === undefined) continue;
    const words = commandWords(command, dir.ok ? dir.text : "/", context);
    if (!words.ok) report({ path, what: words.what, fix: words.fix });
    else if (!spec.has(["network"]) && words.words.some((word) => uses(word, "PORT"))) report({ path, ...NO_PORT });
  }
  for (const source of spec.keys(["volumes"])) {
    const path = volumeSource(source, name, context.file, context);
    if (!path.ok) report({ path: ["volumes", source], what: path.what, fix: path.fix });
  }
}

function rawCommand(spec: Raw, path: Path): RawCommand | undefined {
  const list = spec.texts(path);
  return spec.text(path) ?? (list.length > 0 ? list.map(({ text }) => text) : undefined);
}

function checkDependencies(spec: Raw, report: Report): void {
  const own = spec.text(["service", "name"]);
  const after = spec.texts(["dependencies", "after"]);
  const requires = spec.texts(["dependencies", "requires"]);
  const known = new Set(after.map(({ text }) => text));
  for (const list of [after, requires]) {
    const seen = new Set<string>();
    for (const { text: value, path } of list) {
      if (value === own) report({ path, value, what: "a service cannot wait for itself", fix: "remove it" });
      else if (seen.has(value)) report({ path, value, what: "is named twice", fix: "remove one" });
      seen.add(value);
    }
  }
  for (const { text: value, path } of requires) {
    if (known.has(value) || value === own) continue;
    const meant = nearest(value, known);
    report({ path, value, what: "is not in dependencies.after", fix: meant === undefined ? "add it there too" : `did you mean ${meant}?` });
  }
}
