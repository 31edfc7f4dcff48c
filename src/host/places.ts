import { absolutePath, expandTilde } from "./paths.js";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PlacesInput {
  readonly env: Environment;
  /** As `process.platform`. */
  readonly platform: string;
  readonly home: string;
  readonly uid: number;
  /** A relative AURA_HOME is meant from here. */
  readonly cwd: string;
  /** Short folder for sockets whose own path would be too long. The same for every program of a user. */
  readonly tmpDir: string;
  /** Short, file-name-safe digest of a path. */
  readonly hash: (text: string) => string;
}

/** Every folder and file that Aura owns on a host, absolute. */
export interface Places extends RunPlaces {
  readonly configDir: string;
  readonly dataDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly auraToml: string;
  readonly servicesDir: string;
  /** Credentials for the service manager's unit. */
  readonly envFile: string;
  /** The home's lasting identity. */
  readonly homeJson: string;
  readonly temporalDb: string;
  readonly auditDb: string;
  readonly journalDir: string;
  readonly syncDir: string;
  /** Who holds this home; in the state folder so that it is one whatever the run folder is. */
  readonly lockFile: string;
  /** One file a supervised process: what adoption needs. */
  readonly processesDir: string;
  /** The last good version of every service spec. */
  readonly specsDir: string;
  readonly portsJson: string;
  /** The embedded server's identity. */
  readonly temporalJson: string;
  readonly serviceLogDir: string;
  readonly auditLog: string;
  readonly auradLog: string;
  readonly temporalLog: string;
}

/** The part that lives only as long as the daemon. */
export interface RunPlaces {
  readonly runDir: string;
  readonly sock: string;
  readonly rpcSock: string;
  /** Folder of both sockets: `runDir`, or a short one under the temporary folder. */
  readonly sockDir: string;
  readonly daemonJson: string;
  readonly apiToken: string;
}

/** The kernel's limit is 108 bytes on Linux and 104 on macOS, with the final zero. */
export const SOCKET_PATH_MAX = 100;

export function places(input: PlacesInput): Places {
  const { configDir, dataDir, stateDir, logDir, runDir } = folders(input);
  return {
    configDir,
    dataDir,
    stateDir,
    logDir,
    auraToml: `${configDir}/aura.toml`,
    servicesDir: `${configDir}/services`,
    envFile: `${configDir}/env`,
    homeJson: `${dataDir}/home.json`,
    temporalDb: `${dataDir}/temporal.db`,
    auditDb: `${dataDir}/audit.db`,
    journalDir: `${dataDir}/journal`,
    syncDir: `${dataDir}/sync`,
    lockFile: `${stateDir}/aurad.lock`,
    processesDir: `${stateDir}/processes`,
    specsDir: `${stateDir}/specs`,
    portsJson: `${stateDir}/ports.json`,
    temporalJson: `${stateDir}/temporal.json`,
    serviceLogDir: `${logDir}/services`,
    auditLog: `${stateDir}/audit.log`,
    auradLog: `${logDir}/aurad.log`,
    temporalLog: `${logDir}/temporal.log`,
    ...runPlaces(runDir, input),
  };
}

/** The run files for a given run folder; a client uses the one that the running daemon recorded. */
export function runPlaces(runDir: string, input: Pick<PlacesInput, "tmpDir" | "uid" | "hash">): RunPlaces {
  const longest = `${runDir}/aurad.sock`;
  const fits = new TextEncoder().encode(longest).length <= SOCKET_PATH_MAX;
  const sockDir = fits ? runDir : `${input.tmpDir}/aura-${input.uid}`;
  const name = (file: string): string => (fits ? file : `${input.hash(runDir)}-${file}`);
  return {
    runDir,
    sockDir,
    sock: `${sockDir}/${name("aurad.sock")}`,
    rpcSock: `${sockDir}/${name("rpc.sock")}`,
    daemonJson: `${runDir}/daemon.json`,
    apiToken: `${runDir}/api.token`,
  };
}

type Folders = Pick<Places, "configDir" | "dataDir" | "stateDir" | "logDir" | "runDir">;

function folders(input: PlacesInput): Folders {
  const { env, home } = input;
  if (env["AURA_HOME"]) {
    const root = absolutePath(expandTilde(env["AURA_HOME"], home), input.cwd);
    const stateDir = `${root}/state`;
    return { configDir: `${root}/config`, dataDir: `${root}/data`, stateDir, logDir: `${stateDir}/log`, runDir: `${root}/run` };
  }
  return input.platform === "darwin" ? macFolders(input) : xdgFolders(input);
}

function xdgFolders({ env, home }: PlacesInput): Folders {
  const stateDir = `${xdg(env["XDG_STATE_HOME"]) ?? `${home}/.local/state`}/aura`;
  const runtime = xdg(env["XDG_RUNTIME_DIR"]);
  return {
    configDir: `${xdg(env["XDG_CONFIG_HOME"]) ?? `${home}/.config`}/aura`,
    dataDir: `${xdg(env["XDG_DATA_HOME"]) ?? `${home}/.local/share`}/aura`,
    stateDir,
    logDir: `${stateDir}/log`,
    runDir: runtime === undefined ? `${stateDir}/run` : `${runtime}/aura`,
  };
}

function macFolders({ home }: PlacesInput): Folders {
  const support = `${home}/Library/Application Support/aura`;
  const stateDir = `${support}/state`;
  return { configDir: support, dataDir: support, stateDir, logDir: `${home}/Library/Logs/aura`, runDir: `${stateDir}/run` };
}

/** The XDG specification: an empty or relative value counts as unset. */
function xdg(value: string | undefined): string | undefined {
  return value?.startsWith("/") ? absolutePath(value, "/") : undefined;
}
