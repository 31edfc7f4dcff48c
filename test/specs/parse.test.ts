import { describe, expect, it } from "vitest";
import { good, host, native } from "./host.js";

describe("a small spec gets the defaults that the reference promises", () => {
  it("fills in restart, stop, log and the directory of the file", () => {
    expect(good(native())).toMatchObject({
      name: "api",
      type: "native",
      command: ["/etc/aura/services/bin/api"],
      workingDir: "/etc/aura/services",
      restart: { policy: "on-failure", maxAttempts: 0, delayMs: 1000, backoff: "exponential", maxDelayMs: 30_000, resetAfterMs: 60_000 },
      stop: { signal: "SIGTERM", timeoutMs: 10_000 },
      log: { maxSizeBytes: 10 * 1024 * 1024, keep: 5 },
      successExitCodes: [],
      env: {},
      secrets: {},
      after: [],
      requires: [],
    });
  });

  it("fills in each key of health and restart by itself", () => {
    const spec = good(native("network: {port: 0}\nhealth: {type: tcp, interval: 3s}\nrestart: {delay: 0, max_attempts: 5}\n"));
    expect(spec.health).toEqual({ type: "tcp", intervalMs: 3000, timeoutMs: 2000, gracePeriodMs: 0, unhealthyThreshold: 3 });
    expect(spec.restart).toEqual({
      policy: "on-failure",
      maxAttempts: 5,
      delayMs: 0,
      backoff: "exponential",
      maxDelayMs: 30_000,
      resetAfterMs: 60_000,
    });
  });

  it("raises the longest delay when the first one is longer", () => {
    expect(good(native("restart: {delay: 2m}\n")).restart.maxDelayMs).toBe(120_000);
  });

  it("has no port without a network block, and port 0 with a dynamic one", () => {
    expect(good(native()).port).toBeUndefined();
    expect(good(native("network:\n  port: 0\n")).port).toBe(0);
  });
});

describe("values are taken as they were written", () => {
  it.each([
    ["env: {V: 1.10}", "1.10"],
    ["env: {V: 8080}", "8080"],
    ["env: {V: true}", "true"],
    ["env: {V: 0x1F}", "0x1F"],
    ["env: {V: 12345678901234567890}", "12345678901234567890"],
    ["env: {V: ''}", ""],
    ["env: {V: 'a: b # c'}", "a: b # c"],
    ["env:\n  V: |\n    two\n    lines\n", "two\nlines\n"],
  ])("%j", (text, value) => {
    expect(good(native(text)).env).toEqual({ V: value });
  });

  it.each([
    ["022", 0o22],
    ['"022"', 0o22],
    ["0o27", 0o27],
    ["77", 0o77],
    ["0", 0],
    ['"0077"', 0o77],
  ])("umask %s is octal", (text, mask) => {
    expect(good(native(`umask: ${text}\n`)).umask).toBe(mask);
  });

  it.each([
    ["10MB", 10_485_760],
    ["512KB", 524_288],
    ["4096", 4096],
    ["1 GiB", 1_073_741_824],
    ["2000B", 2000],
  ])("log size %s", (text, bytes) => {
    expect(good(native(`log: {max_size: ${text}, keep: 0}\n`)).log).toEqual({ maxSizeBytes: bytes, keep: 0 });
  });

  it.each([
    ["1m30s", 90_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["1us", 1],
    ["168h", 604_800_000],
  ])("duration %s", (text, ms) => {
    expect(good(native(`network: {port: 1}\nhealth: {type: tcp, interval: ${text}}\n`)).health?.intervalMs).toBe(ms);
  });

  it("reads numbers in a command's list as text", () => {
    expect(good(native().replace("./bin/api", "[sleep, 1.50, true, '']")).command).toEqual(["sleep", "1.50", "true", ""]);
  });

  it("accepts a byte order mark, Windows line ends and UTF-8", () => {
    expect(good(`\uFEFF${native("env: {V: grüß}\n").replaceAll("\n", "\r\n")}`).env).toEqual({ V: "grüß" });
  });
});

describe("keys of the process stand at the top level or inside service", () => {
  const keys = [
    "stop: {signal: SIGINT, timeout: 1s}",
    "success_exit_codes: [7, 3, 7]",
    "ready_log_line: listening",
    "log: {keep: 2}",
    "umask: 027",
  ];
  it("and mean the same in both places", () => {
    const top = good(native(keys.map((key) => `${key}\n`).join("")));
    const inside = good(native("", keys.map((key) => `  ${key}\n`).join("")));
    expect(inside).toEqual(top);
    expect(top).toMatchObject({
      stop: { signal: "SIGINT", timeoutMs: 1000 },
      successExitCodes: [3, 7],
      readyLogLine: "listening",
      log: { keep: 2 },
      umask: 0o27,
    });
  });
});

describe("the other types", () => {
  it("a container keeps its image, volumes and arguments", () => {
    const spec = good(`service: {name: db, type: container, image: "postgres:16", privileged: true}
network: {port: 5432}
volumes: {~/data: /var/lib/data, cache: "/cache:ro", ./seed: /seed}
args: [--fsync, 1]
secrets: {PASSWORD: {keychain: db/password}, TOKEN: {secret: db/token}}
`);
    expect(spec.container).toEqual({
      image: "postgres:16",
      networkMode: "host",
      privileged: true,
      args: ["--fsync", "1"],
      volumes: { "/home/ann/data": "/var/lib/data", cache: "/cache:ro", "/etc/aura/services/seed": "/seed" },
    });
    expect(spec.secrets).toEqual({ PASSWORD: "db/password", TOKEN: "db/token" });
    expect(spec.workingDir).toBeUndefined();
  });

  it("an external service is only watched", () => {
    const spec = good("service: {name: db, type: external}\nhealth: {type: exec, command: [./ready.sh, -q], timeout: 5s}\n");
    expect(spec.health).toMatchObject({ type: "exec", command: ["/etc/aura/services/ready.sh", "-q"], timeoutMs: 5000 });
    expect(spec.command).toBeUndefined();
  });

  it("routing may take its port from the health check", () => {
    const spec = good(
      native("health: {type: http, path: /, port: 80}\nrouting: {hostname: api.example.test, tls: true, tls_options: mtls@file}\n"),
    );
    expect(spec.routing).toEqual({ hostname: "api.example.test", tls: true, tlsOptions: "mtls@file" });
  });

  it("user is accepted from root", () => {
    expect(good(native("user: www-data\n"), { ...host, isRoot: true }).user).toBe("www-data");
    expect(good(native("user: 1000\n"), { ...host, isRoot: true }).user).toBe("1000");
  });
});

describe("the hash tells whether there is anything to restart", () => {
  it("is the same for the same meaning written otherwise, wherever the file stands", () => {
    const a = good(native("env: {A: 1, B: 2}\nrestart: {delay: 1s}\n", "  working_dir: /srv\n"));
    const b = good(
      native("# a comment\nrestart:\n  delay: 1000ms\nenv:\n  B: '2'\n  A: '1'\n", "  working_dir: /srv/\n"),
      host,
      "/other/b.yaml",
    );
    expect(b.hash).toBe(a.hash);
    expect(a.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["env: {A: 2}", "log: {keep: 1}", "restart: {policy: never}", "network: {port: 0}", "dependencies: {after: [b]}"])(
    "differs with %s",
    (more) => {
      expect(good(native(more)).hash).not.toBe(good(native()).hash);
    },
  );
});
