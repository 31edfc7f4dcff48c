import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { silentLog, type Log } from "../../src/shared/log.js";

const directories: string[] = [];

/** A new directory, removed when the file's tests are over. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "aura-logs-"));
  directories.push(dir);
  return dir;
}

afterAll(() => {
  for (const dir of directories) rmSync(dir, { recursive: true, force: true });
});

export function warnings(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: { ...silentLog, warn: (_fields, message) => lines.push(message) } };
}

export interface Writer {
  /** Resolves to how many lines were written. */
  stop(): Promise<number>;
  readonly child: ChildProcess;
}

export const LINE_BYTES = 100;

/** A real process that writes numbered lines of 100 bytes into the descriptor that `open` gave, at about `bytesPerSecond`. */
export function startWriter(logs: ServiceLogs, service: string, bytesPerSecond: number): Writer {
  const script = `
    const { writeSync } = require("node:fs");
    const began = performance.now();
    let n = 0;
    const goOn = setInterval(() => {
      let text = "";
      const due = (performance.now() - began) / 1000 * ${bytesPerSecond} / ${LINE_BYTES};
      while (n < due) text += String(n++).padStart(${LINE_BYTES} - 1, ".") + "\\n";
      if (text !== "") writeSync(1, text);
    }, 5);
    process.stdin.on("end", () => { clearInterval(goOn); writeSync(3, String(n)); }).resume();`;
  const fd = logs.open(service);
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", fd, "inherit", "pipe"] });
  closeSync(fd);
  let answer = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  return {
    child,
    async stop() {
      child.stdin!.end();
      await once(child, "close");
      return Number(answer);
    },
  };
}

/** Every byte of the log, oldest first: NAME.log.N ... NAME.log.1, then the live file from its first byte that is no hole. */
export function wholeLog(dir: string, service: string): string {
  const live = join(dir, `${service}.log`);
  const parts: string[] = [withoutHole(readFileSync(live))];
  for (let number = 1; existsSync(`${live}.${number}`); number++) parts.unshift(readFileSync(`${live}.${number}`, "utf8"));
  return parts.join("");
}

function withoutHole(bytes: Buffer): string {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? "" : bytes.toString("utf8", first);
}

export function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `${String(from + i).padStart(LINE_BYTES - 1, ".")}\n`).join("");
}

/** Whether `text` is the end of `count` numbered lines without a gap; for logs whose oldest text is gone. */
export function isTailOf(text: string, count: number): boolean {
  return numbered(0, count).endsWith(text);
}

/** Bytes that the log's text takes on the disk (holes do not count). */
export function diskBytes(dir: string, service: string): number {
  const live = join(dir, `${service}.log`);
  const files = [live, `${live}.1.tmp`];
  for (let number = 1; number < 100; number++) files.push(`${live}.${number}`);
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512, 0);
}
