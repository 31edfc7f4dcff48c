import { describe, expect, it } from "vitest";
import { serviceStatus, statusDocument } from "../../src/services/status.js";
import { makeSnapshot } from "./make.js";

describe("a service as `status` shows it", () => {
  const running = makeSnapshot("api", {
    state: "running",
    pid: 7,
    startedAt: 1_700_000_000_000,
    startedUptimeMs: 10_000,
    lastExit: { status: 143, known: true },
  });

  it("counts its uptime on the host's clock, in whole seconds", () => {
    expect(serviceStatus(running, 75_999)).toMatchObject({ uptime_s: 65, last_exit_code: 143, pid: 7 });
  });

  it("has no uptime while it does not run, nor when the host's clock is not known, and never a negative one", () => {
    expect(serviceStatus({ ...running, state: "stopping" }, 75_000).uptime_s).toBeNull();
    expect(serviceStatus(running, null).uptime_s).toBeNull();
    expect(serviceStatus({ ...running, startedAt: null, startedUptimeMs: null }, 75_000).uptime_s).toBeNull();
    expect(serviceStatus(running, 5000).uptime_s).toBe(0);
  });

  it("does not invent an exit code that nobody knows", () => {
    expect(serviceStatus({ ...running, lastExit: { status: null, known: false } }, null).last_exit_code).toBeNull();
    expect(serviceStatus({ ...running, lastExit: null }, null).last_exit_code).toBeNull();
  });

  it("stands in a document sorted by name", () => {
    const rows = ["web", "api", "db"].map((name) => serviceStatus(makeSnapshot(name), null));
    expect(statusDocument("dev", rows)).toMatchObject({
      schema_version: 1,
      host: "dev",
      services: [{ name: "api" }, { name: "db" }, { name: "web" }],
    });
  });
});
