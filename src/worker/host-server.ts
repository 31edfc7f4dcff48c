import { homeFolder } from "../adapters/home/home-folder.js";
import { resolveServer } from "../adapters/temporal/connect.js";
import { findTemporalCli } from "../adapters/temporal/cli.js";
import { type Credentials, temporalCredentials } from "../adapters/temporal/profile.js";
import { createEmbeddedServer, type EmbeddedServer } from "../adapters/temporal/server.js";
import type { Steps } from "../adapters/temporal/steps.js";
import type { Places } from "../host/places.js";
import type { Settings } from "../host/settings.js";
import type { Log } from "../shared/log.js";

/** A download of its program takes minutes: so long at most everything else waits for the server's process. */
const SPAWN_MS = 300;

/** The Temporal server that aurad is to use. */
export interface HostServer {
  readonly address: string;
  /** Of what a connection needs beside the address; an embedded server takes none. */
  readonly credentials: Credentials;
  /** Our own; undefined when somebody else keeps it. */
  readonly embedded: EmbeddedServer | undefined;
}

/** The server on its way, while the services of this host are found again. */
export interface ComingServer {
  /** Resolves when a process of our own runs, ready or not, or when nobody should wait for one. Never rejects. */
  readonly spawned: Promise<void>;
  /** Rejects with what keeps it from being used. */
  readonly ready: Promise<HostServer>;
  /** For an aurad that does not come up: ends a server that was started for it, leaves one that was found. */
  undo(): Promise<void>;
}

/** Looks for the server, and starts one where it is to be our own. Needs nothing of the SDK until it listens. */
export function beginServer(settings: Settings, places: Places, log: Log, steps: Steps): ComingServer {
  const { spawned, tell } = signal();
  let runs = false;
  const ready = begin(settings, places, log, steps, () => {
    runs = true;
    tell();
  });
  // Told to whom waits for it; an error in the meantime is not one that nobody handles.
  ready.then(tell, tell);
  return {
    spawned,
    ready,
    async undo() {
      // Nothing to end, and its program may be a download away.
      if (!runs) return;
      const server = await ready.then(
        ({ embedded }) => embedded,
        () => undefined,
      );
      if (server?.adopted === false) await server.stop();
      else server?.leave();
    },
  };
}

async function begin(settings: Settings, places: Places, log: Log, steps: Steps, spawned: () => void): Promise<HostServer> {
  const credentials = temporalCredentials(process.env);
  const choice = await resolveServer(settings, places, credentials);
  if (choice.kind === "external") return { address: choice.address, credentials, embedded: undefined };
  const cli = async (): Promise<string> => (await findTemporalCli({ env: process.env, home: homeFolder(process.env), steps })).path;
  const { namespace } = settings;
  const embedded = await createEmbeddedServer({ places, namespace, port: choice.port, uiPort: choice.uiPort, cli, log, spawned });
  return { address: embedded.address, credentials: {}, embedded };
}

function signal(): { readonly spawned: Promise<void>; readonly tell: () => void } {
  let tell!: () => void;
  const spawned = new Promise<void>((resolve) => {
    const patience = setTimeout(resolve, SPAWN_MS);
    tell = () => {
      clearTimeout(patience);
      resolve();
    };
  });
  return { spawned, tell };
}
