import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newAsker } from "../../src/cli/local.js";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";

let main: string;
let cli: CliHost;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(() => {
  cli = new CliHost(main);
  return () => cli.remove();
});

describe("status", () => {
  const long = "a-service-whose-name-is-longer-than-any-column-of-a-terminal";
  beforeEach(async () => {
    await cli.serve([
      { name: "zeta", state: "running", health: "unhealthy", port: 65535, restartCount: 1_000_000, reason: "3 probes failed" },
      { name: long, type: "external", state: "running", health: "healthy", port: 20001 },
      { name: "alpha", state: "failed", reason: `gave up after 5 restarts \u001b[31m${"because it always ends ".repeat(5)}` },
    ]);
  });

  it("shows a table of 80 columns sorted by name, long names cut, with reasons below what does not simply run", async () => {
    const { status, stdout, stderr } = await cli.run("status");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[0]).toMatch(/^NAME +TYPE +STATE +HEALTH +PID +PORT +UPTIME +RESTARTS$/);
    expect(lines.map((line) => line.slice(0, 6))).toEqual(["NAME  ", "a-serv", "alpha ", "    ga", "    be", "zeta  ", "    3 "]);
    expect(lines[1]).toMatch(/^a-service-wh\S*… +external +running +healthy +4000000 +20001 +1h02m +0$/);
    expect(lines.at(-1)).toBe("    3 probes failed");
    expect(stdout).not.toContain("\u001b");
  });

  it("prints the status document with --json, before or after the command", async () => {
    const [after, before] = await Promise.all([cli.run("status", "--json"), cli.run("--json", "status")]);
    expect(after.stdout).toBe(before.stdout);
    const document = JSON.parse(after.stdout);
    expect(document).toMatchObject({ schema_version: 1, host: "laptop" });
    expect(document.services.find((row: { name: string }) => row.name === "zeta")).toMatchObject({
      type: "native",
      state: "running",
      health: "unhealthy",
      pid: 4_000_000,
      port: 65535,
      uptime_s: 3725,
      restart_count: 1_000_000,
      last_exit_code: null,
      last_error: null,
      generation: 0,
    });
  });

  it("shows the named services only, and the nearest name for a mistyped one", async () => {
    expect(JSON.parse((await cli.run("status", "zeta", "--json")).stdout).services).toHaveLength(1);
    const { status, stdout, stderr } = await cli.run("status", "alhpa");
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr: "aura-msg: host laptop has no service alhpa; did you mean alpha?\n",
    });
  });

  it("takes the local host by its name, and another one not by the socket", async () => {
    expect((await cli.run("status", "--host", "laptop")).status).toBe(0);
    const other = await cli.run("status", "--host", "elsewhere");
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(/^aura-msg: no Temporal server answers at 127\.0\.0\.1:1; .+\n$/);
  });

  it("shows each change with --watch, over a restart of the daemon too, and ends well on Ctrl-C", async () => {
    const child = cli.start("status", "--watch", "alpha");
    let seen = "";
    child.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    await expect.poll(() => seen).toMatch(/alpha +native +failed/);
    await cli.run("restart", "alpha");
    await expect.poll(() => seen).toMatch(/alpha +native +running/);
    await cli.stopServing();
    await expect.poll(() => seen).toContain("trying again");
    await cli.serve([{ name: "alpha", state: "pending" }]);
    await expect.poll(() => seen, { timeout: 3000 }).toMatch(/alpha +native +pending/);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("status of many services", () => {
  it("prints every one of 500 into a pipe", async () => {
    await cli.serve(Array.from({ length: 500 }, (_, i) => ({ name: `service-${i}`, state: "running" as const })));
    const { status, stdout } = await cli.run("status");
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(501);
  });

  it("says what to do when there are none", async () => {
    await cli.serve([]);
    expect((await cli.run("status")).stdout).toBe("no services on laptop; write a spec and start it with: aura-msg up\n");
  });
});

describe("without a daemon", () => {
  it.each([["status"], ["up"], ["why", "x"], ["logs", "x"], ["reload"], ["graph"]])(
    "%s ends with 2 and says how to start one",
    async (...args) => {
      const { status, stdout, stderr } = await cli.run(...args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^aura-msg: no aurad answers on \S+aurad\.sock.*; start it with: aurad\n$/);
    },
  );

  it("says so in JSON too", async () => {
    const { status, stdout, stderr } = await cli.run("status", "--json");
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "daemon_not_running", message: expect.stringContaining("127.0.0.1:1"), fix: "start it with: aurad" },
    });
  });
});

