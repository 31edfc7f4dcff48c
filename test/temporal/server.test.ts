import { EventEmitter, once } from "node:events";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentPlaces, ensureFolders } from "../../src/adapters/home/home.js";
import { isSame } from "../../src/adapters/process/identity.js";
import { connectNative, resolveServer } from "../../src/adapters/temporal/connect.js";
import { ensureNamespace, ensureSearchAttributes } from "../../src/adapters/temporal/namespace.js";
import { createEmbeddedServer } from "../../src/adapters/temporal/server.js";
import type { EmbeddedServer } from "../../src/adapters/temporal/server.js";
import { serverArgs } from "../../src/adapters/temporal/server-args.js";
import { runningServer } from "../../src/adapters/temporal/server-record.js";
import type { LaunchOptions } from "../../src/adapters/temporal/server-launch.js";
import type { Places } from "../../src/host/places.js";
import { SEARCH_ATTRIBUTES } from "../../src/host/search-attributes.js";
import { silentLog } from "../../src/shared/log.js";
import { until } from "../support/until.js";
import { realCli, twoPorts, untilPort } from "./real-cli.js";

describe.skipIf(realCli === null)("the embedded server", { timeout: 60_000 }, () => {
  let dir: string;
  let places: Places;
  let ports: { port: number; uiPort: number };
  const servers: EmbeddedServer[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "aura-temporal-"));
    places = currentPlaces({ AURA_HOME: dir, HOME: dir });
    ensureFolders(places);
    ports = await twoPorts();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
    expect(runningServer(places, ports.port)).toBeNull();
    rmSync(dir, { recursive: true, force: true });
  });

  async function server(more: Partial<LaunchOptions> = {}): Promise<EmbeddedServer> {
    const started = await createEmbeddedServer({
      places,
      namespace: "default",
      ...ports,
      cli: async () => realCli!,
      log: silentLog,
      ...more,
    });
    servers.push(started);
    return started;
  }

  async function asClient<T>(use: (client: Client) => Promise<T>, namespace = "default"): Promise<T> {
    const connection = await Connection.connect({ address: `127.0.0.1:${ports.port}` });
    try {
      return await use(new Client({ connection, namespace }));
    } finally {
      await connection.close();
    }
  }

  it.skipIf(process.getuid?.() !== 0)("serves for a user id without a name, as in containers", async () => {
    const nameless = 54_321;
    const cli = join(dir, "temporal");
    writeFileSync(cli, `#!/bin/sh\nHOME=${dir} exec setpriv --reuid ${nameless} --regid ${nameless} --clear-groups "${realCli}" "$@"\n`, {
      mode: 0o755,
    });
    for (const folder of [dir, places.dataDir]) chownSync(folder, nameless, nameless);
    const { USER } = process.env;
    delete process.env["USER"];
    try {
      await server({ cli: async () => cli });
    } finally {
      if (USER !== undefined) process.env["USER"] = USER;
    }
    expect(statSync(places.temporalDb).uid).toBe(nameless);
  });

  it("serves the asked-for namespace with its search attributes, in a private database", async () => {
    const started = await server({ namespace: "ours" });
    expect(started).toMatchObject({ address: `127.0.0.1:${ports.port}`, uiUrl: `http://127.0.0.1:${ports.uiPort}`, adopted: false });
    expect(statSync(places.temporalDb).mode & 0o777).toBe(0o600);
    expect(statSync(`${places.temporalDb}-wal`).mode & 0o777).toBe(0o600);
    expect((await fetch(started.uiUrl)).status).toBe(200);

    const connection = await connectNative(started.address, {});
    await ensureNamespace(connection, "ours", started.address);
    expect(await ensureSearchAttributes(connection, "ours", silentLog)).toEqual([]);
    await connection.close();
    await asClient(async (client) => {
      const { config } = await client.workflowService.describeNamespace({ namespace: "ours" });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
      await client.workflow.start("Any", { taskQueue: "none", workflowId: "a", searchAttributes: { AuraHost: ["h"] } });
    }, "ours");
  });

  it("is back within 3 s after kill -9, on the same port and with all histories", async () => {
    const lines: string[] = [];
    const note = new EventEmitter();
    const hear = (_: unknown, message: string): void => {
      lines.push(message);
      note.emit(message);
    };
    const started = await server({ log: { ...silentLog, warn: hear, info: hear } });
    await asClient((client) => client.workflow.start("Any", { taskQueue: "none", workflowId: "kept" }));
    const back = once(note, "embedded Temporal server is back");
    const killedAt = performance.now();
    process.kill(started.pid()!, "SIGKILL");
    await back;
    expect(performance.now() - killedAt).toBeLessThan(3000);
    expect(lines).toEqual(["embedded Temporal server ended; starting it again", "embedded Temporal server is back"]);
    const { status } = await asClient((client) => client.workflow.getHandle("kept").describe());
    expect(status.name).toBe("RUNNING");
  });

  it("is started again, with its histories, when it runs but serves nobody any more", { timeout: 60_000 }, async () => {
    const wedged = await server();
    await asClient((client) => client.workflow.start("Any", { taskQueue: "none", workflowId: "kept" }));
    const pid = wedged.pid()!;
    process.kill(pid, "SIGSTOP");
    await until(() => {
      wedged.suspect();
      return ![null, pid].includes(wedged.pid());
    }, 40_000);
    const { status } = await asClient((client) => client.workflow.getHandle("kept").describe());
    expect(status.name).toBe("RUNNING");
  });

  it("outlives its daemon and is adopted by the next one, which needs no Temporal CLI for that", async () => {
    const first = await server();
    const pid = first.pid();
    first.leave();
    const second = await server({ cli: () => Promise.reject(new Error("asked for the CLI")) });
    expect(second.adopted).toBe(true);
    expect(second.pid()).toBe(pid);
  });

  it("is started again when it dies after an adoption", async () => {
    (await server()).leave();
    const adopted = await server();
    const pid = adopted.pid()!;
    process.kill(pid, "SIGKILL");
    const killedAt = performance.now();
    await untilPort(ports.port, false);
    await untilPort(ports.port);
    expect(performance.now() - killedAt).toBeLessThan(3000);
    await adopted.stop();
    expect(adopted.pid()).toBeNull();
  });

  it("is known by its database when the daemon was killed before it could write the record", async () => {
    const first = await server();
    first.leave();
    rmSync(places.temporalJson);
    const second = await server();
    expect(second).toMatchObject({ adopted: true });
    expect(second.pid()).toBe(first.pid());
  });

  it("gets a namespace that it did not have when it was adopted", async () => {
    (await server()).leave();
    const adopted = await server({ namespace: "later" });
    expect(adopted.adopted).toBe(true);
    await asClient((client) => client.workflow.start("Any", { taskQueue: "none", workflowId: "a" }), "later");
  });

  it("moves with its histories when the configuration names other ports", async () => {
    const first = await server();
    await asClient((client) => client.workflow.start("Any", { taskQueue: "none", workflowId: "kept" }));
    const old = runningServer(places, ports.port)!;
    first.leave();
    ports = await twoPorts();
    const moved = await server();
    expect(moved.adopted).toBe(false);
    expect(isSame(old)).toBe(false);
    await asClient((client) => client.workflow.getHandle("kept").describe());
  });

  it("stops within 5 s and leaves neither process nor record", async () => {
    const started = await server();
    const record = runningServer(places, ports.port)!;
    await Promise.all([started.stop(), started.stop()]);
    expect(isSame(record)).toBe(false);
    expect(() => readFileSync(places.temporalJson)).toThrowError("ENOENT");
  });

  it.each([
    ["gRPC", "port", 'address = "localhost:PORT" and embedded = true'],
    ["Web UI", "uiPort", "ui_port = PORT"],
  ] as const)("names who sits on its %s port, and the keys that move it", async (what, which, keys) => {
    const other = createServer().listen(ports[which], "127.0.0.1");
    await once(other, "listening");
    await expect(server()).rejects.toMatchObject({
      code: "port_in_use",
      message: expect.stringMatching(
        new RegExp(
          `^port ${ports[which]}, wanted for the ${what} of the embedded Temporal server, is in use by .*\\(pid ${process.pid}\\)$`,
        ),
      ) as string,
      fix: `stop that program, or choose another port in aura.toml: ${keys} under [temporal]`,
    });
    other.close();
  });

  it("starts anew, keeping what there was, when its first start was cut short before there were tables", async () => {
    writeFileSync(places.temporalDb, "");
    await server();
    expect(readdirSync(places.dataDir).filter((name) => /^temporal\.db\.incomplete-\d+$/.test(name))).toHaveLength(1);
  });

  it("says why it cannot start on a broken database", async () => {
    writeFileSync(places.temporalDb, "this is no database, not even nearly".repeat(100));
    await expect(server()).rejects.toMatchObject({
      code: "temporal_unreachable",
      message: expect.stringContaining("not a database") as string,
    });
  });

  it("is chosen for its own orphan, and passed over for a server that somebody else runs", async () => {
    (await server()).leave();
    const settings = {
      serverAddress: `localhost:${ports.port}`,
      serverAddressGiven: false,
      embedded: "auto" as const,
      uiPort: ports.uiPort,
    };
    expect(await resolveServer(settings, places, {})).toEqual({ kind: "embedded", ...ports });
    const stranger = currentPlaces({ AURA_HOME: join(dir, "other"), HOME: dir });
    expect(await resolveServer(settings, stranger, {})).toEqual({ kind: "external", address: settings.serverAddress });
    await server();
  });

  it("is not there for a namespace that a foreign server lacks: the command that creates it is named", async () => {
    const { address } = await server();
    const connection = await connectNative(address, {});
    await expect(ensureNamespace(connection, "none", address)).rejects.toMatchObject({
      code: "namespace_missing",
      fix: `create it with: temporal operator namespace create -n none --address ${address}`,
    });
    await connection.close();
  });
});

