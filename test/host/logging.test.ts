import { describe, expect, it } from "vitest";
import { createLog, printProcessError, wantsColour } from "../../src/adapters/logging/create-log.js";
import type { LogFormat, LogLevel } from "../../src/host/config-defaults.js";
import { AuraError } from "../../src/shared/errors.js";
import type { Log } from "../../src/shared/log.js";

const at = "2026-05-28T10:30:00.000Z";

function logged(format: LogFormat, level: LogLevel, write: (log: Log) => void, colour = false): string {
  let out = "";
  write(
    createLog({
      format,
      level,
      colour,
      now: () => at,
      stdout: {
        write: (line) => {
          out += line;
        },
      },
    }),
  );
  return out;
}

const record = (log: Log): void => log.warn({ service: "web", pid: 7, cause: { kind: "exit" }, note: "two words" }, 'said "no"');

describe("logging", () => {
  it("writes one JSON object a line", () => {
    expect(logged("json", "info", record)).toBe(
      `{"level":"warn","time":"${at}","service":"web","pid":7,"cause":{"kind":"exit"},"note":"two words","msg":"said \\"no\\""}\n`,
    );
  });

  it("writes the same as one line of text", () => {
    expect(logged("text", "info", record)).toBe(
      `time=${at} level=warn msg="said \\"no\\"" service=web pid=7 cause="{\\"kind\\":\\"exit\\"}" note="two words"\n`,
    );
  });

  it("keeps a line break within its line of text", () => {
    expect(logged("text", "info", (log) => log.info({}, "a\nb"))).toBe(`time=${at} level=info msg="a\\nb"\n`);
  });

  it("writes for people with a header and a line a field, coloured when asked", () => {
    expect(logged("pretty", "info", record)).toMatch(/^\[\d\d:\d\d:\d\d\] WARN \(7\): said "no"\n {4}service: "web"\n {4}cause: \{\n/);
    expect(logged("pretty", "info", record, true)).toContain("\u001b[");
  });

  it.each<[LogFormat, RegExp]>([
    ["json", /^\{"level":"WARN","time":"2026-05-28T10:30:00.000Z","service"/],
    ["text", /^time=2026-05-28T10:30:00.000Z level=WARN msg=/],
    ["pretty", /^\[\d\d:\d\d:\d\d\] WARN \(7\): said "no"\n {4}service: "web"\n/],
  ])("names levels as the records of ticks do, as %s", (format, expected) => {
    let out = "";
    const stdout = { write: (line: string) => void (out += line) };
    record(createLog({ format, level: "info", upperLevels: true, now: () => at, stdout }));
    expect(out).toMatch(expected);
  });

  it.each<[LogLevel, string[]]>([
    ["trace", ["trace", "debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["error", ["error"]],
  ])("leaves out what is below %s", (level, expected) => {
    const out = logged("json", level, (log) => {
      for (const each of ["trace", "debug", "info", "warn", "error"] as const) log[each]({}, "x");
    });
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { level: string }).level),
    ).toEqual(expected);
  });

  it("puts an error's line into a field, without its stack", () => {
    const out = logged("json", "info", (log) =>
      log.error({ error: new AuraError("refused", "no", { fix: "ask" }), cause: new Error("gone") }, "x"),
    );
    expect(JSON.parse(out)).toMatchObject({ error: "no; ask", cause: "gone" });
  });

  it("colours only a terminal, and never against NO_COLOR", () => {
    expect([
      wantsColour(true, {}),
      wantsColour(false, {}),
      wantsColour(true, { NO_COLOR: "1" }),
      wantsColour(true, { TERM: "dumb" }),
    ]).toEqual([true, false, false, false]);
  });

  it("prints a failure of the process as one line on stderr", () => {
    let out = "";
    printProcessError("aurad", new AuraError("home_in_use", "in use by pid 7"), {
      write: (text) => {
        out += text;
      },
    });
    expect(out).toBe("aurad: in use by pid 7; stop the other aurad, or set another AURA_HOME\n");
  });
});
