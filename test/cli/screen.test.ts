import pc from "picocolors";
import { describe, expect, it } from "vitest";
import type { Io } from "../../src/cli/context.js";
import { renderStatus } from "../../src/cli/render/status.js";
import { plain, wrap } from "../../src/cli/render/text.js";
import { Screen } from "../../src/cli/screen.js";
import type { ServiceStatus } from "../../src/services/control.js";

function terminal(rows: number): Io & { readonly written: string[] } {
  const written: string[] = [];
  return {
    written,
    out: (text) => void written.push(text),
    err: () => {},
    tty: true,
    columns: () => 80,
    rows: () => rows,
    colors: pc.createColors(true),
    env: {},
  };
}

const service: ServiceStatus = {
  name: "api",
  type: "native",
  state: "running",
  health: "healthy",
  pid: 4_194_304,
  port: 65535,
  uptime_s: 86_399,
  restart_count: 12,
  last_exit_code: null,
  last_error: null,
  generation: 1,
  reason: "started",
  ready: true,
};

describe("the watch screen", () => {
  it("overwrites line by line in one write, never clearing what is about to be drawn again", () => {
    const io = terminal(24);
    const screen = new Screen(io);
    screen.show(["one", "two"]);
    screen.show(["one"]);
    screen.close();
    expect(io.written[1]).toBe("\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J");
    expect(io.written.join("")).not.toContain("\u001b[2J");
    expect(io.written.at(-1)).toBe("\u001b[?25h\u001b[?1049l");
  });

  it("writes nothing when nothing changed", () => {
    const io = terminal(24);
    const screen = new Screen(io);
    screen.show(["same"]);
    screen.show(["same"]);
    expect(io.written).toHaveLength(2);
  });

  it("says how much does not fit", () => {
    const io = terminal(5);
    new Screen(io).show(["1", "2", "3", "4", "5", "6"]);
    const lines = io.written[1]!.split("\u001b[K\n");
    expect(lines.slice(0, -1)).toEqual(["\u001b[H1", "2", "3", "… 3 more lines"]);
  });
});

describe("the table", () => {
  it("fits 80 columns with the widest values there are, colours not counted", () => {
    const widest: ServiceStatus = {
      ...service,
      name: "x".repeat(100),
      type: "container",
      state: "starting",
      health: "unhealthy",
      restart_count: 99_999_999,
    };
    const lines = renderStatus([widest], pc.createColors(true), 80).map(plain);
    expect(lines[1]).toMatch(/^x+… +container +starting +unhealthy +4194304 +65535 +23h59m +99999999$/);
    expect(Math.max(...lines.map((line) => line.length))).toBe(80);
  });

  it("gives a reason to what runs but is not ready, and none to what simply runs", () => {
    const colors = pc.createColors(false);
    expect(renderStatus([service], colors, 80)).toHaveLength(2);
    expect(renderStatus([{ ...service, ready: false, reason: "no ready line yet" }], colors, 80)[2]).toBe("    no ready line yet");
  });
});

describe("text", () => {
  it("keeps escape sequences and line breaks of others away from the terminal", () => {
    expect(plain("\u001b]0;owned\u0007a\u001b[31mb\r\nc\u0000d")).toBe("ab c d");
  });

  it("wraps at words and breaks what is longer than a line", () => {
    expect(wrap("aa bb cccccccc d", 5)).toEqual(["aa bb", "ccccc", "ccc d"]);
  });
});
