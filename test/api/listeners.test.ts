import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiClient } from "../../src/api/client.js";
import { listenApi, listenSocket, listenStatus, type Listener } from "../../src/api/listen.js";
import { silentLog } from "../../src/shared/log.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";

const host = new FakeHost([{ name: "store", state: "running" }]);
const deps = fakeDaemon(host);
let folder: string;
let open: { close(): Promise<void> }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-api-"));
  open = [];
});
afterEach(async () => {
  for (const listener of open) await listener.close();
  rmSync(folder, { recursive: true, force: true });
});

function kept<T extends { close(): Promise<void> }>(listener: T): T {
  open.push(listener);
  return listener;
}

describe("the unix socket", () => {
  it("belongs to its owner alone whatever the mask, and is gone after closing", async () => {
    const path = join(folder, "run", "aurad.sock");
    const mask = process.umask(0);
    const listener = await listenSocket(deps, path).finally(() => process.umask(mask));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o700);
    expect(process.umask()).toBe(mask);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it("replaces a socket file that a killed daemon left behind", async () => {
    const path = join(folder, "aurad.sock");
    const child = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(path)).toBe(true);
    kept(await listenSocket(deps, path));
    const client = createApiClient({ socketPath: path });
    expect((await client.status()).host).toBe("laptop");
    client.close();
  });

  it("refuses when another daemon answers there, and leaves that one alone", async () => {
    const path = join(folder, "aurad.sock");
    kept(await listenSocket(deps, path));
    await expect(listenSocket(deps, path)).rejects.toMatchObject({ code: "home_in_use", message: expect.stringContaining(path) });
    const client = createApiClient({ socketPath: path });
    expect((await client.status()).services).toHaveLength(1);
    client.close();
  });

  it("refuses to remove a file that is no socket", async () => {
    const path = join(folder, "aurad.sock");
    writeFileSync(path, "mine");
    await expect(listenSocket(deps, path)).rejects.toMatchObject({ code: "file_write" });
    expect(existsSync(path)).toBe(true);
  });
});

describe("the status listener", () => {
  it("asks for the token on everything but liveness and the page", async () => {
    const { url } = kept(await listenStatus(deps, "127.0.0.1:0", "right"));
    expect(await statusOf(`${url}/v1/healthz`)).toBe(200);
    expect(await statusOf(`${url}/`)).toBe(200);
    for (const path of ["/v1/services", "/v1/status", "/v1/health", "/v1/events", "/metrics", "/nowhere"]) {
      expect(await statusOf(url + path)).toBe(401);
      expect(await statusOf(url + path, "wrong")).toBe(401);
    }
    expect(await statusOf(`${url}/v1/services`, "right")).toBe(200);
    expect(await statusOf(`${url}/nowhere`, "right")).toBe(404);
  });

  it("answers anything but reading with 405 and the allowed methods", async () => {
    const { url } = kept(await listenStatus(deps, "127.0.0.1:0", "right"));
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const answer = await fetch(`${url}/v1/services/store/stop`, { method, headers: { authorization: "Bearer right" } });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD");
      expect(await answer.json()).toMatchObject({ error: { code: "method_not_allowed" } });
    }
    expect(host.askers).toEqual([]);
  });

  it("needs no token when authentication is turned off, and stays read-only", async () => {
    const { url } = kept(await listenStatus(deps, "127.0.0.1:0", null));
    expect(await statusOf(`${url}/v1/services`)).toBe(200);
    expect((await fetch(`${url}/v1/up`, { method: "POST" })).status).toBe(405);
  });

  it("refuses names that were made to resolve to the loopback address", async () => {
    const { url } = kept(await listenStatus(deps, "127.0.0.1:0", null));
    const port = new URL(url).port;
    for (const name of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "localhost.evil.example", ""]) {
      expect(await statusWithHost(port, name)).toBe(403);
    }
    for (const name of ["localhost", `localhost:${port}`, `127.0.0.1:${port}`, "[::1]:80"]) {
      expect(await statusWithHost(port, name)).toBe(200);
    }
  });

  it("refuses to listen beyond this host", async () => {
    for (const address of ["0.0.0.0:0", "192.0.2.1:80", "example.org:80"]) {
      await expect(listenStatus(deps, address, "t")).rejects.toMatchObject({
        code: "config_invalid",
        message: expect.stringContaining(address),
      });
    }
  });

  it("names a busy port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(listenStatus(deps, `127.0.0.1:${port}`, "t")).rejects.toMatchObject({
      code: "port_in_use",
      message: `127.0.0.1:${port} is in use by another program`,
    });
    other.close();
  });
});

describe("the API listener", () => {
  it("takes commands from who holds the token", async () => {
    const { url } = kept(await listenApi(deps, "127.0.0.1:0", "right"));
    expect((await fetch(`${url}/v1/up`, { method: "POST" })).status).toBe(401);
    const client = createApiClient({ url, token: "right" });
    expect((await client.up(["store"], { by: "ann@desk", requestId: "r" })).services[0]).toMatchObject({ name: "store", state: "running" });
    client.close();
  });

  it("warns when others can reach it, and only then", async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_fields: object, message: string) => void warnings.push(message) };
    kept(await listenApi({ ...deps, log }, "127.0.0.1:0", "t"));
    kept(await listenApi({ ...deps, log }, "localhost:0", "t"));
    expect(warnings).toEqual([]);
    kept(await listenApi({ ...deps, log }, "0.0.0.0:0", "t"));
    expect(warnings).toEqual([expect.stringContaining("without TLS")]);
  });

  it("refuses an address it cannot read", async () => {
    await expect(listenApi(deps, "nonsense", "t")).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("nonsense"),
    });
  });
});

describe("closing", () => {
  it("ends event streams at once", async () => {
    const listener: Listener = await listenStatus(deps, "127.0.0.1:0", null);
    const answer = await fetch(`${listener.url}/v1/events`);
    const body = answer.text();
    const from = performance.now();
    await listener.close();
    expect(await body).toContain("retry: 2000");
    expect(performance.now() - from).toBeLessThan(900);
    expect(host.listeners).toBe(0);
  });
});

async function statusOf(url: string, token?: string): Promise<number> {
  const answer = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
}

/** `fetch` does not let a caller choose the Host header. */
async function statusWithHost(port: string, name: string): Promise<number> {
  const sent = request({ host: "127.0.0.1", port, path: "/v1/services", headers: { host: name }, setHost: false }).end();
  const [answer] = (await once(sent, "response")) as [{ statusCode: number; resume(): void }];
  answer.resume();
  return answer.statusCode;
}