describe("the choice of a server", () => {
  const places = currentPlaces({ AURA_HOME: "/nowhere", HOME: "/" });
  const base = { serverAddress: "localhost:1", serverAddressGiven: false, embedded: "auto" as const, uiPort: 8233 };

  it("is an own one when nothing answers and no address was given", async () => {
    expect(await resolveServer(base, places, {})).toEqual({ kind: "embedded", port: 1, uiPort: 8233 });
  });

  it("is the given one, whether it answers or not", async () => {
    expect(await resolveServer({ ...base, serverAddressGiven: true }, places, {})).toEqual({ kind: "external", address: "localhost:1" });
  });

  it("fails with 69 when an own one is forbidden and none answers", async () => {
    await expect(resolveServer({ ...base, embedded: "never" }, places, {})).rejects.toMatchObject({ code: "temporal_unreachable" });
  });

  it("is an own one against everything else when that is forced, but only on this host", async () => {
    expect(await resolveServer({ ...base, serverAddressGiven: true, embedded: "always" }, places, {})).toMatchObject({ kind: "embedded" });
    await expect(resolveServer({ ...base, serverAddress: "cluster:7233", embedded: "always" }, places, {})).rejects.toMatchObject({
      code: "usage",
    });
  });

  it("takes no other program for Temporal", async () => {
    const other = createServer((socket) => socket.on("error", () => {}).end("hello\n")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(resolveServer({ ...base, serverAddress: `localhost:${port}` }, places, {})).rejects.toMatchObject({ code: "port_in_use" });
    other.close();
  });

  it("fails with one line when nothing is at the address", async () => {
    await expect(connectNative("127.0.0.1:1", {})).rejects.toMatchObject({
      code: "temporal_unreachable",
      message: expect.stringMatching(/^Temporal at 127\.0\.0\.1:1 cannot be reached: [^\n]+$/) as string,
    });
  });
});

it("the embedded server's command line carries the measured settings and every search attribute", () => {
  const args = serverArgs({ db: "/d/temporal.db", namespace: "ns", port: 1, uiPort: 2, httpPort: 3, metricsPort: 4 });
  const values = (name: string): string[] => args.flatMap((arg, index) => (arg === name ? [args[index + 1]!] : []));
  expect(values("--ip")).toEqual(["127.0.0.1"]);
  expect([values("--port"), values("--ui-port"), values("--http-port"), values("--metrics-port")]).toEqual([["1"], ["2"], ["3"], ["4"]]);
  expect(values("--sqlite-pragma")).toEqual(["journal_mode=WAL", "synchronous=FULL"]);
  expect(values("--dynamic-config-value")).toContain("history.transferProcessorMaxPollRPS=10000");
  expect(values("--search-attribute")).toEqual(SEARCH_ATTRIBUTES.map((name) => `${name}=Keyword`));
});
