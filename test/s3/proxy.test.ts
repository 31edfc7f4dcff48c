import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { proxyOf } from "../../src/adapters/s3/proxy.js";
import { createS3Store } from "../../src/adapters/s3/store.js";
import { createThrottle } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import type { ObjectStore } from "../../src/sync/ports.js";
import type { Remote } from "../../src/sync/root.js";
import { missing } from "../support/components.js";
import { type Proxy, type ProxyOptions, startProxy } from "../support/s3/proxy.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";
import { all, bytesOf, equal, MIB, rejects, sourceOf, textOf } from "./bodies.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

function environment(values: Record<string, string>): void {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name, values[name] ?? "");
    vi.stubEnv(name.toLowerCase(), "");
  }
}

describe.skipIf(missing("versitygw"))("behind a proxy that has to be asked", () => {
  let server: S3Server;
  let remote: Remote;
  let tls: Server;
  const proxies: Proxy[] = [];
  const stores: ObjectStore[] = [];

  beforeAll(async () => {
    server = await startS3Server("versitygw");
    remote = await server.bucket();
    tls = await startTls(server.port);
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) store.close();
    for (const proxy of proxies.splice(0)) await proxy.end();
  });
  afterAll(async () => {
    tls.closeAllConnections();
    await new Promise((resolve) => tls.close(resolve));
    await server.end();
  });

  async function proxied(options: Partial<ProxyOptions> = {}): Promise<Proxy> {
    const proxy = await startProxy({ to: server.port, ...options });
    proxies.push(proxy);
    return proxy;
  }

  /** Nobody but the proxy knows the endpoint. */
  function storeAt(endpoint: string, connectMs = 10_000): ObjectStore {
    const store = createS3Store({
      remote: { ...remote, endpoint },
      rootId: "notes",
      credentials: { env: server.env },
      throttle: createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 4 }),
      log: silentLog,
      timing: { firstMs: 2, maxMs: 20, connectMs },
    });
    stores.push(store);
    return store;
  }

  async function walk(store: ObjectStore): Promise<void> {
    const body = bytesOf(9 * MIB, 1);
    await store.put("packs/aa/one", body);
    await store.putParts("blobs/aa/one", sourceOf(body), {});
    expect(equal(await store.get("packs/aa/one"), body)).toBe(true);
    expect((await all(store.list(""))).map(({ key }) => key)).toEqual(["blobs/aa/one", "packs/aa/one"]);
    await store.delete(["packs/aa/one", "blobs/aa/one"]);
  }

  it("goes to an http endpoint by way of HTTP_PROXY", async () => {
    const proxy = await proxied({ user: "me:s3cret" });
    environment({ HTTP_PROXY: `http://me:s3cret@127.0.0.1:${proxy.port}` });
    await walk(storeAt("http://s3.invalid"));
    expect(proxy.asked.length).toBeGreaterThan(4);
    expect(proxy.asked.every((url) => url.startsWith("http://s3.invalid/"))).toBe(true);
  });

  it("goes to an https endpoint through a tunnel by way of HTTPS_PROXY, whose connections it uses again", async () => {
    const proxy = await proxied({ to: (tls.address() as AddressInfo).port });
    environment({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await walk(storeAt("https://s3.invalid"));
    expect(new Set(proxy.asked)).toEqual(new Set(["s3.invalid:443"]));
    expect(proxy.asked.length).toBeLessThanOrEqual(4);
  });

  it("names the proxy, and never its password, when that lets nobody through, is not there, or says nothing", async () => {
    const proxy = await proxied({ user: "me:other" });
    environment({ HTTPS_PROXY: `http://me:s3cret@127.0.0.1:${proxy.port}` });
    const denied = await rejects("denied", storeAt("https://s3.invalid").put("one", textOf("one")));
    expect(denied.message).toContain(`S3 at https://s3.invalid through the proxy http://127.0.0.1:${proxy.port} cannot be reached`);
    expect(denied.message).toContain("HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT");
    expect(JSON.stringify(denied, Object.getOwnPropertyNames(denied)) + String(denied.cause)).not.toContain("s3cret");

    const silent = await proxied({ silent: true });
    environment({ ALL_PROXY: `http://127.0.0.1:${silent.port}` });
    expect((await rejects("offline", storeAt("https://s3.invalid", 100).get("one"))).message).toContain(`${silent.port} does not answer`);

    environment({ HTTPS_PROXY: "socks5://me:s3cret@127.0.0.1:1" });
    const unknown = await rejects("failed", storeAt("https://s3.invalid").get("one"));
    expect(unknown.message).toMatch(/^the proxy socks5:\/\/127.0.0.1:1 is of a kind that Aura does not know; name one with http/);

    await proxy.end();
    proxies.splice(proxies.indexOf(proxy), 1);
    environment({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    const gone = await rejects("offline", storeAt("https://s3.invalid").get("one"));
    expect(gone.message).toContain(`through the proxy http://127.0.0.1:${proxy.port} does not answer: the connection is refused`);
  });

  it("goes straight to where NO_PROXY says so, and to this machine always", async () => {
    const proxy = await proxied();
    environment({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "s3.invalid,.example.com" });
    await walk(storeAt(server.endpoint));
    expect((await rejects("offline", storeAt("http://s3.invalid").get("one"))).message).not.toContain("proxy");
    expect(proxy.asked).toEqual([]);
  });
});

it("asks the environment which proxy to take", () => {
  environment({ HTTPS_PROXY: "http://a:1", HTTP_PROXY: "b:2", NO_PROXY: ".example.com,10.0.0.7" });
  expect(
    ["https://s3.amazonaws.com", "http://s3.local:9000", "https://s3.example.com", "http://10.0.0.7:9000"].map((url) => proxyOf(url)),
  ).toEqual(["http://a:1", "http://b:2", null, null]);
  expect(["http://localhost:1", "https://127.0.0.5", "https://[::1]:9000", "http://s3.localhost"].map((url) => proxyOf(url))).toEqual(
    Array.from({ length: 4 }, () => null),
  );
});

/** TLS in front of a server, by a certificate that nobody trusts. */
async function startTls(port: number): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "aura-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=s3.invalid", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
  const tls = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (from, answer) => {
    const sent = request({ port, method: from.method, path: from.url, headers: from.headers }, (came) => {
      answer.writeHead(came.statusCode!, came.headers);
      pipeline(came, answer, () => {});
    });
    pipeline(from, sent, () => {});
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
  return tls;
}
