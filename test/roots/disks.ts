import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { until } from "../support/until.js";

const mounted: string[] = [];

/** Small file systems, and second places for folders; they go after each test. Needs root. */
export function mounts(): { disk: (dir: string, size?: string) => string; bind: (from: string, dir: string) => string } {
  afterEach(async () => {
    for (const dir of mounted.splice(0).toReversed()) await until(() => spawnSync("umount", [dir]).status === 0);
  });
  const mount = (dir: string, ...args: string[]): string => {
    mkdirSync(dir, { recursive: true });
    execFileSync("mount", [...args, dir]);
    mounted.push(dir);
    return dir;
  };
  return {
    disk: (dir, size = "1m") => mount(dir, "-t", "tmpfs", "-o", `size=${size}`, "tmpfs"),
    bind: (from, dir) => mount(dir, "--bind", from),
  };
}

/** Takes all the room that is left; returns how to give it back. */
export function fill(dir: string): () => void {
  const path = join(dir, "filler");
  const fd = openSync(path, "w");
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(fd, block);
  } catch {
    closeSync(fd);
  }
  return () => rmSync(path);
}
