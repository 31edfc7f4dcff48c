import { createHash } from "node:crypto";
import type { PortAllocator } from "../../services/ports.js";
import { AuraError } from "../../shared/errors.js";
import { silentLog, type Log } from "../../shared/log.js";
import { isFree } from "./free.js";
import { createSaver, loadPorts } from "./memory.js";

export interface PortAllocatorOptions {
  /** Where ports are remembered, JSON, 0600. */
  readonly file: string;
  /** First and last port, both included. */
  readonly range: readonly [number, number];
  readonly log?: Log;
}

export interface ReservingPortAllocator extends PortAllocator {
  /**
   * Gives `port` to `service` without a test: it is running with it (adopted), or its spec fixes it.
   * Nobody else is given the port, and whoever remembered it gets another one next time.
   */
  reserve(service: string, port: number): void;
  /** Resolves when every change is on disk (or its failure was logged); for shutdown. */
  saved(): Promise<void>;
}

/** Hands out ports of a range; the same one for a name over restarts and reboots as long as it is free. */
export function createPortAllocator({ file, range, log = silentLog }: PortAllocatorOptions): ReservingPortAllocator {
  const ports = loadPorts(file, log);
  const { save, saved } = createSaver(file, ports, log);
  // One choice at a time: a port under test by one name must not be tested by another.
  let queue: Promise<unknown> = Promise.resolve();

  const choose = async (service: string): Promise<number> => {
    for (const port of candidates(service, ports.get(service), range)) {
      if (isAnothers(ports, service, port) || !(await isFree(port))) continue;
      // Looked at again: `reserve` may have come in while the port was being tested.
      if (isAnothers(ports, service, port)) continue;
      ports.set(service, port);
      return port;
    }
    throw exhausted(service, range);
  };

  return {
    async allocate(service) {
      const before = ports.get(service);
      const chosen = queue.then(() => choose(service));
      queue = chosen.catch(() => {});
      const port = await chosen;
      if (port !== before) await save();
      return port;
    },
    release(service) {
      if (ports.delete(service)) void save();
    },
    reserve(service, port) {
      if (ports.get(service) === port) return;
      for (const [other, taken] of ports) if (taken === port) ports.delete(other);
      ports.set(service, port);
      void save();
    },
    saved,
  };
}

/**
 * The remembered port first, then the whole range from a place that depends on the name alone:
 * the same choice on every run, and few clashes between names.
 */
export function* candidates(service: string, remembered: number | undefined, [from, to]: readonly [number, number]): Generator<number> {
  const isInRange = (port: number) => port >= from && port <= to;
  if (remembered !== undefined && isInRange(remembered)) yield remembered;
  const size = to - from + 1;
  const start = createHash("sha256").update(service).digest().readUInt32BE(0) % size;
  for (let i = 0; i < size; i++) {
    const port = from + ((start + i) % size);
    if (port !== remembered) yield port;
  }
}

function isAnothers(ports: ReadonlyMap<string, number>, service: string, port: number): boolean {
  for (const [name, taken] of ports) if (taken === port && name !== service) return true;
  return false;
}

function exhausted(service: string, [from, to]: readonly [number, number]): AuraError {
  return new AuraError("port_in_use", `no free port for ${service}: every port of ${from}-${to} is taken`, {
    effect: `${service} is not started`,
    fix: "widen port_range in [daemon] of aura.toml, or free a port",
  });
}
