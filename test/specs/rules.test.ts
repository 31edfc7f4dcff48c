import { describe, expect, it } from "vitest";
import { bad, native } from "./host.js";

const port = "network: {port: 80}\n";

/** Each row: the text after a good native service, and all that is said about it. */
const rows: readonly [string, readonly string[]][] = [
  ["health:\n  type: tcp\n  intervall: 5s\n" + port, ["api.yaml:7: health.intervall: unknown key; did you mean health.interval?"]],
  ["args: [a]\n", ["api.yaml:5: args: does not go with type native, only with container; remove it, or change service.type"]],
  ["port: 80\n", ["api.yaml:5: port: unknown key; did you mean network.port or health.port?"]],
  [
    "depends_on: [db]\n",
    [
      "api.yaml:5: depends_on: unknown key; known keys here: service, network, routing, health, restart, env, secrets, volumes, args, dependencies, stop, success_exit_codes, ready_log_line, log, umask, user",
    ],
  ],
  ["network: {port: 65536}\n", ["api.yaml:5: network.port: 65536: must be 0 to 65535; write a number in that range"]],
  ["network: {port: -1}\n", ["api.yaml:5: network.port: -1: must be 0 to 65535; write a number in that range"]],
  ["network: {port: '80'}\n", ["api.yaml:5: network.port: 80: must be a whole number; remove the quotes"]],
  ["network: {port: 80.5}\n", ["api.yaml:5: network.port: 80.5: must be a whole number; write digits only"]],
  ["network: {}\n", ["api.yaml:5: network.port: is missing; add network.port: VALUE"]],
  ["network:\n", ["api.yaml:5: network: has no value; write one, or remove the key"]],
  ["network: 80\n", ["api.yaml:5: network: 80: must be a map of keys; write KEY: VALUE lines under it, indented"]],
  ["health: {type: tcp, port: 0}\n", ["api.yaml:5: health.port: 0: must be 1 to 65535; write a number in that range"]],
  [
    "health: {type: tcp}\n",
    ["api.yaml:5: health.port: is missing, and the service has no port of its own to check; add health.port, or network: {port: 0}"],
  ],
  [port + "health: {type: http}\n", ["api.yaml:6: health.path: is missing, an http check needs it; add path: /healthz"]],
  [port + "health: {type: http, path: healthz}\n", ['api.yaml:6: health.path: healthz: must start with "/"; write it as /healthz']],
  [
    port + "health: {type: tcp, path: /x, command: y}\n",
    [
      "api.yaml:6: health.path: does not go with type tcp, only with http; remove it, or change health.type",
      "api.yaml:6: health.command: does not go with type tcp, only with exec; remove it, or change health.type",
    ],
  ],
  [
    "health: {type: exec, port: 80}\n",
    [
      "api.yaml:5: health.command: is missing, an exec check needs it; add command: PROGRAM ARGUMENTS",
      "api.yaml:5: health.port: does not go with type exec, only with http and tcp; remove it, or change health.type",
    ],
  ],
  [port + "health: {type: tpc}\n", ["api.yaml:6: health.type: tpc: must be one of http, tcp, exec; did you mean tcp?"]],
  [port + "health: {type: tcp, interval: 10}\n", ["api.yaml:6: health.interval: 10: has no unit; write 10s"]],
  [
    port + "health: {type: tcp, interval: 0s}\n",
    ["api.yaml:6: health.interval: 0s: must be more than 0; write it as 10s, or remove the key for the default"],
  ],
  [
    port + "health: {type: tcp, timeout: 0}\n",
    ["api.yaml:6: health.timeout: 0: must be more than 0; write it as 10s, or remove the key for the default"],
  ],
  [port + "health: {type: tcp, timeout: 5 s}\n", ["api.yaml:6: health.timeout: 5 s: is not a duration; write it as 10s, 1m30s or 500ms"]],
  [
    port + "health: {type: tcp, grace_period: -5s}\n",
    ["api.yaml:6: health.grace_period: -5s: is not a duration; write it as 10s, 1m30s or 500ms"],
  ],
  [port + "health: {type: tcp, interval: 169h}\n", ["api.yaml:6: health.interval: 169h: is longer than 168h; write a shorter time"]],
  [
    port + "health: {type: tcp, unhealthy_threshold: 0}\n",
    ["api.yaml:6: health.unhealthy_threshold: 0: must be 1 to 1000; write a number in that range"],
  ],
  [
    "restart: {policy: onfailure}\n",
    ["api.yaml:5: restart.policy: onfailure: must be one of always, on-failure, never, oneshot; did you mean on-failure?"],
  ],
  [
    "restart: {delay: 10s, max_delay: 5s}\n",
    ["api.yaml:5: restart.max_delay: 5s: is shorter than restart.delay (10s); write at least that, or remove it (default 30s)"],
  ],
  ["restart: {max_attempts: -1}\n", ["api.yaml:5: restart.max_attempts: -1: must be 0 to 1000000; write a number in that range"]],
  ["restart: {backoff: linear}\n", ["api.yaml:5: restart.backoff: linear: must be one of fixed, exponential; write one of them"]],
  [
    "restart: {reset_after: 0s}\n",
    ["api.yaml:5: restart.reset_after: 0s: must be more than 0; write it as 10s, or remove the key for the default"],
  ],
  [
    "stop: {signal: TERM}\n",
    ["api.yaml:5: stop.signal: TERM: must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL; did you mean SIGTERM?"],
  ],
  ["stop: {timeout: 5}\n", ["api.yaml:5: stop.timeout: 5: has no unit; write 5s"]],
  ["success_exit_codes: 3\n", ["api.yaml:5: success_exit_codes: 3: must be a list; write it as [a, b]"]],
  ["success_exit_codes: [256]\n", ["api.yaml:5: success_exit_codes: 256: must be 0 to 255; write a number in that range"]],
  ["log: {max_size: 10 megs}\n", ["api.yaml:5: log.max_size: 10 megs: is not a size; write it as 10MB, 512KB or a number of bytes"]],
  ["log: {max_size: 100}\n", ["api.yaml:5: log.max_size: 100: must be 1KB to 1024GB; write it as 10MB"]],
  ["log: {keep: -1}\n", ["api.yaml:5: log.keep: -1: must be 0 to 1000; write a number in that range"]],
  ["umask: 089\n", ['api.yaml:5: umask: 089: is not a file mode mask; write octal digits as "022"']],
  ["user: root\n", ["api.yaml:5: user: root: only root can run a service as another user; remove it, or run aurad as root"]],
  [
    port + "health: {type: tcp}\nready_log_line: up\n",
    ["api.yaml:7: ready_log_line: does not go with a health block, which decides when the service is ready; keep one of the two"],
  ],
  ["ready_log_line: ''\n", ['api.yaml:5: ready_log_line: "": must not be empty; write a value or remove the key']],
  ["routing: {hostname: a.test}\n", ["api.yaml:5: routing: needs the service's port; add network: {port: 0}"]],
  [port + "routing: {hostname: 'a b'}\n", ["api.yaml:6: routing.hostname: a b: is not a host name; write it as api.example.test"]],
  [
    port + "routing: {tls: yes}\n",
    [
      "api.yaml:6: routing.hostname: is missing; add routing.hostname: VALUE",
      "api.yaml:6: routing.tls: yes: must be true or false; write true or false",
    ],
  ],
  ["dependencies: {after: db}\n", ["api.yaml:5: dependencies.after: db: must be a list; write it as [a, b]"]],
  [
    "dependencies:\n  after: [postgres]\n  requires: [postgrse]\n",
    ["api.yaml:7: dependencies.requires: postgrse: is not in dependencies.after; did you mean postgres?"],
  ],
  ["dependencies: {requires: [db]}\n", ["api.yaml:5: dependencies.requires: db: is not in dependencies.after; add it there too"]],
  ["dependencies:\n  after:\n    - db\n    - db\n", ["api.yaml:8: dependencies.after: db: is named twice; remove one"]],
  ["dependencies: {after: [api]}\n", ["api.yaml:5: dependencies.after: api: a service cannot wait for itself; remove it"]],
  [
    "dependencies: {after: ['a b']}\n",
    ["api.yaml:5: dependencies.after: a b: is not a service name; use letters, digits, '.', '_', '-', at most 64, first a letter or digit"],
  ],
  ["env: {1A: x}\n", ["api.yaml:5: env.1A: is not a variable name; use letters, digits and '_', first a letter"]],
  ["env: {A: }\n", ["api.yaml:5: env.A: has no value; write one, or remove the key"]],
  ["env: {A: [1]}\n", ["api.yaml:5: env.A: must be text; write one value after the colon"]],
  ["env: [A=secret]\n", ["api.yaml:5: env: must be a map of keys; write KEY: VALUE lines under it, indented"]],
  ["env: {AURA_HOST: x}\n", ["api.yaml:5: env.AURA_HOST: is set by aurad; remove it"]],
  ["env: {A: x}\nsecrets: {A: {secret: k}}\n", ["api.yaml:6: secrets.A: stands under env too; keep one of the two"]],
  ["secrets: {A: plain-text}\n", ["api.yaml:5: secrets.A: must be a map of keys; write KEY: VALUE lines under it, indented"]],
  ["secrets: {A: {secret: x, keychain: y}}\n", ["api.yaml:5: secrets.A: needs one key; write {secret: KEY}"]],
  ["secrets: {A: {vault: x}}\n", ["api.yaml:5: secrets.A.vault: unknown key; write secret: KEY"]],
];

