import { describe, expect, it } from "vitest";
import type { HostRow } from "../../src/api/remote.js";
import { apiOfHost } from "../../src/cli/host-api.js";
import { progressOf, type Goal, type Progress } from "../../src/cli/progress.js";
import type { ServiceStatus } from "../../src/services/control.js";

type Shape = Partial<Pick<ServiceStatus, "state" | "ready" | "generation" | "type">>;

function row(shape: Shape): ServiceStatus {
  return {
    name: "x",
    type: "native",
    state: "stopped",
    health: "none",
    pid: null,
    port: null,
    uptime_s: null,
    restart_count: 0,
    last_exit_code: null,
    last_error: null,
    generation: 1,
    reason: "",
    ready: false,
    ...shape,
  };
}

describe("how far a service is on its way", () => {
  it.each<[Goal, Shape, Shape, Progress, string]>([
    ["up", { state: "stopped" }, { state: "running", ready: true, generation: 2 }, "done", "it is ready"],
    ["up", { state: "running", ready: true }, { state: "running", ready: true }, "done", "it was ready before"],
    ["up", { state: "stopped" }, { state: "stopped" }, "moving", "the order has not been begun"],
    ["up", { state: "stopped" }, { state: "stopped", generation: 2 }, "stuck", "it ran and ended"],
    ["up", { state: "stopped" }, { state: "running", generation: 2 }, "moving", "it runs but is not ready"],
    ["up", { state: "stopped" }, { state: "backoff", generation: 2 }, "moving", "it will be tried again"],
    ["up", { state: "stopped" }, { state: "pending" }, "stuck", "it waits for another"],
    ["up", { state: "stopped" }, { state: "failed" }, "stuck", "it failed"],
    ["restart", { state: "running", ready: true }, { state: "running", ready: true }, "moving", "it is the old process still"],
    ["restart", { state: "running", ready: true }, { state: "running", ready: true, generation: 2 }, "done", "it is the new process"],
    ["restart", { type: "external" }, { type: "external", state: "running", ready: true }, "done", "others restart it"],
    ["down", { state: "running" }, { state: "running" }, "moving", "it still runs"],
    ["down", { state: "running" }, { state: "stopping" }, "moving", "it is on its way"],
    ["down", { state: "running" }, { state: "stopped" }, "done", "it stopped"],
    ["down", { type: "external" }, { type: "external", state: "running" }, "done", "others stop it"],
  ])("%s from %j to %j is %s: %s", (goal, before, now, progress) => {
    expect(progressOf(goal, row(now), row(before))).toBe(progress);
  });

  it("counts a service that is gone as stopped, but not as started", () => {
    expect(progressOf("down", undefined, row({}))).toBe("done");
    expect(progressOf("up", undefined, row({}))).toBe("stuck");
  });
});

describe("the API of another host", () => {
  const known: HostRow = { host: "desk", api_url: "http://desk:7000", state: "running", aurad_pid: 1, last_seen: null };

  it("is asked with the token of the environment", () => {
    expect(apiOfHost("desk", known, "t")).toEqual({ url: "http://desk:7000", token: "t" });
  });

  it("says what is missing", () => {
    expect(() => apiOfHost("desk", known, undefined)).toThrow("the API of host desk needs its token");
    expect(() => apiOfHost("desk", { ...known, api_url: null }, "t")).toThrow("serves no API");
    expect(() => apiOfHost("nope", undefined, "t")).toThrow("no host nope is known");
  });
});
