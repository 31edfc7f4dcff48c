import { renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { fingerprint } from "./live-file.js";
import { saveIndex, type LiveLog } from "./live-log.js";
import { look } from "./look.js";
import { planRotation, type Piece } from "./plan.js";
import { oldestOffset } from "./read.js";
import { finishCopy, settlePending } from "./recover.js";
import { makeRoom, removeBeyond, shiftUp } from "./rotated-files.js";
import { blockSize, freeBytes, isBeingCut, type SpaceTool } from "./space.js";

const COPY_BYTES = 1024 * 1024;

export function isOverSize(log: LiveLog): boolean {
  return log.base + log.size - log.start > log.limits.maxSizeBytes;
}

/**
 * Rotates while the service keeps writing. For each piece: copy it and fsync; write down that a cut is due;
 * put the copy in place; cut the live file. A crash before the note loses the copy, one behind it finishes the cut
 * at the next start: no text is lost at any point, and none is twice unless it repeats itself (see settlePending).
 * Rejects when a step fails, with everything readable and the next call taking it up again.
 */
export async function rotate(log: LiveLog, tool: SpaceTool, how: "collapse" | "punch"): Promise<void> {
  if (log.pending !== undefined && !(await resume(log, tool, how))) return;
  const { maxSizeBytes, keep } = log.limits;
  const pieces = planRotation(look(log), maxSizeBytes, keep, blockSize(dirname(log.paths.live)));
  if (keep === 0) removeBeyond(log.paths, 0);
  for (const piece of pieces) {
    if (piece.copy) await copyOut(log, piece);
    commit(log, piece, how);
    if (piece.copy) await syncDirectory(dirname(log.paths.live));
    await cut(log, tool);
  }
}

/** By renaming, when nothing else works: only while the service is down, for a writer follows the renamed file. */
export function rotateByRename(log: LiveLog): void {
  const { end } = look(log);
  const { keep } = log.limits;
  makeRoom(log.paths, keep);
  if (keep === 0) rmSync(log.paths.live);
  else {
    shiftUp(log.paths, keep);
    renameSync(log.paths.live, log.paths.rotated(1));
  }
  log.base = log.start = end;
  log.size = 0;
  saveIndex(log, oldestOffset(log));
}

async function copyOut(log: LiveLog, { to }: Piece): Promise<void> {
  makeRoom(log.paths, log.limits.keep);
  const length = to - log.start;
  const free = freeBytes(dirname(log.paths.live));
  if (free < length) throw new Error(`no space left on device: a copy needs ${length} bytes, ${free} are free`);
  try {
    await copyRange(log, length);
  } catch (error) {
    rmSync(log.paths.copy, { force: true });
    throw error;
  }
}

async function copyRange(log: LiveLog, length: number): Promise<void> {
  const source = await open(log.paths.live, "r");
  try {
    const target = await open(log.paths.copy, "w", 0o600);
    try {
      const buffer = Buffer.allocUnsafe(Math.min(length, COPY_BYTES));
      for (let done = 0; done < length;) {
        const want = Math.min(buffer.length, length - done);
        const { bytesRead } = await source.read(buffer, 0, want, log.start - log.base + done);
        if (bytesRead === 0) throw new Error("the log was emptied by somebody while it was rotated");
        await target.writeFile(buffer.subarray(0, bytesRead));
        done += bytesRead;
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Without a pause in between, so that a reader sees the text either in the live file or in number 1. */
function commit(log: LiveLog, { to, copy }: Piece, how: "collapse" | "punch"): void {
  log.pending = { from: log.start, to, how, next: fingerprint(log.paths.live, to - log.base) };
  try {
    saveIndex(log);
  } catch (error) {
    log.pending = undefined;
    rmSync(log.paths.copy, { force: true });
    throw error;
  }
  if (copy) {
    shiftUp(log.paths, log.limits.keep);
    renameSync(log.paths.copy, log.paths.rotated(1));
  }
  log.start = to;
}

/** False when an earlier aurad's cut is still running. */
async function resume(log: LiveLog, tool: SpaceTool, how: "collapse" | "punch"): Promise<boolean> {
  if (isBeingCut(log.paths.live)) return false;
  finishCopy(log);
  settlePending(log);
  if (log.pending !== undefined) log.pending = { ...log.pending, how };
  await cut(log, tool);
  return true;
}

async function cut(log: LiveLog, tool: SpaceTool): Promise<void> {
  const { pending, paths } = log;
  if (pending?.how === "punch") await tool.punch(paths.live, pending.from - log.base, pending.to - pending.from);
  if (pending?.how === "collapse") await collapse(log, pending.to, tool);
  log.pending = undefined;
  look(log);
  saveIndex(log, oldestOffset(log));
}

async function collapse(log: LiveLog, to: number, tool: SpaceTool): Promise<void> {
  look(log);
  const done = tool.collapse(log.paths.live, to - log.base);
  log.cut = { to, sizeBefore: log.size, done };
  try {
    await done;
    log.base = to;
    log.size = 0;
  } finally {
    log.cut = undefined;
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