describe("every rule names the file, the line, the key, the value and the fix", () => {
  it.each(rows)("%j", (more, messages) => {
    expect(bad(native(more))).toEqual(messages);
  });

  it.each([
    ["api;", "is not a service name"],
    ["_api", "is not a service name"],
    ["a/b", "is not a service name"],
    [`a${"b".repeat(64)}`, "is not a service name"],
    ["12", "must be text; put it in quotes"],
    ["''", "is not a service name"],
  ])("service.name %s is refused", (name, why) => {
    expect(bad(native().replace("name: api", `name: ${name}`))).toEqual([expect.stringContaining(why)]);
  });
});

describe("keys that do not go with the type of the service", () => {
  it("are each named for a container", () => {
    const text = "service:\n  name: db\n  type: container\n  command: x\n  working_dir: /\numask: 022\n";
    expect(bad(text)).toEqual([
      "api.yaml:1: service.image: is missing, a container service needs it; add image: NAME:TAG",
      "api.yaml:4: service.command: does not go with type container, only with native; remove it, or change service.type",
      "api.yaml:5: service.working_dir: does not go with type container, only with native; remove it, or change service.type",
      "api.yaml:6: umask: does not go with type container, only with native; remove it, or change service.type",
    ]);
  });

  it("are each named for an external service", () => {
    const text = "service: {name: db, type: external}\nnetwork: {port: 0}\nrestart: {}\nrouting: {hostname: a}\nstop: {}\n";
    expect(bad(text)).toEqual(
      [
        "api.yaml:1: health: is missing, an external service needs it; add a health: block; watching is all that is done for an external service",
        "api.yaml:2: network.port: 0: an external service is not given a port; write the port it listens on",
        "api.yaml:3: restart: does not go with type external, only with native and container; remove it, or change service.type",
        "api.yaml:4: routing: does not go with type external, only with native and container; remove it, or change service.type",
        "api.yaml:5: stop: does not go with type external, only with native and container; remove it, or change service.type",
      ].map((line) => expect.stringContaining(line)),
    );
  });

  it("a native service without a command says so", () => {
    expect(bad("service:\n  name: a\n  type: native\n")).toEqual([
      "api.yaml:1: service.command: is missing, a native service needs it; add command: PROGRAM ARGUMENTS",
    ]);
  });

  it("a key that stands twice is an error in one of the places", () => {
    expect(bad(native("umask: 022\n", "  umask: 022\n"))).toEqual([
      "api.yaml:5: service.umask: stands at the top level too; keep the one at the top level",
    ]);
  });
});

