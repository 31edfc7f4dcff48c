import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RootStatus, TickRecord } from "../../src/sync/control.js";
import { freePorts } from "../../src/adapters/temporal/ports.js";
import { missing } from "../support/components.js";
import { type SyncedHome, syncedHomes } from "../support/synced-home.js";

interface Handoff {
  readonly schema_version: number;
  readonly pid: number;
  readonly url: string;
  readonly token: string;
  readonly started_at: string;
}

function handoff(here: SyncedHome): Handoff {
  return JSON.parse(readFileSync(here.places.daemonJson, "utf8")) as Handoff;
}

async function statusOf(url: string, token = "", method = "GET"): Promise<number> {
  return (await fetch(url, { method, headers: token === "" ? {} : { authorization: `Bearer ${token}` } })).status;
}

describe.skipIf(missing("temporal") || missing("versitygw"))("aurad status", () => {
  const { home, bucket } = syncedHomes();

  it("finds what runs by daemon.json, prints the page's address, and is 2 when nothing runs or it was killed", async () => {
    const here = home();
    here.root("work", await bucket());
    here.config(`[[roots]]\npath = "${here.path("work")}"\n`);
    const stopped = { status: 2, stdout: "" };
    expect(await here.aurad("status")).toMatchObject({ ...stopped, stderr: "aurad: it does not run; start it with: aurad\n" });
    expect(JSON.parse((await here.aurad("status", "--json")).stdout)).toMatchObject({ schema_version: 1, running: false });

    await here.start();
    await here.tick("work");
    const { pid, url, token, ...rest } = handoff(here);
    expect({ pid, ...rest }).toEqual({ schema_version: 1, pid: here.daemon.pid, started_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(statSync(here.places.daemonJson).mode & 0o777).toBe(0o600);
    expect(await here.aurad("status", "--ui")).toMatchObject({ status: 0, stdout: `${url}/#t=${token}\n` });
    expect(JSON.parse((await here.aurad("status", "--json")).stdout)).toMatchObject({
      schema_version: 1,
      running: true,
      pid,
      roots: [{ root_id: "work", online: true, error: null }],
    });
    expect(await statusOf(`${url}/`)).toBe(200);
    expect(await statusOf(`${url}/v1/healthz`)).toBe(200);
    for (const path of ["/v1/status", "/v1/roots", "/v1/roots/work", "/v1/roots/work/ticks?limit=5"]) {
      expect([path, await statusOf(`${url}${path}`), await statusOf(`${url}${path}`, token)]).toEqual([path, 401, 200]);
    }
    expect(await statusOf(`${url}/v1/roots/work/sync`, token, "POST")).toBe(405);

    await here.daemon.kill();
    expect(handoff(here).pid).toBe(pid);
    expect(await here.aurad("status")).toMatchObject(stopped);
    await here.start();
    expect(await here.daemon.stop()).toBe(0);
    expect(existsSync(here.places.daemonJson)).toBe(false);
  });

  it("goes without a token where a proxy asks for one, on the port that is set", async () => {
    const here = home();
    const [port] = await freePorts(1);
    here.config(`status_api_addr = "127.0.0.1:${port}"\nstatus_api_require_auth = false\n`);
    await here.start();
    expect(handoff(here)).toMatchObject({ url: `http://127.0.0.1:${port}`, token: "" });
    expect(await here.aurad("status", "--ui")).toMatchObject({ status: 0, stdout: `http://127.0.0.1:${port}/\n` });
    expect(await statusOf(`http://127.0.0.1:${port}/v1/roots`)).toBe(200);
  });

  it("answers without the listener, too, which leaves neither a file nor a history of ticks then", async () => {
    const here = home();
    here.root("work", await bucket());
    here.config(`status_api = false\n[[roots]]\npath = "${here.path("work")}"\n`);
    await here.start();
    await here.tick("work");
    await here.post("/v1/roots/work/sync");
    expect(existsSync(here.places.daemonJson)).toBe(false);
    expect((await here.aurad("status")).status).toBe(0);
    expect(await here.aurad("status", "--ui")).toMatchObject({ status: 2, stdout: "" });
    const { ticks } = await here.get<{ ticks: TickRecord[] }>("/v1/roots/work/ticks?limit=100");
    expect(ticks).toEqual([]);
    expect(await here.get<RootStatus>("/v1/roots/work")).toMatchObject({ last_tick: { trigger: "manual" } });
  });

  it("finds roots by the file that -c names, relative to it; one that is not there is 64", async () => {
    const here = home();
    here.root("work", await bucket());
    const gone = here.launch(["-c", join(here.dir, "none.toml")]);
    expect((await gone.exited).code).toBe(64);
    expect(gone.stderr).toMatch(/^aurad: .*none\.toml.*\n$/);
    writeFileSync(here.path("own.toml"), '[[roots]]\npath = "work"\ninterval = "7s"\n');
    await here.start(["--config", here.path("own.toml")]);
    expect(await here.rootStatus("work")).toMatchObject({ path: here.path("work"), interval_s: 7 });
  });
});
