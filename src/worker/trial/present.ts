import { currentPlaces } from "../../adapters/home/home.js";
import { readDaemonFile } from "../../adapters/home/run-files.js";
import { createApiClient } from "../../api/client.js";
import type { Io } from "../../cli/context.js";
import { reportFailure } from "../../cli/failure.js";
import { buildProgram } from "../../cli/program.js";
import type { ServiceStatus } from "../../services/control.js";
import type { Daemon } from "../run.js";
import { typed } from "./commands.js";

/** Brings the services up and ends with the screen that a newcomer reads: their table, two addresses, three commands. */
export async function present(daemon: Daemon, io: Io): Promise<void> {
  await show(io, "up");
  io.out("\n");
  await show(io, "status");
  io.out(
    closing({
      statusUrl: statusUrl(daemon),
      webUi: daemon.webUi,
      command: typed(process.env["AURA_HOME"] ?? "", "aura-msg", process.cwd()),
      victim: await victim(),
      home: short(process.env["AURA_HOME"] ?? ""),
    }),
  );
}

/** A path as it is typed here. */
export function short(path: string): string {
  const here = `${process.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

interface Closing {
  /** With its token; null when the listener is turned off. */
  readonly statusUrl: string | null;
  readonly webUi: string | null;
  /** How aura-msg is called from here. */
  readonly command: string;
  /** A service that may be killed to see what happens. */
  readonly victim: Pick<ServiceStatus, "name" | "pid"> | undefined;
  /** Where everything lies. */
  readonly home: string;
}

function closing({ statusUrl, webUi, command, victim: one, home }: Closing): string {
  return [
    "",
    ...(statusUrl === null ? [] : [`Status  ${statusUrl}`]),
    ...(webUi === null ? [] : [`Web UI  ${webUi}`]),
    "",
    "Try these in another terminal, in this folder:",
    `  ${command} status --watch`,
    ...(one === undefined ? [] : [`  kill -9 ${one.pid}    # ${one.name}: aurad starts it again`]),
    `  ${command} why ${one?.name ?? "store"}`,
    "",
    `Ctrl-C stops everything; what it wrote lies in ${home}.`,
    "",
  ].join("\n");
}

/** The command of aura-msg, as a person would give it. */
async function show(io: Io, command: string): Promise<void> {
  await buildProgram(io)
    .parse([command])
    .catch((error: unknown) => reportFailure(error, io, false));
}

async function victim(): Promise<ServiceStatus | undefined> {
  const client = createApiClient({ socketPath: currentPlaces().sock });
  try {
    const running = (await client.status()).services.filter(({ pid }) => pid !== null);
    return running.find(({ name }) => name === "api") ?? running[0];
  } catch {
    return undefined; // asked to stop meanwhile
  } finally {
    client.close();
  }
}

function statusUrl({ statusUrl: url }: Daemon): string | null {
  const token = readDaemonFile(currentPlaces())?.token;
  return url === null ? null : `${url}/${token ? `#t=${token}` : ""}`;
}
