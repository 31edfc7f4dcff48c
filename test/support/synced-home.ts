import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { HttpClient } from "../../src/api/client-http.js";
import type { RootStatus } from "../../src/sync/control.js";
import type { Remote, RootIdentity } from "../../src/sync/root.js";
import { DEFAULT_IGNORE, rootFileText } from "../../src/sync/root-file.js";
import type { SyncReport } from "../../src/sync/tick.js";
import { AuraHome, type HomeOptions } from "./aura-home.js";
import { AURAD } from "./build.js";
import { runCli, type CliResult } from "./built-cli.js";
import type { LogLine } from "./daemon.js";
import { type S3Server, startS3Server } from "./s3/server.js";
import { until } from "./until.js";

/** A record of a tick, as aurad wrote it. */
export interface TickLine extends LogLine {
  readonly event: "tick_start" | "tick_end" | "tick_skip";
  readonly root_id: string;
  readonly tick_index: number;
  readonly trigger: string;
  readonly outcome?: string;
  readonly sync?: SyncReport;
}

/** A home whose aurad keeps folders in step with an S3 server. */
export class SyncedHome extends AuraHome {
  constructor(
    readonly server: S3Server,
    options: HomeOptions = {},
  ) {
    super(options);
    Object.assign(this.env, server.env);
  }

  path(...parts: string[]): string {
    return join(this.dir, "folders", ...parts);
  }

  /** Makes a folder a root, as `aura-msg root init` does; its id is the folder's name. */
  root(name: string, remote: Remote, more: Partial<RootIdentity> = {}): string {
    const path = this.path(name);
    const identity: RootIdentity = { rootId: name, deviceId: this.host.replace(/^test-/, "d"), mode: "bidirectional", remote, ...more };
    mkdirSync(join(path, ".aura"), { recursive: true });
    writeFileSync(join(path, ".aura/root.toml"), rootFileText(identity));
    writeFileSync(join(path, ".aura/ignore"), DEFAULT_IGNORE);
    return path;
  }

  write(file: string, text: string): void {
    const path = this.path(file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(file: string): string | null {
    const path = this.path(file);
    return existsSync(path) ? readFileSync(path, "utf8") : null;
  }

  /** Every record of ticks that the newest aurad has written. */
  ticks(root?: string): TickLine[] {
    return (this.daemon.log as TickLine[]).filter(({ event, root_id }) => event !== undefined && (root === undefined || root_id === root));
  }

  ended(root?: string): TickLine[] {
    return this.ticks(root).filter(({ event }) => event !== "tick_start");
  }

  /** Resolves to the first record of an ended tick that fits, of those after `from`. */
  tick(root: string, fits: (tick: TickLine) => boolean = () => true, from = 0, ms = 20_000): Promise<TickLine> {
    return until(
      () => this.ended(root).slice(from).find(fits),
      ms,
      () => `no such tick of ${root}:\n${this.daemon.stdout.slice(-4000)}${this.daemon.stderr}`,
    );
  }

  /** aurad itself as a command, such as `status`. */
  aurad(...args: string[]): Promise<CliResult> {
    return runCli(AURAD, args, this.env);
  }

  async get<T>(path: string): Promise<T> {
    const http = new HttpClient({ socketPath: this.places.sock });
    try {
      return (await http.ask({ path })).body as T;
    } finally {
      http.close();
    }
  }

  async post<T>(path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const http = new HttpClient({ socketPath: this.places.sock });
    try {
      const { status, body: answer } = await http.ask({ method: "POST", path, body, timeoutMs: 60_000 });
      return { status, body: answer as T };
    } finally {
      http.close();
    }
  }

  async rootStatus(name: string): Promise<RootStatus> {
    return this.get<RootStatus>(`/v1/roots/${name}`);
  }
}

/** Homes and a bucket server for the tests of a file; whatever a test leaves is ended after it. */
export function syncedHomes(): {
  home: (options?: HomeOptions) => SyncedHome;
  bucket: (endpoint?: string) => Promise<Remote>;
  server: () => S3Server;
} {
  const homes: SyncedHome[] = [];
  let server: S3Server | undefined;
  beforeAll(async () => {
    server = await startS3Server("versitygw");
  });
  afterEach(async () => {
    for (const home of homes.splice(0)) await home.end();
  });
  afterAll(async () => server?.end());
  return {
    server: () => server!,
    bucket: (endpoint) => server!.bucket(endpoint),
    home(options) {
      const home = new SyncedHome(server!, options);
      homes.push(home);
      return home;
    },
  };
}
