import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listenApi, listenSocket, type Listener } from "../../src/api/listen.js";
import { builtCliOver } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";

/** Stands for Temporal: leads to the other host's control, and tells what it was asked to connect to. */
const OVER_TEMPORAL = `
import { createApiClient } from "./client.js";
export async function createTemporalControl(options) {
  const client = createApiClient({ socketPath: process.env.OTHER_HOST });
  const row = { state: "running", aurad_pid: 7, last_seen: "2026-01-02T03:04:05Z" };
  return {
    ...client, events: undefined, close: async () => client.close(),
    hosts: async () => [
      { host: "desk", api_url: process.env.OTHER_API ?? null, ...row },
      { host: options.namespace + "/" + options.host, api_url: options.address, ...row },
    ],
  };
}
`;

let built: Awaited<ReturnType<typeof builtCliOver>>;
let temporal: Server;
let address: string;
let cli: CliHost;
let desk: FakeHost;
let deskSocket: Listener;

beforeAll(async () => {
  built = await builtCliOver(OVER_TEMPORAL);
  temporal = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(temporal, "listening");
  address = `127.0.0.1:${(temporal.address() as { port: number }).port}`;
});
afterAll(() => {
  built.remove();
  temporal.close();
});
beforeEach(async () => {
  cli = new CliHost(built.main);
  desk = new FakeHost([{ name: "api", startMs: 300 }], "desk");
  deskSocket = await listenSocket(fakeDaemon(desk), join(cli.home, "desk.sock"));
  Object.assign(cli.env, { OTHER_HOST: deskSocket.url, TEMPORAL_ADDRESS: address });
  return async () => {
    await deskSocket.close();
    await cli.remove();
  };
});

async function target(...args: string[]): Promise<unknown> {
  const { stdout } = await cli.run("hosts", "--json", ...args);
  const { host, api_url } = JSON.parse(stdout).hosts[1];
  return { where: host, address: api_url };
}

describe("another host", () => {
  it("is asked over Temporal while this one is asked over its socket", async () => {
    await cli.serve([{ name: "mine" }]);
    expect(JSON.parse((await cli.run("status", "--host", "desk", "--json")).stdout).host).toBe("desk");
    expect(JSON.parse((await cli.run("status", "--json")).stdout).host).toBe("laptop");
  });

  it("is waited for by asking again and again", async () => {
    const { status, stdout } = await cli.run("up", "api", "--host", "desk");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^api {2}ready/);
    expect(desk.listeners).toBe(0);
  });

  it("gives its log through its own API, with the token of the environment", async () => {
    desk.logLines.set("api", ["from desk"]);
    const missing = await cli.run("logs", "api", "--host", "desk");
    expect(missing.status).toBe(2);
    expect(missing.stderr).toMatch(
      /^aura-msg: host desk serves no API, and log text never goes through Temporal; start its aurad with --api-addr/,
    );
    const api = await listenApi(fakeDaemon(desk), "127.0.0.1:0", "right");
    cli.env["OTHER_API"] = api.url;
    const without = await cli.run("logs", "api", "--host", "desk");
    expect({ status: without.status, stderr: without.stderr }).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("set AURA_API_TOKEN"),
    });
    cli.env["AURA_API_TOKEN"] = "wrong";
    expect((await cli.run("logs", "api", "--host", "desk")).status).toBe(3);
    cli.env["AURA_API_TOKEN"] = "right";
    expect(await cli.run("logs", "api", "--host", "desk")).toMatchObject({ status: 0, stdout: "from desk\n" });
    await api.close();
    expect((await cli.run("logs", "api", "--host", "desk")).status).toBe(2);
  });

  it("is unknown: exit 1 and where to see the names", async () => {
    const { status, stderr } = await cli.run("logs", "api", "--host", "dekk");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "aura-msg: no host dekk is known; see the hosts with: aura-msg hosts\n" });
  });
});

describe("hosts", () => {
  it("lists them as a table", async () => {
    cli.env["OTHER_API"] = "http://desk:7000";
    const lines = (await cli.run("hosts")).stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^HOST +STATE +PID +LAST SEEN +API$/);
    expect(lines).toContainEqual(expect.stringMatching(/^desk +running +7 +2026-01-02 03:04:05 +http:\/\/desk:7000$/));
  });
});

describe("server and namespace", () => {
  it("come from flags before the environment", async () => {
    cli.env["TEMPORAL_NAMESPACE"] = "env";
    expect(await target("--host", "h")).toEqual({ where: "env/h", address });
    cli.env["TEMPORAL_ADDRESS"] = "127.0.0.1:1";
    expect(await target("--host", "h", "--namespace", "flag", "--server-address", address)).toEqual({ where: "flag/h", address });
  });

  it("come from the running daemon of this host when nobody names them", async () => {
    delete cli.env["TEMPORAL_ADDRESS"];
    const health = { ok: true, problems: [], temporal: { address, namespace: "its-own", connected: true, webUi: null } };
    const own = await listenSocket(fakeDaemon(new FakeHost([]), { health: () => health }), cli.socketPath);
    expect(await target()).toEqual({ where: "its-own/laptop", address });
    await own.close();
  });

  it("lead past the socket when they are named", async () => {
    await cli.serve([{ name: "mine" }]);
    expect(JSON.parse((await cli.run("status", "--namespace", "default", "--json")).stdout).host).toBe("desk");
  });
});

it("falls back to Temporal when no aurad answers here", async () => {
  expect(JSON.parse((await cli.run("status", "--json")).stdout).host).toBe("desk");
});
