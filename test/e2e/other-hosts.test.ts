import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { until } from "../support/until.js";

const home = auraHomes();

describe.skipIf(missing("temporal"))("another host over Temporal", () => {
  it("is listed, commanded and explained from here", async () => {
    const here = home();
    const there = home();
    there.spec("web");
    await Promise.all([here.start(), there.start()]);
    const hosts = await until(async () => {
      const rows = (await here.must("hosts"))["hosts"] as { host: string; aurad_pid: number }[];
      return [here, there].every(({ host }) => rows.some((row) => row.host === host)) && rows;
    });
    expect(hosts.find(({ host }) => host === there.host)).toMatchObject({ aurad_pid: there.daemon.pid });

    await here.must("up", "--host", there.host);
    const { pid } = await there.waitFor("web", "running");
    expect(await here.must("status", "--host", there.host)).toMatchObject({
      host: there.host,
      services: [{ name: "web", state: "running", pid }],
    });
    await here.must("restart", "web", "--host", there.host);
    const why = await here.must("why", "web", "--host", there.host);
    expect(why).toMatchObject({ host: there.host, service: "web", desired: "up" });
    expect((why["transitions"] as { reason: string }[]).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^started: up by /), expect.stringMatching(/^restarting: restart by /)]),
    );
    await here.must("down", "--host", there.host);
    expect((await there.row("web")).state).toBe("stopped");
    expect((await here.status()).size).toBe(0);
  });

  it("shows why a service of it waits", async () => {
    const here = home();
    const there = home();
    const open = join(there.dir, "open");
    there.spec("store", { health: { type: "exec", command: ["test", "-e", open], interval: "100ms", unhealthy_threshold: 1000 } });
    there.spec("api", { dependencies: { after: ["store"], requires: ["store"] } });
    await Promise.all([here.start(), there.start()]);
    await here.aura("up", "--host", there.host, "--timeout", "300ms");
    await there.waitFor("api", "pending");
    const { services } = (await here.must("status", "--host", there.host)) as { services: { name: string }[] };
    expect(services.find(({ name }) => name === "api")).toMatchObject({
      state: "pending",
      reason: expect.stringContaining("waits for store"),
    });
    writeFileSync(open, "");
    await until(async () => {
      const document = (await here.must("status", "--host", there.host)) as { services: { name: string; state: string }[] };
      return document.services.find(({ name }) => name === "api")?.state === "running";
    });
  });

  it("reads its log from the host's own API, never through Temporal", async () => {
    const here = home();
    const there = home();
    there.spec("web", { service: { command: ["sh", "-c", "echo hello there; exec sleep 100000"] } });
    await here.start();
    await there.start(["--api-addr", "127.0.0.1:0"]);
    await there.must("up");
    here.env["AURA_API_TOKEN"] = readFileSync(there.places.apiToken, "utf8").trim();
    const lines = await until(async () => {
      const { status, stdout } = await here.say("logs", "web", "--host", there.host);
      return status === 0 && stdout.includes("hello there") && stdout;
    });
    expect(lines).toBe("hello there\n");
  });

  it("refuses an unknown host and an unknown service of a known one", async () => {
    const here = home();
    const there = home();
    there.spec("worker");
    await Promise.all([here.start(), there.start()]);
    expect(await here.aura("status", "--host", "nobody")).toMatchObject({
      status: 2,
      json: { error: { message: expect.stringContaining("nobody") } },
    });
    const { status, stderr } = await here.say("up", "wroker", "--host", there.host);
    expect(status).toBe(1);
    expect(stderr).toContain("did you mean worker?");
  });

  it("answers a host whose aurad is gone with exit 2 and what to do", async () => {
    const here = home();
    const there = home();
    there.spec("web");
    await Promise.all([here.start(), there.start()]);
    await there.daemon.kill();
    const { status, stderr } = await here.say("up", "--host", there.host);
    expect(status).toBe(2);
    expect(stderr).toContain(`start aurad on ${there.host}`);
  });
});
