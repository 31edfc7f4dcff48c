import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { createLogsPort } from "../../src/adapters/service-logs/logs-port.js";
import { numbered, scratch, warnings } from "./writer.js";

const parent = scratch();
const dir = join(parent, "small");
mkdirSync(dir);
const isMounted = tryMount();
if (!isMounted) {
  process.stderr.write("SKIP: full disk, for a small file system cannot be mounted here (needs root)\n");
  rmSync(parent, { recursive: true });
}

function tryMount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  if (isMounted) execFileSync("umount", ["-l", dir]);
});

describe.runIf(isMounted)("on a full disk", () => {
  const filler = join(dir, "filler");
  beforeAll(() => fill(filler));

  function fill(file: string): void {
    try {
      writeFileSync(file, Buffer.alloc(2_000_000, 1));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    }
  }

  it("goes on, warns once, loses nothing that was written, and rotates when there is room again", async () => {
    const { log, lines } = warnings();
    rmSync(filler);
    const logs = createServiceLogs({ dir, log });
    logs.configure("api", { maxSizeBytes: 200_000, keep: 3 });
    const fd = logs.open("api");
    writeSync(fd, numbered(0, 3000));
    fill(filler);
    await logs.sweepOnce();
    await logs.sweepOnce();
    expect(lines).toEqual(["log was not rotated; it grows until that is possible again"]);
    expect(existsSync(join(dir, "api.log.1"))).toBe(false);
    expect(readFileSync(join(dir, "api.log"), "utf8")).toBe(numbered(0, 3000));
    const port = createLogsPort(logs);
    expect(await port.tail("api", { lines: 1 })).toEqual([numbered(2999, 3000).trimEnd()]);

    rmSync(filler);
    await logs.sweepOnce();
    expect(existsSync(join(dir, "api.log.1"))).toBe(true);
    expect(await port.tail("api", { lines: 5000 })).toEqual(numbered(0, 3000).trimEnd().split("\n"));
    expect(lines).toHaveLength(1);
    closeSync(fd);
  });
});
