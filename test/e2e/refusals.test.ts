import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { freePorts } from "../../src/adapters/temporal/ports.js";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import type { Daemon } from "../support/daemon.js";

const home = auraHomes();

/** Exit status and the one line on stderr. */
async function refusal(daemon: Daemon): Promise<{ code: number | null; line: string }> {
  const { code } = await daemon.exited;
  const lines = daemon.stderr.split("\n").filter((line) => line !== "");
  expect(lines).toHaveLength(1);
  return { code, line: lines[0]! };
}

describe.skipIf(missing("temporal"))("what aurad refuses", () => {
  it("does not start twice on one home, and names the pid of the first", async () => {
    const place = home();
    const first = await place.start();
    const { code, line } = await refusal(place.launch());
    expect(code).toBe(64);
    expect(line).toContain(`another aurad (pid ${first.pid})`);
    expect(first.running).toBe(true);
  });

  it("does not serve a host name that another home serves, and disturbs nothing there", async () => {
    const first = home();
    first.spec("web");
    const daemon = await first.start();
    await first.must("up");
    const { pid } = await first.row("web");
    const second = home({ host: first.host });
    second.spec("web");
    const { code, line } = await refusal(second.launch());
    expect(code).toBe(64);
    expect(line).toMatch(new RegExp(`another aurad \\(pid ${daemon.pid}\\) serves the host name ${first.host}.*--host`));
    expect(await first.row("web")).toMatchObject({ pid, state: "running" });
  });

  it("takes a host name over once the home that served it has stopped", async () => {
    const first = home();
    const daemon = await first.start();
    await daemon.kill();
    const second = home({ host: first.host });
    await second.start();
  });

  it("says which program holds a port that the embedded server needs", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as { port: number };
    const [uiPort] = (await freePorts(1)) as [number];
    try {
      const place = home({ embedded: { port, uiPort } });
      const { code, line } = await refusal(place.launch());
      expect(code).toBe(64);
      expect(line).toMatch(new RegExp(`port ${port}.* in use by .*\\(pid ${process.pid}\\)`));
    } finally {
      blocker.close();
    }
  });

  it("ends with 69 and one line when no server answers and an own one is forbidden", async () => {
    const [port] = (await freePorts(1)) as [number];
    const place = home({ address: `127.0.0.1:${port}` });
    const { code, line } = await refusal(place.launch());
    expect(code).toBe(69);
    expect(line).toContain(`127.0.0.1:${port}`);
  });

  it("names the command that creates a missing namespace", async () => {
    const place = home();
    const { code, line } = await refusal(place.launch(["--namespace", "nowhere"]));
    expect(code).toBe(69);
    expect(line).toContain(`temporal operator namespace create -n nowhere --address ${place.address}`);
  });

  it("ends with 64 and file, line, key and fix on an unknown key of aura.toml", async () => {
    const place = home();
    place.config('log_level = "info"\n\n[daemon]\non_stopp = "leave"\n');
    const { code, line } = await refusal(place.launch());
    expect(code).toBe(64);
    expect(line).toMatch(/aura\.toml:4.*on_stopp.*on_stop/);
  });

  it("leaves services alone when a start of aurad fails", async () => {
    const place = home();
    place.spec("web");
    const daemon = await place.start();
    await place.must("up");
    const { pid } = await place.row("web");
    await daemon.kill();
    expect((await refusal(place.launch(["--namespace", "nowhere"]))).code).toBe(69);
    await place.start();
    expect(await place.row("web")).toMatchObject({ pid, state: "running" });
  });

  it("tells aura-msg with exit 2 that no aurad runs, also when a killed one left its files", async () => {
    const place = home({ address: "127.0.0.1:1" });
    place.env["TEMPORAL_ADDRESS"] = "127.0.0.1:1";
    const { status, stderr } = await place.say("status");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^aura-msg: .*aurad/);

    const real = home();
    const daemon = await real.start();
    await daemon.kill();
    real.env["TEMPORAL_ADDRESS"] = "127.0.0.1:1";
    const { status: late, json } = await real.aura("status");
    expect(late).toBe(2);
    expect(json["error"]).toMatchObject({ code: "daemon_not_running" });
  });
});
