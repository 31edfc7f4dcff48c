import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/adapters/config/load-config.js";
import { AuraError } from "../../src/shared/errors.js";

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-config-"));
  file = join(dir, "aura.toml");
});
afterEach(() => rmSync(dir, { recursive: true }));

const load = (source: string, env: Record<string, string> = {}) => {
  writeFileSync(file, source);
  return loadConfig({ file, required: true, env, home: "/home/ada" }).config;
};

/** The printed lines of the refusal, with the file's folder cut off. */
const refusal = (source: string, env: Record<string, string> = {}): string[] => {
  try {
    load(source, env);
  } catch (error) {
    expect(error).toBeInstanceOf(AuraError);
    expect((error as AuraError).code).toBe("config_invalid");
    return (error as AuraError).line.replaceAll(`${dir}/`, "").split("\n");
  }
  throw new Error("the configuration was accepted");
};

describe("aura.toml", () => {
  it("accepts every key", () => {
    const config = load(
      `
log_format = "text"
log_level = "trace"
default_interval = "1m30s"
watcher_debounce = "50ms"
head_poll_interval = "1s"
head_poll_max_interval = "1s"
status_api = false
status_api_addr = "[::1]:9876"
status_api_require_auth = false
status_tick_history = 10000
max_transfers = 64
upload_limit = "10MB"
download_limit = "0"
max_delete = 0.25
trash_days = 0
watcher_fallback = "poll"
[[roots]]
path = "work"
interval = "30s"
max_delete = 1
trash_days = 3650
[roots.init]
root_id = "w"
device_id = "$DEVICE"
mode = "push"
[roots.init.remote]
bucket = "b"
endpoint = "https://s3.example.com"
region = "auto"
path_style = true
[temporal]
address = "cluster:7233"
namespace = "ns"
task_queue = "q"
embedded = true
ui_port = 1
[logging]
format = "text"
[daemon]
host = "mac.local"
on_stop = "leave"
port_range = "1024-65535"
api_addr = "0.0.0.0:9000"
routing_output = "routes.yaml"
[audit]
trail = "sqlite:~/audit.db"
[metrics]
require_token = true
token_file = "token"
[mothership]
bind = "10.0.0.1"
port = 7777
display_name = "M"
[governor]
anything = 1
[[policies]]
name = "p"
`,
      { DEVICE: "laptop" },
    );
    expect(config.roots?.[0]).toMatchObject({ path: join(dir, "work"), init: { device_id: "laptop", remote: { path_style: true } } });
    expect(config.daemon?.routing_output).toBe(join(dir, "routes.yaml"));
    expect(config.metrics?.token_file).toBe(join(dir, "token"));
    expect(config.audit?.trail).toBe("sqlite:/home/ada/audit.db");
    expect(config.policies).toEqual([{ name: "p" }]);
  });

  const refused: [title: string, source: string, line: string][] = [
    ["unknown key with its nearest", "log_fromat = 1", "aura.toml:1: log_fromat: 1: unknown key; did you mean log_format?"],
    [
      "unknown key in a table",
      "[temporal]\n\nadress = 'x:1'",
      "aura.toml:3: temporal.adress: 'x:1': unknown key; did you mean temporal.address?",
    ],
    ["key in the wrong table", 'namespace = "x"', 'aura.toml:1: namespace: "x": unknown key; did you mean temporal.namespace?'],
    ["unknown table", "[temporel]\naddress = 'x:1'", "aura.toml:1: temporel: unknown key; did you mean temporal?"],
    [
      "unknown key in a list of tables",
      "[[roots]]\npath = 'a'\n[[roots]]\npath = 'b'\nintervall = '1s'",
      "aura.toml:5: roots.intervall: '1s': unknown key; did you mean roots.interval?",
    ],
    ["wrong type", "log_level = 3", 'aura.toml:1: log_level: 3: is not known; choose one of "trace", "debug", "info", "warn", "error"'],
    ["text for a boolean", 'status_api = "no"', 'aura.toml:1: status_api: "no": must be true or false; write one of them, without quotes'],
    ["number for text", "[temporal]\nnamespace = 5", "aura.toml:2: temporal.namespace: 5: must be text; write it in quotes"],
    [
      "text for a number",
      '[temporal]\nui_port = "8233"',
      'aura.toml:2: temporal.ui_port: "8233": must be a number; write digits, without quotes',
    ],
    ["value for a table", 'daemon = "x"', 'aura.toml:1: daemon: "x": must be a table; write [daemon] and its keys below it'],
    ["table for a list", "[roots]\npath = 'x'", "aura.toml:1: roots: must be a list of tables; write [[roots]]"],
    [
      "out of range",
      "status_tick_history = 9",
      "aura.toml:1: status_tick_history: 9: is out of range; choose a whole number from 10 to 10000",
    ],
    [
      "fraction",
      "status_tick_history = 10.5",
      "aura.toml:1: status_tick_history: 10.5: is out of range; choose a whole number from 10 to 10000",
    ],
    [
      "short duration",
      'watcher_debounce = "49ms"',
      'aura.toml:1: watcher_debounce: "49ms": is not a duration of at least 50ms; write for example "30s", "5m" or "1m30s"',
    ],
    [
      "no duration",
      'default_interval = "5 minutes"',
      'aura.toml:1: default_interval: "5 minutes": is not a duration of at least 1s; write for example "30s", "5m" or "1m30s"',
    ],
    [
      "poll limits in the wrong order",
      'head_poll_interval = "3m"',
      'aura.toml:1: head_poll_interval: "3m": head_poll_max_interval (120s) is shorter than head_poll_interval (3m); set head_poll_max_interval to 3m or more',
    ],
    [
      "status listener beyond loopback",
      'status_api_addr = "0.0.0.0:1"',
      'aura.toml:1: status_api_addr: "0.0.0.0:1": is not a loopback address; use 127.0.0.1 or [::1] (a proxy in front of it can serve other hosts)',
    ],
    ["missing required key", "[[roots]]\ninterval = '5s'", "aura.toml:1: roots.path: is missing; add path = …"],
    [
      "missing key of a bootstrap",
      "[[roots]]\npath = 'x'\n[roots.init]\nroot_id='a'\ndevice_id='b'\nmode='pull'\n[roots.init.remote]",
      "aura.toml:7: roots.init.remote.bucket: is missing; add bucket = …",
    ],
    [
      "same root twice",
      "[[roots]]\npath = 'x'\n[[roots]]\npath = './x/'",
      "aura.toml:4: roots.path: './x/': is the folder of root 1 again; keep one of the two",
    ],
    [
      "contradicting log keys",
      "log_format = 'json'\n[logging]\nformat = 'text'",
      "aura.toml:3: logging.format: 'text': contradicts log_format = \"json\"; keep one of the two",
    ],
    [
      "variable without value",
      "[daemon]\nhost = '${NAME}'",
      "aura.toml:2: daemon.host: '${NAME}': is empty because $NAME is not set; set NAME, or write a value",
    ],
    [
      "bad port range",
      "[daemon]\nport_range = '80-90'",
      "aura.toml:2: daemon.port_range: '80-90': is not a port range; write LOW-HIGH within 1024-65535, for example \"20000-32000\"",
    ],
    [
      "embedded neither word nor boolean",
      "[temporal]\nembedded = 'maybe'",
      'aura.toml:2: temporal.embedded: \'maybe\': is not known; write "auto", true ("always") or false ("never")',
    ],
    [
      "endpoint without scheme",
      "[[roots]]\npath='x'\n[roots.init]\nroot_id='a'\ndevice_id='b'\nmode='pull'\n[roots.init.remote]\nbucket='b'\nendpoint='abc.com'",
      "aura.toml:9: roots.init.remote.endpoint: 'abc.com': is not a URL; write for example \"https://s3.example.com\"",
    ],
    ["share above 1", "max_delete = 1.5", "aura.toml:1: max_delete: 1.5: is out of range; choose a share from 0 to 1"],
    ["too many transfers", "max_transfers = 65", "aura.toml:1: max_transfers: 65: is out of range; choose a whole number from 1 to 64"],
    [
      "days of a root out of range",
      "[[roots]]\npath = 'x'\ntrash_days = 3651",
      "aura.toml:3: roots.trash_days: 3651: is out of range; choose a whole number from 0 to 3650",
    ],
    [
      "rate in words",
      'upload_limit = "fast"',
      'aura.toml:1: upload_limit: "fast": is not a number of bytes a second; write for example "10MB" or "512KB", or "0" for no limit',
    ],
    [
      "fallback of another kind",
      'watcher_fallback = "ignore"',
      'aura.toml:1: watcher_fallback: "ignore": is not known; choose one of "fail", "poll"',
    ],
    [
      "id that could be a path",
      "[[roots]]\npath='x'\n[roots.init]\nroot_id='../a'\ndevice_id='b'\nmode='pull'\n[roots.init.remote]\nbucket='b'",
      "aura.toml:4: roots.init.root_id: '../a': is not an id; use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
    ],
    [
      "inline table",
      "temporal = { ui_port = 0 }",
      "aura.toml:1: temporal.ui_port: 0: is out of range; choose a whole number from 1 to 65535",
    ],
    [
      "syntax",
      "log_format = 'text'\nlog_level = \n",
      "aura.toml:2: log_level =: not valid TOML: Unspecified values are invalid; correct the line",
    ],
    [
      "key given twice",
      "log_level = 'info'\nlog_level = 'warn'",
      "aura.toml:2: log_level = 'warn': not valid TOML: Defining a key multiple times is invalid; correct the line",
    ],
  ];

  it.each(refused)("refuses with file, line, key, value and fix: %s", (_title, source, line) => {
    expect(refusal(source)).toEqual([line]);
  });

  it("reports every problem, in the order of the file", () => {
    expect(
      refusal("log_level = 'loud'\nbogus = 1\n[temporal]\nui_port = 70000\n").map((line) => line.split(": ").slice(0, 2).join(" ")),
    ).toEqual(["aura.toml:1 log_level", "aura.toml:2 bogus", "aura.toml:4 temporal.ui_port"]);
  });

  it("never shows what a variable brought in", () => {
    expect(refusal("[daemon]\nport_range = '$TOKEN'", { TOKEN: "hunter2" }).join()).not.toContain("hunter2");
  });

  it("does without the file at the default place, but not without one that was asked for", () => {
    const missing = join(dir, "none.toml");
    expect(loadConfig({ file: missing, required: false, env: {}, home: dir })).toEqual({ file: missing, found: false, config: {} });
    expect(() => loadConfig({ file: missing, required: true, env: {}, home: dir })).toThrowError(`${missing}: no such file`);
  });
});
