import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { checkFiles } from "../../src/services/spec/check.js";
import { specJsonSchema } from "../../src/services/spec/json-schema.js";
import { good, host } from "./host.js";

const stack = fileURLToPath(new URL("../../examples/stack", import.meta.url));
const services = join(stack, "services");
const files = readdirSync(services).map((name) => ({ file: join(services, name), text: readFileSync(join(services, name), "utf8") }));

let dir: string;
let running: Program[];

interface Program {
  readonly child: ChildProcess;
  /** Resolves once a later line of the output contains the text. */
  line(text: string): Promise<string>;
  readonly exit: Promise<number | NodeJS.Signals | null>;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-stack-"));
  running = [];
});
afterEach(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.map(({ exit }) => exit));
  rmSync(dir, { recursive: true, force: true });
});

/** Starts a program as its spec says. */
function start(name: string): Program {
  const spec = good(files.find(({ file }) => file.endsWith(`/${name}.yaml`))?.text ?? "", host, join(services, `${name}.yaml`));
  const [program = "", ...args] = spec.command ?? [];
  const child = spawn(program, args, {
    cwd: spec.workingDir,
    env: { PATH: process.env["PATH"], STACK_DIR: dir, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const line = async (text: string): Promise<string> => {
    for (;;) {
      const lines = output.split("\n");
      const index = lines.slice(0, -1).findIndex((each) => each.includes(text));
      if (index >= 0) {
        output = lines.slice(index + 1).join("\n");
        return lines[index] ?? "";
      }
      await new Promise((resolve) => child.stdout.once("data", resolve));
    }
  };
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const started = { child, line, exit };
  running.push(started);
  return started;
}

it("the specs of the example stack are good, also for editors", () => {
  expect(checkFiles(files, host).map(({ service, errors }) => [service, errors])).toEqual([
    ["api", []],
    ["store", []],
    ["worker", []],
  ]);
  const valid = new Ajv2020({ strict: false }).compile(specJsonSchema());
  for (const { text } of files) expect([valid(parse(text)), valid.errors]).toEqual([true, null]);
});

it("the worker reaches the API through the store, outlives a crash of both, and all stop cleanly", async () => {
  const worker = start("worker");
  await worker.line("worker: waiting");
  const api = start("api");
  await api.line("listening");
  await api.line("api: waiting");
  const store = start("store");
  await store.line("listening");
  await worker.line("worker: ready");

  store.child.kill("SIGKILL");
  await store.exit;
  await worker.line("worker: waiting");
  const again = start("store");
  await worker.line("worker: hello 1 ");
  api.child.kill("SIGKILL");
  await api.exit;
  await worker.line("worker: waiting");
  const apiAgain = start("api");
  const url = (await apiAgain.line("listening")).split(" ").at(-1) ?? "";
  await worker.line(`from ${url}`);
  const health = await fetch(`${url}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { ok: true, store: true }]);

  for (const { child, exit } of [worker, apiAgain, again]) {
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  }
  expect(readdirSync(dir)).toEqual([]);
});
