import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentPlaces } from "../../src/adapters/home/home.js";
import { listenSocket } from "../../src/api/listen.js";
import { runCli, startCli, type CliResult } from "./built-cli.js";
import { FakeHost, type FakeService } from "./fake-control.js";
import { FakeEpochs } from "./fake-epochs.js";
import { FakeRoots } from "./fake-roots.js";
import { fakeDaemon } from "./fake-daemon.js";

/** A host with its API on a real socket in a home of its own, and aura-msg to command it. */
export class CliHost {
  readonly home = mkdtempSync(join(tmpdir(), "aura-cli-"));
  readonly env: Record<string, string>;
  /** The epochs of its namespace, as its `aurad` serves them. */
  readonly epochs = new FakeEpochs();
  readonly roots = new FakeRoots();
  readonly #main: string;
  #close: () => Promise<void> = async () => {};

  constructor(main: string) {
    this.#main = main;
    // Nothing listens on port 1: over Temporal there is no way out of the test.
    this.env = { AURA_HOME: this.home, HOME: this.home, TEMPORAL_ADDRESS: "127.0.0.1:1", TZ: "UTC" };
  }

  get socketPath(): string {
    return currentPlaces(this.env).sock;
  }

  get servicesDir(): string {
    const folder = currentPlaces(this.env).servicesDir;
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async serve(services: readonly FakeService[]): Promise<FakeHost> {
    const host = new FakeHost(services);
    const listener = await listenSocket(fakeDaemon(host, {}, this.epochs, this.roots), this.socketPath);
    this.#close = () => listener.close();
    return host;
  }

  run(...args: string[]): Promise<CliResult> {
    return runCli(this.#main, args, this.env);
  }

  start(...args: string[]): ReturnType<typeof startCli> {
    return startCli(this.#main, args, this.env);
  }

  async stopServing(): Promise<void> {
    await this.#close();
    this.#close = async () => {};
  }

  async remove(): Promise<void> {
    await this.stopServing();
    rmSync(this.home, { recursive: true, force: true });
  }
}
