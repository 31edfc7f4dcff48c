import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { candidates, createPortAllocator } from "../../src/adapters/ports/allocator.js";
import { AuraError } from "../../src/shared/errors.js";
import { silentLog, type Log } from "../../src/shared/log.js";

// A part of the registered ports that the kernel does not hand out by itself; one slice per worker process.
const from = 12_000 + (process.pid % 40) * 100;
const range = [from, from + 49] as const;

let dir: string;
let file: string;
let listeners: Server[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-ports-"));
  file = join(dir, "state", "ports.json");
  listeners = [];
});
afterEach(async () => {
  await Promise.all(listeners.map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(dir, { recursive: true });
});

async function occupy(port: number, host: string): Promise<void> {
  const server = createServer().listen({ port, host });
  await once(server, "listening");
  listeners.push(server);
}

function warnings(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: { ...silentLog, warn: (_fields, message) => lines.push(message) } };
}

const remembered = () => (JSON.parse(readFileSync(file, "utf8")) as { ports: Record<string, number> }).ports;

describe("the port allocator", () => {
  it("gives a bindable port of the range", async () => {
    const port = await createPortAllocator({ file, range }).allocate("api");
    expect(port).toBeGreaterThanOrEqual(range[0]);
    expect(port).toBeLessThanOrEqual(range[1]);
    await occupy(port, "127.0.0.1");
  });

  it("gives a name the same port again, also in another process after a restart", async () => {
    const first = createPortAllocator({ file, range });
    const port = await first.allocate("api");
    expect(await first.allocate("api")).toBe(port);
    expect(await createPortAllocator({ file, range }).allocate("api")).toBe(port);
    expect(remembered()).toEqual({ api: port });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(["127.0.0.1", "0.0.0.0", "::"])("moves on, and remembers it, when a foreigner listens on %s", async (host) => {
    const port = await createPortAllocator({ file, range }).allocate("api");
    await occupy(port, host);
    const second = await createPortAllocator({ file, range }).allocate("api");
    expect(second).not.toBe(port);
    expect(remembered()).toEqual({ api: second });
    expect(await createPortAllocator({ file, range }).allocate("api")).toBe(second);
  });

  it("never gives one port to two names, however many ask at once", async () => {
    const allocator = createPortAllocator({ file, range });
    const names = Array.from({ length: 50 }, (_, i) => `service-${i}`);
    const ports = await Promise.all(names.map((name) => allocator.allocate(name)));
    expect(new Set(ports).size).toBe(50);
    expect(Object.keys(remembered())).toHaveLength(50);
  });

  it("gives two askers of one name one port", async () => {
    const allocator = createPortAllocator({ file, range });
    const [a, b] = await Promise.all([allocator.allocate("api"), allocator.allocate("api")]);
    expect(a).toBe(b);
  });

  it("refuses with the range and the fix when every port is taken", async () => {
    const allocator = createPortAllocator({ file, range: [from, from + 1] });
    await allocator.allocate("a");
    await allocator.allocate("b");
    const error = await allocator.allocate("c").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AuraError);
    expect((error as AuraError).code).toBe("port_in_use");
    expect((error as AuraError).line).toMatch(new RegExp(`no free port for c: every port of ${from}-${from + 1} is taken.*port_range`));
  });

  it("goes on after a refusal, and a released port can be had again", async () => {
    const allocator = createPortAllocator({ file, range: [from, from] });
    await allocator.allocate("a");
    await expect(allocator.allocate("b")).rejects.toThrow(/no free port/);
    allocator.release("a");
    expect(await allocator.allocate("b")).toBe(from);
    expect(remembered()).toEqual({ b: from });
  });

  it("never hands out a reserved port, also when another name remembers it", async () => {
    const before = await createPortAllocator({ file, range }).allocate("api");
    const allocator = createPortAllocator({ file, range });
    allocator.reserve("fixed", before);
    expect(await allocator.allocate("api")).not.toBe(before);
  });

  it("keeps the port of an adopted service for its next start", async () => {
    const allocator = createPortAllocator({ file, range });
    allocator.reserve("api", range[1]);
    expect(await allocator.allocate("api")).toBe(range[1]);
    await allocator.saved();
    expect(await createPortAllocator({ file, range }).allocate("api")).toBe(range[1]);
  });

  it("gives a port of the range to a name whose reserved port is outside", async () => {
    const allocator = createPortAllocator({ file, range });
    allocator.reserve("api", 8080);
    const port = await allocator.allocate("api");
    expect(port).toBeGreaterThanOrEqual(range[0]);
    expect(port).toBeLessThanOrEqual(range[1]);
  });

  it.each([
    ["garbage", "{nope"],
    ["another shape", '{"schema_version":1,"ports":{"api":"x"}}'],
    ["a newer version", '{"schema_version":2,"ports":{}}'],
  ])("starts afresh with one warning on %s", async (_title, text) => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    const { log, lines } = warnings();
    const port = await createPortAllocator({ file, range, log }).allocate("api");
    expect(lines).toEqual(["remembered ports cannot be read; services may get other ports"]);
    expect(remembered()).toEqual({ api: port });
  });

  it("lets only the first name keep a port that an edited file gives to two", async () => {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, JSON.stringify({ schema_version: 1, ports: { a: from, b: from } }));
    const allocator = createPortAllocator({ file, range });
    expect(await allocator.allocate("b")).not.toBe(from);
    expect(await allocator.allocate("a")).toBe(from);
  });

  it("still gives ports when they cannot be remembered, with one warning", async () => {
    mkdirSync(file, { recursive: true });
    const { log, lines } = warnings();
    const allocator = createPortAllocator({ file, range, log });
    lines.length = 0;
    expect(await allocator.allocate("a")).not.toBe(await allocator.allocate("b"));
    expect(lines).toEqual(["ports cannot be remembered; they may differ after the next start"]);
  });
});

describe("the order of candidates", () => {
  it("begins with the remembered port, then covers the range once, the same way each time", () => {
    const all = [...candidates("api", from + 3, range)];
    expect(all[0]).toBe(from + 3);
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => from + i));
    expect([...candidates("api", from + 3, range)]).toEqual(all);
  });

  it("starts different names at different places", () => {
    const starts = Array.from({ length: 100 }, (_, i) => candidates(`s${i}`, undefined, [20_000, 32_000]).next().value);
    expect(new Set(starts).size).toBeGreaterThan(95);
  });
});
