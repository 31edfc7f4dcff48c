import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isFree } from "../../../src/adapters/temporal/ports.js";
import { untilReady } from "../../../src/adapters/temporal/server-ready.js";
import { until } from "../until.js";
import { end, type Postgres, startPostgres } from "./postgres.js";

export const SERVER = "temporal-server";
export const SCHEMA_TOOL = "temporal-sql-tool";

export interface ProductionServer {
  readonly address: string;
  end(): Promise<void>;
}

/**
 * Temporal as it is run for many: its four services over PostgreSQL, not the development server. `cli`: the Temporal
 * command line, which creates the namespace `default`.
 */
export async function startProductionServer(cli: string): Promise<ProductionServer> {
  const dir = mkdtempSync(join(tmpdir(), "aura-production-"));
  chmodSync(dir, 0o755); // PostgreSQL may be another user
  const [database, ...ports] = await lowPorts(10);
  const postgres = await startPostgres(dir, database!);
  try {
    return await startServices(dir, postgres, ports, cli);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startServices(dir: string, postgres: Postgres, ports: readonly number[], cli: string): Promise<ProductionServer> {
  createSchema(postgres.port, postgres.user);
  mkdirSync(join(dir, "config"));
  writeFileSync(join(dir, "config", "production.yaml"), configuration(dir, postgres.port, ports));
  writeFileSync(join(dir, "dynamic.yaml"), "");
  const log = openSync(join(dir, "server.log"), "a");
  const child = spawn(SERVER, ["--root", dir, "--config", "config", "--env", "production", "start"], { stdio: ["ignore", log, log] });
  closeSync(log);
  const port = ports[0]!;
  const address = `127.0.0.1:${port}`;
  const said = (): string => readFileSync(join(dir, "server.log"), "utf8").slice(-3000);
  try {
    await until(
      () => child.exitCode !== null || run(cli, ["operator", "namespace", "create", "-n", "default", "--address", address]).status === 0,
      60_000,
      said,
    );
    await untilReady({ port, namespace: "default", timeoutMs: 60_000, alive: () => child.exitCode === null });
  } catch (error) {
    await end(child, "SIGKILL");
    throw new Error(`the Temporal server did not come up: ${said()}`, { cause: error });
  }
  return {
    address,
    async end() {
      await end(child, "SIGKILL");
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL keeps the members' ports in a smallint, and the system hands out greater ones. */
async function lowPorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

function createSchema(port: number, user: string): void {
  for (const [database, schema] of [
    ["temporal", "temporal"],
    ["temporal_visibility", "visibility"],
  ] as const) {
    const at = ["--plugin", "postgres12", "--endpoint", "127.0.0.1", "--port", String(port), "--user", user, "--database", database];
    const schemaName = `postgresql/v12/${schema}`;
    for (const step of [["create"], ["setup-schema", "--version", "0.0"], ["update-schema", "--schema-name", schemaName]]) {
      const done = run(SCHEMA_TOOL, [...at, ...step]);
      if (done.status !== 0) throw new Error(`${SCHEMA_TOOL} ${step.join(" ")}: ${done.stdout.toString()}${done.stderr.toString()}`);
    }
  }
}

function run(program: string, args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(program, [...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
}

function configuration(dir: string, database: number, ports: readonly number[]): string {
  const store = (name: string): object => ({
    sql: {
      pluginName: "postgres12",
      databaseName: name,
      connectAddr: `127.0.0.1:${database}`,
      connectProtocol: "tcp",
      user: "temporal",
      password: "",
      maxConns: 20,
      maxIdleConns: 20,
    },
  });
  const service = (at: number, more: object = {}): object => ({
    rpc: { grpcPort: ports[at], membershipPort: ports[at + 1], bindOnLocalHost: true, ...more },
  });
  // JSON is YAML.
  return JSON.stringify({
    log: { stdout: true, level: "warn" },
    persistence: {
      defaultStore: "main",
      visibilityStore: "visibility",
      numHistoryShards: 4,
      datastores: { main: store("temporal"), visibility: store("temporal_visibility") },
    },
    global: { membership: { maxJoinDuration: "30s", broadcastAddress: "127.0.0.1" } },
    services: { frontend: service(0, { httpPort: ports[8] }), history: service(2), matching: service(4), worker: service(6) },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: "active",
      currentClusterName: "active",
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: "frontend", rpcAddress: `127.0.0.1:${ports[0]}` },
      },
    },
    dcRedirectionPolicy: { policy: "noop" },
    dynamicConfigClient: { filepath: join(dir, "dynamic.yaml"), pollInterval: "10s" },
  });
}