it("all problems of a file are told at once, in the order of its lines", () => {
  const messages = bad("service:\n  type: nativ\nhealth:\n  type: http\n  timeout: 5\nextra: 1\ndependencies:\n  requires: [b]\n");
  expect(messages.map((message) => message.split(": ").slice(0, 2).join(" "))).toEqual([
    "api.yaml:1 service.name",
    "api.yaml:2 service.type",
    "api.yaml:3 health.path",
    "api.yaml:3 health.port",
    "api.yaml:5 health.timeout",
    "api.yaml:6 extra",
    "api.yaml:8 dependencies.requires",
  ]);
});

it("no message repeats an env value, a secret or an argument", () => {
  const token = "hunter2";
  const texts = [
    native(`env: {A: [${token}]}\n`),
    native(`env: ${token}\n`),
    native(`env: {A: "\${${token}"}\n`),
    native(`env:\n  A: "${token}\n`),
    native(`secrets: {A: ${token}}\n`),
    native(`secrets: [${token}]\n`),
    native(`env:\n  A: @${token}\n`),
    native(`env:\n  A: x: ${token}\n`),
    native().replace("./bin/api", `'a --password=${token} | b'`),
    native(`args: ${token}\n`),
    native(`env: {A: !${token} x}\n`),
    `${token}`,
    `- ${token}`,
  ];
  for (const text of texts) expect(bad(text).join("\n")).not.toContain(token);
});
