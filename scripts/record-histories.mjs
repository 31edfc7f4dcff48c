// Records what the workflows of this version do in a real run (start, crash, giving up, restart, reload, a killed aurad,
// continue-as-new, stop; epochs with reviews, slices that fail, are lost and stopped, refusals, a cancel; a sync root with
// all its commands, no server for a while, and its removal) into test/replay/histories/vVERSION/. Run it once before a
// release, from a built checkout with versitygw on PATH: test/replay holds every later version to these histories.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { Client, Connection } from "@temporalio/client";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const built = (path) => import(join(ROOT, "dist", path));
const { findInstalledCli } = await built("adapters/temporal/cli.js");
const { freePorts } = await built("adapters/temporal/ports.js");
const { serverArgs } = await built("adapters/temporal/server-args.js");
const { untilReady } = await built("adapters/temporal/server-ready.js");
const { createApiClient } = await built("api/client.js");
const { createEpochsClient } = await built("api/epochs-client.js");
const { WorkflowRoots } = await built("api/workflow-roots.js");
const { initRoot } = await built("adapters/roots/root-file.js");

const HOST = "laptop";
/** Low, so that a short run continues as new. */
const SUGGEST = 90;
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const home = mkdtempSync(join(tmpdir(), "aura-record-"));
const children = [];
let request = 0;

function start(program, args, env) {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

async function until(look) {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await pause(30)) {
    const value = await look().catch(() => undefined);
    if (value) return value;
  }
  throw new Error(`what the scenario waits for does not come: ${look}`);
}

function spec(name, command, more = {}) {
  mkdirSync(join(home, "config/services"), { recursive: true });
  writeFileSync(
    join(home, `config/services/${name}.yaml`),
    JSON.stringify({ service: { name, type: "native", command }, restart: { delay: "50ms", max_attempts: 2 }, ...more }),
  );
}

async function startAurad(address) {
  const env = { PATH: process.env.PATH, HOME: home, AURA_HOME: home, AURA_S3_ACCESS_KEY: "key", AURA_S3_SECRET_KEY: "secret" };
  const child = start(
    process.execPath,
    [
      join(ROOT, "dist/worker/main.js"),
      "run",
      "--host",
      HOST,
      "--audit-trail",
      "memory",
      "--no-embedded",
      "--server-address",
      address,
      "--log-format",
      "text",
    ],
    env,
  );
  await new Promise((ready, failed) => {
    child.stdout.on("data", (text) => String(text).includes("Worker running") && ready());
    child.once("exit", (code) => failed(new Error(`aurad ended with ${code}`)));
  });
  return child;
}

