import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Gives back the space of a file's head while its writer keeps it open. Both reject when the file system refuses. */
export interface SpaceTool {
  /** Removes the first `length` bytes (whole blocks); the file becomes shorter. Appends meanwhile are not lost: both hold the inode's lock. */
  collapse(file: string, length: number): Promise<void>;
  /** Makes a hole; the file keeps its length. */
  punch(file: string, offset: number, length: number): Promise<void>;
}

/** node has no call for fallocate(2); util-linux has had both options since 2.25. */
export const fallocate: SpaceTool = {
  async collapse(file, length) {
    await run("fallocate", ["--collapse-range", "--offset", "0", "--length", String(length), file]);
  },
  async punch(file, offset, length) {
    await run("fallocate", ["--punch-hole", "--offset", String(offset), "--length", String(length), file]);
  },
};

/** `none`: the live file can only be rotated by renaming it when the service is down. */
export type CutMode = "collapse" | "punch" | "none";

/** Tries it on a scratch file. Rejects when the directory cannot be written (disk full, say): ask again later. */
export async function findCutMode(tool: SpaceTool, dir: string): Promise<CutMode> {
  if (process.platform !== "linux") return "none";
  const scratch = join(dir, ".cut-probe");
  const block = blockSize(dir);
  try {
    writeFileSync(scratch, Buffer.alloc(2 * block + 1, 1), { mode: 0o600 });
    if ((await succeeds(tool.collapse(scratch, block))) && statSync(scratch).size === block + 1) return "collapse";
    return (await succeeds(tool.punch(scratch, 0, block))) ? "punch" : "none";
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** Cuts are made in multiples of this, in bytes. */
export function blockSize(dir: string): number {
  return statfsSync(dir).bsize;
}

export function freeBytes(dir: string): number {
  const { bsize, bavail, bfree } = statfsSync(dir);
  return bsize * (process.getuid?.() === 0 ? bfree : bavail);
}

/** A cut that an earlier aurad began outlives it; a second one beside it would remove text twice. */
export function isBeingCut(file: string): boolean {
  return readdirSync("/proc").some((entry) => /^\d+$/.test(entry) && cutsFile(entry, file));
}

function cutsFile(pid: string, file: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return args.includes("--collapse-range") && args.includes(file);
  } catch {
    return false; // ended meanwhile
  }
}

function succeeds(promise: Promise<void>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  );
}
