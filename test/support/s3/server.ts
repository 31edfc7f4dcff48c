import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { freePorts } from "../../../src/adapters/temporal/ports.js";
import type { Remote } from "../../../src/sync/root.js";
import { until } from "../until.js";
import { type S3ServerName, s3Program } from "./programs.js";

export interface S3Server {
  readonly name: S3ServerName;
  readonly endpoint: string;
  readonly port: number;
  /** Of the one that runs now. */
  readonly pid: number;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The folder with all that it keeps. */
  readonly data: string;
  /** The keys, as Aura reads them. */
  readonly env: { readonly AURA_S3_ACCESS_KEY: string; readonly AURA_S3_SECRET_KEY: string };
  /** A bucket of its own, newly made. `endpoint`: of something in front of the server. */
  bucket(endpoint?: string): Promise<Remote>;
  /** With all that is in it. */
  deleteBucket(name: string): Promise<void>;
  /** It takes connections and answers nothing any more, until `goOn`. */
  hang(): Promise<void>;
  goOn(): void;
  /** SIGKILL: nobody listens any more. */
  stop(): Promise<void>;
  /** Again, on the same port and folder. */
  startAgain(): Promise<void>;
  end(): Promise<void>;
}

const KEYS = { accessKeyId: "aura-test-key", secretAccessKey: "aura-test-secret" };

interface Launch {
  readonly args: (folder: string, port: number) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const LAUNCHES: Readonly<Record<S3ServerName, Launch>> = {
  versitygw: {
    args: (folder, port) => ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive", "posix", join(folder, "data")],
    env: { ROOT_ACCESS_KEY: KEYS.accessKeyId, ROOT_SECRET_KEY: KEYS.secretAccessKey },
  },
  minio: {
    args: (folder, port) => ["server", "--address", `127.0.0.1:${port}`, "--quiet", join(folder, "data")],
    env: {
      MINIO_ROOT_USER: KEYS.accessKeyId,
      MINIO_ROOT_PASSWORD: KEYS.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
  },
};

/** An S3 server of the test's own, with an empty folder, answering. */
export async function startS3Server(name: S3ServerName): Promise<S3Server> {
  const program = s3Program(name);
  if (program === undefined) throw new Error(`there is no ${name}`);
  const folder = mkdtempSync(join(tmpdir(), `aura-${name}-`));
  mkdirSync(join(folder, "data"));
  const port = (await freePorts(1))[0]!;
  const start = (): Promise<ChildProcess> => launch(name, folder, port);
  try {
    return control({ name, port, folder, start }, await start());
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Resolves once it answers. */
async function launch(name: S3ServerName, folder: string, port: number): Promise<ChildProcess> {
  const log = openSync(join(folder, "log"), "a");
  const { args, env } = LAUNCHES[name];
  // Not the test's own environment: it may name other credentials or proxies.
  const child = spawn(s3Program(name)!, args(folder, port), {
    cwd: folder,
    stdio: ["ignore", log, log],
    env: { PATH: process.env["PATH"], HOME: folder, ...env },
  });
  closeSync(log);
  try {
    await once(child, "spawn");
    await until(
      () => child.exitCode !== null || answers(`http://127.0.0.1:${port}`),
      30_000,
      () => readFileSync(join(folder, "log"), "utf8").slice(-2000),
    );
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${readFileSync(join(folder, "log"), "utf8")}`);
    return child;
  } catch (error) {
    await kill(child);
    throw error;
  }
}

interface Served {
  readonly name: S3ServerName;
  readonly port: number;
  readonly folder: string;
  readonly start: () => Promise<ChildProcess>;
}

function control({ name, port, folder, start }: Served, first: ChildProcess): S3Server {
  const endpoint = `http://127.0.0.1:${port}`;
  let child = first;
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: KEYS,
    requestHandler: { requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
  let made = 0;
  return {
    name,
    endpoint,
    port,
    get pid() {
      return child.pid!;
    },
    keys: KEYS,
    data: join(folder, "data"),
    env: { AURA_S3_ACCESS_KEY: KEYS.accessKeyId, AURA_S3_SECRET_KEY: KEYS.secretAccessKey },
    async bucket(front = endpoint) {
      const bucket = `bucket-${++made}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      return { bucket, endpoint: front, pathStyle: true };
    },
    async deleteBucket(bucket) {
      for (let more = true; more;) {
        const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
        const Objects = Contents.map(({ Key }) => ({ Key }));
        if (Objects.length > 0) await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
        more = IsTruncated === true;
      }
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    },
    async hang() {
      child.kill("SIGSTOP");
      await until(() => isStopped(child.pid!));
    },
    goOn: () => void child.kill("SIGCONT"),
    stop: () => kill(child),
    async startAgain() {
      child = await start();
    },
    async end() {
      client.destroy();
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** With all of its threads; where that cannot be seen, it is believed. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((task) => / T /.test(readFileSync(join(tasks, task, "stat"), "utf8").replace(/^.*\)/, "")));
}

/** Any answer will do: without credentials it is a refusal. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