describe("usage", () => {
  it.each([
    [["statsu"], "unknown command 'statsu'; did you mean status?"],
    [["status", "--jsno"], "unknown option '--jsno'; did you mean --json?"],
    [["restart"], "missing required argument 'name'; see: aura-msg --help"],
    [["restart", "a", "b"], "too many arguments for 'restart'. Expected 1 argument but got 2; see: aura-msg --help"],
    [["up", "--timeout", "soon"], '--timeout: "soon" is not a duration; write it as 500ms, 90s, 10m or 2h'],
    [["logs", "x", "-n", "many"], '-n, --lines: "many" is not a number of lines; give 0 to 10000'],
    [
      ["logs", "x", "--grep", "["],
      "--grep: Invalid regular expression: /[/: Unterminated character class; escape special characters with a backslash",
    ],
    [["status", "--watch", "--json"], undefined],
    [["completion", "tcsh"], 'there is no completion for "tcsh"; choose bash, zsh or fish'],
  ])("%j is bad usage: exit 1 and one line", async (args, message) => {
    const { status, stdout, stderr } = await cli.run(...args);
    expect(status).toBe(1);
    if (message === undefined) expect(JSON.parse(stdout).error.code).toBe("usage");
    else expect({ stdout, stderr }).toEqual({ stdout: "", stderr: `aura-msg: ${message}\n` });
  });

  it("is answered in JSON with --json", async () => {
    const { status, stdout, stderr } = await cli.run("status", "--nope", "--json");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout).error).toMatchObject({ code: "usage", message: "unknown option '--nope'" });
  });

  it("prints help and version on stdout with exit 0, help without a command on stderr with exit 1", async () => {
    const [help, version, nothing, of] = await Promise.all([cli.run("--help"), cli.run("--version"), cli.run(), cli.run("logs", "--help")]);
    expect([help.status, version.status, nothing.status, of.status]).toEqual([0, 0, 1, 0]);
    expect(help.stdout).toContain("Exit status: 0 done; 1 bad usage");
    expect(version.stdout).toMatch(/^aura-msg \d+\.\d+\.\d+\n$/);
    expect(nothing.stdout).toBe("");
    expect(nothing.stderr).toContain("Usage: aura-msg");
    expect(of.stdout).toContain("--since <duration>");
    expect(of.stdout).toContain("--server-address <host:port>");
    for (const { stdout } of [help, of]) expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("logs", () => {
  it("prints the last lines, those since a while, and those that match", async () => {
    const host = await cli.serve([{ name: "api", state: "running" }]);
    host.logLines.set("api", ["one", "two", "three"]);
    expect((await cli.run("logs", "api", "-n", "2")).stdout).toBe("two\nthree\n");
    expect((await cli.run("logs", "api", "--grep", "^t", "--since", "10m", "--json")).stdout).toBe(
      '{"schema_version":1,"service":"api","lines":["two","three"]}\n',
    );
    expect(Date.now() - host.lastQuery!.sinceMs!).toBeGreaterThanOrEqual(600_000);
    expect(host.lastQuery!.lines).toBe(50);
  });

  it("follows until Ctrl-C", async () => {
    const host = await cli.serve([{ name: "api", state: "running" }]);
    host.writeLog("api", "before");
    const child = cli.start("logs", "api", "-f");
    let seen = "";
    child.stdout.on("data", (part: Buffer) => (seen += part.toString()));
    await expect.poll(() => seen).toBe("before\n");
    host.writeLog("api", "after");
    await expect.poll(() => seen).toBe("before\nafter\n");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("is content with a reader that has seen enough", async () => {
    const host = await cli.serve([{ name: "api", state: "running" }]);
    host.logLines.set(
      "api",
      Array.from({ length: 10_000 }, (_, i) => `line ${i} ${"x".repeat(200)}`),
    );
    const child = cli.start("logs", "api", "-n", "10000");
    let errors = "";
    child.stderr.on("data", (part: Buffer) => (errors += part.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(errors).toBe("");
  });

  it("names the nearest service for a mistyped one, followed or not", async () => {
    await cli.serve([{ name: "api", state: "running" }]);
    for (const more of [[], ["-f"]]) {
      const { status, stderr } = await cli.run("logs", "apu", ...more);
      expect({ status, stderr }).toEqual({ status: 1, stderr: "aura-msg: host laptop has no service apu; did you mean api?\n" });
    }
  });
});

describe("why", () => {
  it("tells what ended it, which rule decided, after what delay and who asked, and goes on to the cause", async () => {
    const host = await cli.serve([
      { name: "store", state: "running" },
      { name: "api", state: "running", after: ["store"], requires: ["store"] },
    ]);
    await cli.run("restart", "store");
    host.change("store", "backoff", { kind: "exit" }, "exited 137; on-failure restart 3 of 5 in 4s", {
      delayMs: 4000,
      lastExit: { status: 137, known: true },
    });
    host.change("api", "stopping", { kind: "dependency", service: "store" }, "store, which it requires, went away");
    const { status, stdout } = await cli.run("why", "api");
    expect(status).toBe(0);
    const lines = stdout.split("\n").map((line) => line.trimEnd());
    expect(lines[0]).toBe("api on laptop: stopping, wanted up");
    expect(lines).toContain("      because of store; store, which it requires, went away");
    expect(lines).toContain("  which goes back to store: backoff, wanted up");
    expect(stdout).toContain(`${newAsker().by} asked for restart`);
    const flowed = stdout.replace(/\s+/g, " ");
    expect(flowed).toContain("its process ended by SIGKILL (137); exited 137; on-failure restart 3 of 5 in 4s");
    expect(stdout).toMatch(/ {4}2026-01-02 03:04:\d\d {2}running -> backoff/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const json = JSON.parse((await cli.run("why", "api", "--json")).stdout);
    expect(json).toMatchObject({ schema_version: 1, service: "api", because: [{ service: "store" }] });
  });

  it("goes round a circle of causes once", async () => {
    const host = await cli.serve([
      { name: "a", state: "running" },
      { name: "b", state: "running" },
    ]);
    host.change("a", "pending", { kind: "dependency", service: "b" }, "waits for b");
    host.change("b", "pending", { kind: "dependency", service: "a" }, "waits for a");
    expect(JSON.parse((await cli.run("why", "a", "--json")).stdout).because).toHaveLength(1);
  });
});

describe("graph", () => {
  it("draws who starts after whom, the second time without what follows", async () => {
    await cli.serve([
      { name: "store", state: "running" },
      { name: "cache", state: "running" },
      { name: "api", after: ["store", "cache"], requires: ["store"], state: "pending" },
      { name: "web", after: ["api"], state: "failed" },
    ]);
    expect((await cli.run("graph")).stdout).toBe(
      [
        "cache  running",
        "└─ api  pending  after cache",
        "   └─ web  failed  after api",
        "store  running",
        "└─ api  pending  requires store  (see above)",
        "",
      ].join("\n"),
    );
    expect(JSON.parse((await cli.run("graph", "--json")).stdout)).toMatchObject({ schema_version: 1, services: expect.any(Array) });
  });
});

describe("check", () => {
  const good = "service:\n  name: good\n  type: native\n  command: sleep 60\n";

  it("prints a line for each good file and exits 0, without any daemon", async () => {
    writeFileSync(join(cli.servicesDir, "good.yaml"), good);
    const { status, stdout } = await cli.run("check");
    expect({ status, stdout }).toEqual({ status: 0, stdout: `OK ${join(cli.servicesDir, "good.yaml")} (good)\n` });
  });

  it("names file, line and key of what is wrong and exits 1, the same with --json", async () => {
    writeFileSync(join(cli.servicesDir, "good.yaml"), good);
    writeFileSync(join(cli.servicesDir, "bad.yml"), "service:\n  name: bad\n  type: nativ\n  command: sleep 60\n");
    writeFileSync(join(cli.servicesDir, "notes.txt"), "no spec");
    const text = await cli.run("check", cli.servicesDir);
    expect(text.status).toBe(1);
    expect(text.stdout).toMatch(/^FAIL \S+bad\.yml\n {2}\S*bad\.yml:3: service\.type: .*\nOK \S+good\.yaml \(good\)\n$/);
    const json = await cli.run("check", cli.servicesDir, "--json");
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema_version: 1,
      ok: false,
      files: [
        { ok: false, service: "bad" },
        { ok: true, service: "good" },
      ],
    });
  });

  it("sees one file together with its neighbours, and reports that file alone", async () => {
    const file = join(cli.servicesDir, "later.yaml");
    writeFileSync(join(cli.servicesDir, "good.yaml"), good);
    writeFileSync(join(cli.servicesDir, "broken.yaml"), "{");
    writeFileSync(file, "service:\n  name: later\n  type: native\n  command: sleep 60\ndependencies:\n  after: [good]\n");
    const { status, stdout } = await cli.run("check", file);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `OK ${file} (later)\n` });
  });

  it("says that a path does not exist", async () => {
    const { status, stderr } = await cli.run("check", "/nowhere/at/all");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "aura-msg: /nowhere/at/all: no such file or folder; name a spec file or a folder of specs\n",
    });
  });
});
