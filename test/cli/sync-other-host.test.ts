import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { listenSocket, type Listener } from "../../src/api/listen.js";
import { builtCliOver } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";
import { FakeRoots } from "../support/fake-roots.js";

/** Stands for Temporal: leads to the other host's roots. */
const OVER_TEMPORAL = `
import { createRootsClient } from "./roots-client.js";
export async function createTemporalRoots(options) {
  if (options.host !== "desk") throw new Error("asked for " + options.host);
  const client = createRootsClient({ socketPath: process.env.OTHER_HOST });
  return { ...client, progress: async () => null, close: async () => client.close() };
}
`;

let built: Awaited<ReturnType<typeof builtCliOver>>;
let temporal: Server;
let cli: CliHost;
let desk: FakeRoots;
let deskSocket: Listener;

beforeAll(async () => {
  built = await builtCliOver("export {};\n");
  writeFileSync(join(dirname(built.main), "../api/temporal-roots.js"), OVER_TEMPORAL);
  temporal = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(temporal, "listening");
});
afterAll(() => {
  built.remove();
  temporal.close();
});
beforeEach(async () => {
  cli = new CliHost(built.main);
  desk = new FakeRoots("desk").add({ rootId: "work", path: "/srv/work" });
  deskSocket = await listenSocket(fakeDaemon(new FakeHost([], "desk"), {}, undefined, desk), join(cli.home, "desk.sock"));
  const { port } = temporal.address() as { port: number };
  Object.assign(cli.env, { OTHER_HOST: deskSocket.url, TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  return async () => {
    await deskSocket.close();
    await cli.remove();
  };
});

describe("the roots of another host", () => {
  it("are asked over Temporal while those of this one are asked over its socket", async () => {
    await cli.serve([]);
    cli.roots.add({ rootId: "mine", path: "/mine" });
    const rows = async (...args: string[]): Promise<unknown> => JSON.parse((await cli.run("root", "list", "--json", ...args)).stdout);
    expect(await rows("--host", "desk")).toMatchObject({ host: "desk", roots: [{ root_id: "work", device_id: "desk" }] });
    expect(await rows()).toMatchObject({ host: "laptop", roots: [{ root_id: "mine" }] });
  });

  it.each([["sync"], ["sync", "wait"], ["sync", "log"], ["sync", "gc"], ["sync", "verify"]])("take %s %s", async (...command) => {
    const { status, stdout } = await cli.run(...command, "work", "--host", "desk", "--json");
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ schema_version: 1, root_id: "work" })]);
    expect(desk.calls).toHaveLength(1);
  });

  it("are restored by absolute paths only: that host knows nothing of this folder", async () => {
    const restore = (path: string) => cli.run("sync", "restore", path, "--at", "yesterday", "--host", "desk");
    expect((await restore("/srv/work/a.txt")).status).toBe(0);
    expect(desk.calls).toEqual([["restore", "work", "a.txt", expect.anything()]]);
    const refused = await restore("a.txt");
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^aura-msg: "a\.txt" is relative, and host desk does not know this folder; /);
  });

  it("end with 2 when no server answers", async () => {
    cli.env["TEMPORAL_ADDRESS"] = "127.0.0.1:1";
    const { status, stderr } = await cli.run("sync", "--host", "desk");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^aura-msg: no Temporal server answers at 127\.0\.0\.1:1; /);
  });
});
