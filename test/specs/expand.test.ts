import { describe, expect, it } from "vitest";
import { fillStartVariables } from "../../src/services/spec/start-variables.js";
import { bad, good, native } from "./host.js";

const port = "network: {port: 0}\n";

function env(value: string, filledPort = 4242): string | undefined {
  return fillStartVariables(good(native(`${port}env:\n  V: ${JSON.stringify(value)}\n`)), { port: filledPort, name: "api" }).env["V"];
}

function command(text: string): readonly string[] | undefined {
  return fillStartVariables(good(native(port).replace("./bin/api", () => JSON.stringify(text))), { port: 4242, name: "api" }).command;
}

describe("env values", () => {
  it.each([
    ["~", "/home/ann"],
    ["~/x", "/home/ann/x"],
    ["a/~", "a/~"],
    ["~bob/x", "~bob/x"],
    ["$APP/log", "/srv/app/log"],
    ["${APP}log", "/srv/applog"],
    ["[$EMPTY]", "[]"],
    ["$$APP", "$APP"],
    ["$$$APP", "$/srv/app"],
    ["$${PORT}", "${PORT}"],
    ["cost $5 or 5$", "cost $5 or 5$"],
    ["http://127.0.0.1:${PORT}/${SERVICE_NAME}", "http://127.0.0.1:4242/api"],
    ["$PORT-$SERVICE_NAME", "4242-api"],
    ["$PRICE", "5$ ${PORT}"],
  ])("%j becomes %j", (written, value) => {
    expect(env(written)).toBe(value);
  });

  it.each([
    ["$NOPE", "api.yaml:6: env.V: variable NOPE is not set where aurad runs; set NOPE, or write $$ for a literal dollar"],
    ["${NOPE", "api.yaml:6: env.V: has ${ without }; close it, or write $$ for a literal dollar"],
    ["${NOPE:-x}", "api.yaml:6: env.V: has ${...} that is not a variable name; write ${NAME}, or $$ for a literal dollar"],
    [
      "$constructor",
      "api.yaml:6: env.V: variable constructor is not set where aurad runs; set constructor, or write $$ for a literal dollar",
    ],
  ])("%j is refused", (written, message) => {
    expect(bad(native(`env:\n  V: ${JSON.stringify(written)}\n`))).toEqual([message]);
  });

  it("PORT without a port is refused", () => {
    expect(bad(native("env: {V: '${PORT}'}\n"))).toEqual([
      "api.yaml:5: env.V: uses PORT, but the service has no port; add network: {port: 0}",
    ]);
    expect(env("$${PORT}")).toBe("${PORT}");
  });
});

describe("commands", () => {
  it.each([
    ["node s.mjs --port ${PORT}", ["node", "s.mjs", "--port", "4242"]],
    ["node --port=$PORT ${SERVICE_NAME}", ["node", "--port=4242", "api"]],
    ["sh -c 'echo $$ $HOME $${PORT} $PORTAL'", ["sh", "-c", "echo $$ $HOME ${PORT} $PORTAL"]],
    ["~/bin/api ~", ["/home/ann/bin/api", "~"]],
    ["$APP/bin/${SERVICE_NAME} x", ["/srv/app/bin/api", "x"]],
    ["../bin/api", ["/etc/aura/bin/api"]],
    ["/usr//bin/./api", ["/usr/bin/api"]],
  ])("%j", (written, words) => {
    expect(command(written)).toEqual(words);
  });

  it("a program path is seen from working_dir, whose dollars are literal", () => {
    const spec = good(native("", "  working_dir: $$dir/a\n"));
    expect(spec.workingDir).toBe("/etc/aura/services/$dir/a");
    expect(fillStartVariables(spec, { port: null, name: "api" }).command).toEqual(["/etc/aura/services/$dir/a/bin/api"]);
  });

  it("fills the health command too", () => {
    const spec = good(native(`${port}health: {type: exec, command: "check :\${PORT}"}\n`));
    expect(fillStartVariables(spec, { port: 80, name: "api" }).health?.command).toEqual(["check", ":80"]);
  });
});

describe("paths", () => {
  it.each([
    ["~", "/home/ann"],
    ["~/my project", "/home/ann/my project"],
    ["..", "/etc/aura"],
    ["../../..", "/"],
    ["$APP/../x", "/srv/x"],
    ["/var/${SERVICE_NAME}", "/var/api"],
  ])("working_dir %j is %j", (written, dir) => {
    expect(good(native("", `  working_dir: ${JSON.stringify(written)}\n`)).workingDir).toBe(dir);
  });

  it.each([
    [
      "$NOPE/x",
      "api.yaml:5: service.working_dir: $NOPE/x: variable NOPE is not set where aurad runs; set NOPE, or write $$ for a literal dollar",
    ],
    ["~bob", "api.yaml:5: service.working_dir: ~bob: only ~ and ~/ are expanded; write the absolute path"],
    ["$EMPTY", "api.yaml:5: service.working_dir: $EMPTY: is empty; write a path"],
    [
      "/x/$PORT",
      "api.yaml:5: service.working_dir: /x/$PORT: the port is known only at start, so it cannot be part of a path; use ${SERVICE_NAME} instead",
    ],
  ])("working_dir %j is refused", (written, message) => {
    expect(bad(native("", `  working_dir: ${JSON.stringify(written)}\n`))).toEqual([message]);
  });
});
