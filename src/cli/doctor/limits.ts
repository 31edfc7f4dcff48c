import { readFileSync } from "node:fs";
import { bad, good, type CheckRow } from "./check.js";

const MIN_NODE = [20, 3] as const;
const MIN_WATCHES = 8192;
const MIN_INSTANCES = 128;
const MIN_OPEN_FILES = 4096;

export function nodeVersion(version: string = process.versions.node): CheckRow {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return enough ? good("node", `v${version}`) : bad("node", `v${version} is too old`, `install Node ${MIN_NODE.join(".")} or newer`);
}

export function inotify(read: (path: string) => string | null = readText): CheckRow {
  if (process.platform !== "linux") return good("inotify", "not needed on this platform");
  const watches = number(read("/proc/sys/fs/inotify/max_user_watches"));
  const instances = number(read("/proc/sys/fs/inotify/max_user_instances"));
  if (watches === null || instances === null) return good("inotify", "the limits cannot be read here");
  const detail = `${watches} watches, ${instances} instances`;
  if (watches >= MIN_WATCHES && instances >= MIN_INSTANCES) return good("inotify", detail);
  return bad("inotify", `${detail}: too few`, `sysctl -w fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512`);
}

/** The hard limit counts: Node raises its own soft limit to it at start. */
export function openFiles(read: (path: string) => string | null = readText): CheckRow {
  const text = read("/proc/self/limits");
  const found = text === null ? undefined : /^Max open files\s+\S+\s+(\S+)/m.exec(text)?.[1];
  if (found === undefined) return good("open files", "the limit cannot be read here");
  const detail = `at most ${found} a process`;
  if (found === "unlimited" || Number(found) >= MIN_OPEN_FILES) return good("open files", detail);
  return bad("open files", `${detail}: too few`, "raise it: ulimit -n 65536, or LimitNOFILE=65536 in the unit");
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function number(text: string | null): number | null {
  return text === null || !/^\d+\s*$/.test(text) ? null : Number(text);
}