async function ended(child, signal) {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

async function scenario(address) {
  const api = createApiClient({ socketPath: join(home, "run/aurad.sock") });
  const asker = () => ({ by: "somebody@laptop", requestId: `request-${(request += 1)}` });
  const row = async (name) => (await api.status()).services.find((one) => one.name === name);
  const after = (name) => ({ dependencies: { after: [name], requires: [name] } });
  const trap = join(home, "crash");
  spec("store", ["sh", "-c", `test -e ${trap} && exit 3; exec sleep 100000`]);
  spec("api", ["sleep", "100000"], after("store"));
  spec("checked", ["sleep", "100000"], { health: { type: "exec", command: ["true"], interval: "200ms" } });
  let aurad = await startAurad(address);
  await api.up([], asker());
  for (const name of ["store", "api", "checked"]) await until(async () => (await row(name)).ready);
  process.kill((await row("api")).pid, "SIGKILL");
  await until(async () => (await row("api")).generation === 2 && (await row("api")).ready);
  writeFileSync(trap, "");
  process.kill((await row("store")).pid, "SIGKILL");
  await until(async () => (await row("store")).state === "failed" && (await row("api")).state === "pending");
  rmSync(trap);
  await api.up(["store"], asker());
  await until(async () => (await row("api")).ready);
  await api.restart("checked", asker());
  await until(async () => (await row("checked")).generation === 2 && (await row("checked")).ready);
  spec("checked", ["sleep", "100001"], { health: { type: "exec", command: ["true"], interval: "200ms" } });
  await api.reload(asker());
  await until(async () => (await row("checked")).generation === 3 && (await row("checked")).ready);
  await ended(aurad, "SIGKILL");
  aurad = await startAurad(address);
  for (let n = 0; n < 4; n++) {
    const { generation } = await row("store");
    await api.restart("store", asker());
    await until(async () => (await row("store")).generation > generation && (await row("store")).ready);
  }
  await api.down([], asker());
  await until(async () => (await api.status()).services.every(({ state }) => state === "stopped"));
  api.close();
  await ended(aurad, "SIGTERM");
}

function slice(id, command, more = {}) {
  const defaults = { timeout_s: 300, heartbeat_s: 2, needs: [], retries: 0, resources: [], host: null };
  return { id, title: `slice ${id}`, mode: command === null ? "mock" : "subprocess", command, working_dir: home, ...defaults, ...more };
}

function plan(...slices) {
  return { slices, max_parallel: 4, fail_fast: false };
}

async function epochScenario(address) {
  const epochs = createEpochsClient({ socketPath: join(home, "run/aurad.sock") });
  const sent = (message = {}) => ({ key: `message-${(request += 1)}`, by: "somebody", ...message });
  const advance = (id, ...phases) =>
    phases.reduce(
      (before, to_phase) => before.then(() => epochs.advance(id, sent({ to_phase, triggered_by: "somebody", condition_met: "yes" }))),
      Promise.resolve(),
    );
  const vote = (id, axis, given) => epochs.vote(id, sent({ axis, vote: given, reviewer_id: `reviewer-${axis}` }));
  const accept = async (id) => {
    for (const axis of ["correctness", "test_quality", "elegance"]) await vote(id, axis, "ACCEPT");
  };
  const states = async (id) => (await epochs.state(id)).slices.map(({ state }) => state).join();
  const waiting = (file) => `for i in $(seq 600); do [ -e ${file} ] && exit 0; sleep 0.1; done`;
  let aurad = await startAurad(address);

  const id = "whole";
  const flaky = slice("flaky", "test -e tried && exit 0; touch tried; exit 3", { retries: 1 });
  await epochs.start({
    epoch_id: id,
    description: "a whole walk",
    plan: plan(flaky, slice("long", waiting("go")), slice("mock", null)),
    by: "somebody",
  });
  await advance(id, "p2", "p3", "p4", "p5");
  await vote(id, "correctness", "REVISE");
  await until(async () => (await epochs.state(id)).votes.correctness !== undefined);
  await toldAlone();
  await advance(id, "p3", "p4");
  await accept(id);
  await advance(id, "p5", "p6", "p7", "p8", "p9");
  await until(async () => (await states(id)) === "succeeded,running,succeeded");
  await ended(aurad, "SIGKILL");
  aurad = await startAurad(address);
  await until(async () => (await states(id)) === "succeeded,running,succeeded");
  await ended(aurad, "SIGTERM");
  aurad = await startAurad(address);
  for (let n = 0; n < 30; n++) await epochs.registerSession(id, sent({ session_id: `agent-${n % 3}`, role: "worker" }));
  writeFileSync(join(home, "go"), "");
  await until(async () => (await states(id)) === "succeeded,succeeded,succeeded");
  await advance(id, "p10");
  await epochs.finding(id, sent({ op: "add", slice_id: "mock", description: "not yet" }));
  await vote(id, "elegance", "REVISE");
  await advance(id, "p11", "p9");
  await until(async () => (await states(id)) === "succeeded,succeeded,succeeded");
  await epochs.finding(id, sent({ op: "resolve" }));
  await advance(id, "p10");
  await accept(id);
  await epochs.answer(id, sent({ question: "good?", options: ["yes", "no"], answer: "yes", answered_by: "somebody" }));
  await advance(id, "p11", "p12", "complete");

  const other = "cancelled";
  await epochs.start({
    epoch_id: other,
    description: "",
    plan: plan(
      slice("told", waiting("never")),
      slice("stopped", waiting("never")),
      slice("lost", "true", { host: "nowhere", heartbeat_s: 1 }),
    ),
    by: "somebody",
  });
  await advance(other, "p2", "p3", "p4");
  await accept(other);
  await advance(other, "p5", "p6", "p7", "p8", "p9");
  await until(async () => (await states(other)) === "running,running,lost");
  await epochs.completeSlice(other, sent({ slice_id: "told", success: true, output: "by hand" }));
  await epochs.moveSlice(other, sent({ slice_id: "lost", to_host: HOST }));
  await until(async () => (await states(other)) === "succeeded,running,succeeded");
  await epochs.cancel(other, sent({ reason: "no longer wanted" }));
  await until(async () => (await states(other)) === "succeeded,cancelled,succeeded");
  await until(async () => (await epochs.list()).every(({ ended_at }) => ended_at !== null));
  epochs.close();
  await ended(aurad, "SIGTERM");
}

function startS3(port) {
  const args = ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive", "posix", join(home, "s3")];
  return start("versitygw", args, { PATH: process.env.PATH, HOME: home, ROOT_ACCESS_KEY: "key", ROOT_SECRET_KEY: "secret" });
}

async function rootScenario(address) {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const roots = new WorkflowRoots(client, HOST);
  const [port] = await freePorts(1);
  mkdirSync(join(home, "s3/bucket"), { recursive: true });
  let server = startS3(port);
  const folder = join(home, "photos");
  const identity = { rootId: "photos", deviceId: HOST, mode: "bidirectional" };
  initRoot(folder, { ...identity, remote: { bucket: "bucket", endpoint: `http://127.0.0.1:${port}`, pathStyle: true } });
  writeFileSync(join(folder, "first"), "first");
  const config = join(home, "config/aura.toml");
  const timing = 'watcher_debounce = "100ms"\ndefault_interval = "2s"\nhead_poll_interval = "1h"\nhead_poll_max_interval = "1h"\n';
  writeFileSync(config, `${timing}\n[[roots]]\npath = "${folder}"\n`);
  let aurad = await startAurad(address);
  const ticked = (fits) => until(async () => (await roots.get("photos")).recent_ticks.find(fits));
  await ticked(({ trigger, outcome }) => trigger === "startup" && outcome === "ok");
  writeFileSync(join(folder, "second"), "second");
  await ticked(({ trigger, outcome }) => trigger === "watcher" && outcome === "ok");
  await ticked(({ trigger }) => trigger === "interval");
  await Promise.all([roots.sync("photos", {}), roots.sync("photos", { dryRun: true }), roots.sync("photos", { confirm: true })]);
  const [newest] = await roots.log("photos", 10);
  rmSync(join(folder, "second"));
  await roots.sync("photos", {});
  await roots.restore("photos", "second", { manifest: newest.id });
  await roots.restore("photos", "nowhere", { manifest: newest.id }).catch(() => {});
  await roots.gc("photos", { apply: true, windowMs: 0, historyMs: 0 });
  await roots.verify("photos", { repair: true });
  await ended(server, "SIGKILL");
  await ticked(({ outcome }) => outcome === "skip");
  server = startS3(port);
  await ended(aurad, "SIGKILL");
  aurad = await startAurad(address);
  await ticked(({ trigger, outcome }) => trigger === "startup" && outcome === "ok");
  for (let n = 0; n < 15; n++) {
    writeFileSync(join(folder, "busy"), `busy ${n}`);
    await roots.sync("photos", {});
  }
  await ended(aurad, "SIGTERM");
  writeFileSync(config, timing);
  aurad = await startAurad(address);
  await until(async () => (await client.workflow.getHandle(`root/${HOST}/photos`).describe()).status.name === "COMPLETED");
  await connection.close();
  await ended(aurad, "SIGTERM");
  await ended(server, "SIGTERM");
}

/** The review is told of a vote that stays alone within a second or so. */
function toldAlone() {
  return pause(2500);
}

async function record(address) {
  const target = join(ROOT, `test/replay/histories/v${version}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const numbers = new Map();
  const found = [];
  for await (const one of client.workflow.list()) found.push(one);
  for (const { workflowId, runId } of found.sort((a, b) => a.startTime - b.startTime)) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const number = (numbers.get(workflowId) ?? 0) + 1;
    numbers.set(workflowId, number);
    const file = `${workflowId.replaceAll("/", "-")}-${number}.json`;
    // Stack traces of failures name files of this machine.
    const text = JSON.stringify({ workflowId, history }, null, 1).replaceAll(ROOT, ".");
    writeFileSync(join(target, file), `${text}\n`);
    process.stdout.write(`${file}: ${history.events.length} events\n`);
  }
  await connection.close();
}

try {
  if (spawnSync("versitygw", ["--version"]).error !== undefined) throw new Error("there is no versitygw on PATH (.ci/run installs one)");
  const cli = await findInstalledCli({ env: process.env, home: homedir(), steps: { say() {}, during: (_line, work) => work } });
  const [port, uiPort, httpPort, metricsPort] = await freePorts(4);
  const args = serverArgs({ db: join(home, "server.db"), namespace: "default", port, uiPort, httpPort, metricsPort });
  start(cli.path, [...args, "--dynamic-config-value", `limit.historyCount.suggestContinueAsNew=${SUGGEST}`], process.env);
  await untilReady({ port, namespace: "default", timeoutMs: 30_000, alive: () => true });
  await scenario(`127.0.0.1:${port}`);
  await epochScenario(`127.0.0.1:${port}`);
  await rootScenario(`127.0.0.1:${port}`);
  await record(`127.0.0.1:${port}`);
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
