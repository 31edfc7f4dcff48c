import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const CACHE = join(ROOT, ".cache/test-build");

/** Compiles the sources once for each state they are in; returns the compiled main of aura-msg. */
export async function builtCli(): Promise<string> {
  const target = join(CACHE, fingerprint());
  if (!existsSync(target)) {
    mkdirSync(CACHE, { recursive: true });
    const draft = mkdtempSync(join(CACHE, "draft-"));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    // Type errors are the type check's business; what compiles is run here.
    await promisify(execFile)(process.execPath, [tsc, "-p", ROOT, "--outDir", join(draft, "dist")]).catch(() => undefined);
    copyFileSync(join(ROOT, "package.json"), join(draft, "package.json"));
    try {
      renameSync(draft, target);
    } catch {
      // Another test process was quicker with the same sources.
      rmSync(draft, { recursive: true, force: true });
    }
    removeOld();
  }
  return join(target, "dist/cli/main.js");
}

/** Another test run may still use an older build, so only what is surely left over goes. */
function removeOld(): void {
  for (const path of readdirSync(CACHE).map((name) => join(CACHE, name))) {
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 3_600_000) rmSync(path, { recursive: true, force: true });
  }
}

function fingerprint(): string {
  const hash = createHash("sha256");
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort();
  for (const name of ["package.json", "tsconfig.json", ...files.map((file) => join("src", file))]) {
    hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** The compiled aura-msg with other code in the place of `dist/api/temporal-control.js`. */
export async function builtCliOver(temporalControl: string): Promise<{ readonly main: string; readonly remove: () => void }> {
  const built = dirname(dirname(dirname(await builtCli())));
  const copy = mkdtempSync(join(CACHE, "draft-"));
  cpSync(built, copy, { recursive: true });
  writeFileSync(join(copy, "dist/api/temporal-control.js"), temporalControl);
  return { main: join(copy, "dist/cli/main.js"), remove: () => rmSync(copy, { recursive: true, force: true }) };
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export function startCli(main: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
}

/** Runs aura-msg to its end as a process of its own. */
export async function runCli(main: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliResult> {
  const from = performance.now();
  const child = startCli(main, args, env);
  child.stdin.end();
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const status = await new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { status, stdout: stdout(), stderr: stderr(), ms: performance.now() - from };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString("utf8");
}
