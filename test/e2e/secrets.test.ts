import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { inject, afterEach, describe, expect, it } from "vitest";
import { createApiClient } from "../../src/api/client.js";
import { readDaemonFile } from "../../src/adapters/home/run-files.js";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { histories, withClient } from "../support/histories.js";
import { startServer, type TestServer } from "../support/temporal.js";
import { until } from "../support/until.js";

const home = auraHomes();
const servers: TestServer[] = [];
/** Each in a place of its own; found again wherever it may have leaked to. */
const VALUES = ["tok-4fQ9-plain", "tok-7zR2-health", "tok-1mK8-missing", "tok-5dT3-workdir", "tok-9bX6-argument"] as const;

afterEach(async () => {
  for (const server of servers.splice(0)) await server.end();
});

/** Every history of the namespace, payloads decoded and once more as they are, and what the lists show of it. */
async function everyHistory(address: string): Promise<string> {
  return withClient(address, async (client) => {
    const texts: string[] = [];
    for await (const { workflowId } of client.workflow.list()) {
      for (const history of await histories(client, workflowId)) {
        texts.push(readable(history));
      }
      texts.push(readable((await client.workflow.getHandle(workflowId).describe()).raw));
    }
    return texts.join("\n");
  });
}

/** As JSON, the data of every payload (base64 there) decoded as well. */
function readable(message: unknown): string {
  const json = JSON.stringify(message);
  const payloads = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data!, "base64").toString("utf8"));
  return [json, ...payloads].join("\n");
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

async function everyAnswer(place: AuraHome): Promise<string> {
  const client = createApiClient({ socketPath: place.places.sock });
  const names = [...(await place.status()).keys()];
  const answers: unknown[] = [await client.status(), await client.graph(), await client.health()];
  for (const name of names) answers.push(await client.why(name));
  client.close();
  const file = readDaemonFile(place.places)!;
  for (const path of ["/v1/services", "/v1/status", "/v1/health", "/metrics", "/", ...names.map((name) => `/v1/services/${name}`)]) {
    answers.push(await (await fetch(`${file.url}${path}`, { headers: { authorization: `Bearer ${file.token}` } })).text());
  }
  for (const args of [["status"], ["graph"], ["reload"], ["check"], ...names.map((name) => ["why", name])]) {
    const { stdout, stderr } = await place.say(...args);
    answers.push(stdout, stderr);
  }
  return JSON.stringify(answers);
}

describe.skipIf(missing("temporal"))("env values", () => {
  it("occur nowhere but in the service's environment and the private copies of its spec", { timeout: 90_000 }, async () => {
    const server = await startServer(inject("temporal")!.cli);
    servers.push(server);
    const place = home({ address: server.address });
    const restart = { max_attempts: 1, delay: "20ms" };
    place.spec("plain", { env: { TOKEN: VALUES[0] } });
    place.spec("unhealthy", {
      env: { TOKEN: VALUES[1] },
      restart,
      health: { type: "exec", command: ["sh", "-c", "echo the token is $TOKEN >&2; exit 1"], interval: "50ms", unhealthy_threshold: 2 },
    });
    place.spec("missing", { service: { command: ["/nowhere/${SERVICE_NAME}"] }, env: { TOKEN: VALUES[2] }, restart });
    place.spec("workdir", { service: { working_dir: "/nowhere" }, env: { TOKEN: VALUES[3] }, restart });
    place.spec("argument", {
      service: { command: ["sh", "-c", "exit 5"] },
      env: { TOKEN: VALUES[4], AGAIN: `prefix ${VALUES[4]}` },
      restart,
    });
    await place.start(["--log-level", "trace"]);
    await place.aura("up");
    for (const name of ["unhealthy", "missing", "workdir", "argument"]) await place.waitFor(name, "failed");
    expect(readFileSync(`/proc/${(await place.row("plain")).pid}/environ`, "utf8")).toContain(VALUES[0]);

    // A bad spec, a changed one, a removed one.
    place.specText("plain", `service: {name: plain, type: native, command: "${VALUES[0]}`);
    await until(() => place.daemon.log.some(({ msg }) => msg?.includes("plain.yaml")));
    place.spec("plain", { env: { TOKEN: VALUES[0], MORE: VALUES[1] } });
    await place.waitFor("plain", (row) => row.generation === 2 && row.state === "running");
    const answers = await everyAnswer(place);
    await place.daemon.stop();
    const history = await everyHistory(server.address);
    const { stdout, stderr } = place.daemon;

    // The search finds what is there: what is known to be in each place.
    const places = { history, answers, stdout, stderr };
    for (const where of ["history", "answers", "stdout"] as const) {
      const known = where === "stdout" ? "stopping: services stop in reverse order" : "gave up after 1 restart";
      expect([where, places[where].includes(known)]).toEqual([where, true]);
    }
    for (const value of VALUES) {
      for (const [where, text] of Object.entries(places)) {
        expect(text.includes(value), `${value} occurs in ${where}`).toBe(false);
        expect(
          text.includes(Buffer.from(value).toString("base64").replace(/=+$/, "").slice(0, -1)),
          `${value} occurs in ${where} as base64`,
        ).toBe(false);
      }
    }
    const leaks = filesBelow(place.dir).filter((file) => VALUES.some((value) => readFileSync(file, "latin1").includes(value)));
    const kept = leaks.filter((file) => !file.startsWith(place.places.servicesDir));
    expect(kept.filter((file) => !file.startsWith(place.places.specsDir))).toEqual([]);
    expect(kept.length).toBeGreaterThan(0);
    for (const file of kept) expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600]);
  });
});
