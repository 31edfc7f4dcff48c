import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../src/host/settings.js";
import type { SettingsInput } from "../../src/host/settings.js";

const base: SettingsInput = {
  flags: {},
  env: {},
  config: {},
  defaults: { osHostName: "Ada's Mac.local", auditDb: "/d/audit.db", home: "/home/ada", cwd: "/work" },
};
const resolve = (input: Partial<SettingsInput>) => resolveSettings({ ...base, ...input });

describe("settings", () => {
  it("hold the documented defaults when nothing is said", () => {
    expect(resolve({})).toEqual({
      namespace: "default",
      taskQueue: "aura",
      serverAddress: "localhost:7233",
      serverAddressGiven: false,
      embedded: "auto",
      uiPort: 8233,
      host: "Ada-s-Mac.local",
      onStop: "stop",
      portRange: { from: 20_000, to: 32_000 },
      apiAddr: null,
      routingOutput: null,
      logFormat: "json",
      logLevel: "info",
      auditTrail: { backend: "sqlite", path: "/d/audit.db" },
      statusApi: true,
      statusApiAddr: { host: "127.0.0.1", port: 0 },
      statusApiRequireAuth: true,
      statusTickHistory: 100,
      intervalMs: null,
      defaultIntervalMs: 300_000,
      watcherDebounceMs: 500,
      headPollIntervalMs: 10_000,
      headPollMaxIntervalMs: 120_000,
      watcherFallback: "fail",
      roots: [],
      metricsRequireToken: false,
      metricsTokenFile: null,
      mothership: { bind: "0.0.0.0", port: 7777, displayName: "Ada-s-Mac.local" },
    });
  });

  const file = { temporal: { address: "file:1", namespace: "file", task_queue: "file" } };
  const env = { TEMPORAL_ADDRESS: "env:2", TEMPORAL_NAMESPACE: "env", TEMPORAL_TASK_QUEUE: "env" };
  const flags = { serverAddress: "flag:3", namespace: "flag", taskQueue: "flag" };
  const profile = { address: "profile:4", namespace: "profile", chosen: false };
  const rows: [title: string, input: Partial<SettingsInput>, address: string, namespace: string, taskQueue: string][] = [
    ["the profile before the default", { profile }, "profile:4", "profile", "aura"],
    ["the file before the profile", { config: file, profile }, "file:1", "file", "file"],
    ["a chosen profile before the file", { config: file, profile: { ...profile, chosen: true } }, "profile:4", "profile", "file"],
    ["the environment before both", { config: file, env, profile: { ...profile, chosen: true } }, "env:2", "env", "env"],
    ["the flag before all", { config: file, env, flags, profile }, "flag:3", "flag", "flag"],
    ["an empty variable is none", { config: file, env: { TEMPORAL_ADDRESS: "" } }, "file:1", "file", "file"],
  ];
  it.each(rows)("take %s", (_title, input, serverAddress, namespace, taskQueue) => {
    expect(resolve(input)).toMatchObject({ serverAddress, namespace, taskQueue, serverAddressGiven: true });
  });

  it("let --embedded and --no-embedded overrule the file", () => {
    expect(resolve({ config: { temporal: { embedded: true } } }).embedded).toBe("always");
    expect(resolve({ config: { temporal: { embedded: true } }, flags: { embedded: false } }).embedded).toBe("never");
    expect(resolve({ config: { temporal: { embedded: "never" } }, flags: { embedded: true } }).embedded).toBe("always");
  });

  it("find the audit trail by flag, variable, file", () => {
    const config = { audit: { trail: "sqlite:/x.db" } };
    expect(resolve({ config }).auditTrail).toEqual({ backend: "sqlite", path: "/x.db" });
    expect(resolve({ config, env: { AURA_AUDIT_TRAIL: "sqlite:~/a.db" } }).auditTrail).toEqual({
      backend: "sqlite",
      path: "/home/ada/a.db",
    });
    expect(resolve({ config, env: { AURA_AUDIT_TRAIL: "memory" }, flags: { auditTrail: "sqlite:a.db" } }).auditTrail).toEqual({
      backend: "sqlite",
      path: "/work/a.db",
    });
  });

  it("take log format and level from either place of the file", () => {
    expect(resolve({ config: { logging: { format: "pretty", level: "warn" } } })).toMatchObject({ logFormat: "pretty", logLevel: "warn" });
    expect(resolve({ config: { log_format: "text" }, flags: { logLevel: "debug" } })).toMatchObject({
      logFormat: "text",
      logLevel: "debug",
    });
  });

  it("read addresses and paths of flags", () => {
    expect(resolve({ flags: { apiAddr: "[::]:9000", routingOutput: "r.yaml", interval: "1m" } })).toMatchObject({
      apiAddr: { host: "::", port: 9000 },
      routingOutput: "/work/r.yaml",
      intervalMs: 60_000,
    });
  });

  const refused: [input: Partial<SettingsInput>, line: string][] = [
    [{ flags: { serverAddress: "nowhere" } }, '--server-address: "nowhere": is not an address; write HOST:PORT'],
    [{ env: { TEMPORAL_ADDRESS: "x:99999" } }, 'TEMPORAL_ADDRESS: "x:99999": is not an address; write HOST:PORT'],
    [{ flags: { host: "a/b" } }, '--host: "a/b": is not a host name; use letters, digits, dot, dash and underscore'],
    [{ flags: { host: ".." } }, '--host: "..": is not a host name; use letters, digits, dot, dash and underscore'],
    [{ flags: { logLevel: "loud" } }, '--log-level: "loud": is not known; choose one of trace, debug, info, warn, error'],
    [{ flags: { onStop: "die" } }, '--on-stop: "die": is not known; choose one of stop, leave'],
    [{ flags: { interval: "900ms" } }, '--interval: "900ms": is not a duration of at least 1s; write for example "30s" or "5m"'],
    [{ flags: { namespace: "" } }, '--namespace: "": is empty; give it a value, or leave the flag out'],
    [
      { env: { AURA_AUDIT_TRAIL: "postgres" } },
      'AURA_AUDIT_TRAIL: "postgres": is not an audit trail; write memory, sqlite, sqlite:PATH or temporal',
    ],
  ];
  it.each(refused)("refuse a bad flag or variable by its name: %o", (input, line) => {
    expect(() => resolve(input)).toThrowError(expect.objectContaining({ code: "usage", line }) as Error);
  });

  it.each([
    ["", "localhost"],
    ["...", "localhost"],
    ["Größe 9", "Gr-e-9"],
    ["web-1", "web-1"],
  ])("make a host name of %j", (osHostName, host) => {
    expect(resolve({ defaults: { ...base.defaults, osHostName } }).host).toBe(host);
  });
});
