import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";

/** True when something accepts connections there. Never rejects. */
export function answers(host: string, port: number, timeoutMs = 1000): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const end = (open: boolean): void => {
      socket.destroy();
      done(open);
    };
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

/** True when 127.0.0.1:port can be bound now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await bind(port);
  if (server === null) return false;
  await closed(server);
  return true;
}

/** `count` different free ports, picked by the system; all were bound at the same moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = (await Promise.all(Array.from({ length: count }, () => bind(0)))).filter((server) => server !== null);
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(closed));
  return ports;
}

export interface Holder {
  readonly pid: number;
  /** Program and arguments; empty when they may not be read. */
  readonly args: readonly string[];
}

/** Who listens on a TCP port of this host; null when it cannot be known (other users' processes, other systems than Linux). */
export function portHolder(port: number): Holder | null {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  const pid = list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((name) => holdsSocket(name, inodes));
  return pid === undefined
    ? null
    : {
        pid: Number(pid),
        args: read(`/proc/${pid}/cmdline`)
          .split("\0")
          .filter((arg) => arg !== ""),
      };
}

function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return read(table)
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const listening = state === "0A" && local?.split(":").at(-1) === wanted;
      return listening && inode !== undefined ? [`socket:[${inode}]`] : [];
    });
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  return list(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function bind(port: number): Promise<Server | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(null)).listen({ host: "127.0.0.1", port, exclusive: true }, () => done(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => void server.close(() => done()));
}
