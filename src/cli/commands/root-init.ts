import { homedir, hostname } from "node:os";
import { basename, resolve } from "node:path";
import { AuraError } from "../../shared/errors.js";
import { parseRoot } from "../../sync/parse-root.js";
import type { RootIdentity } from "../../sync/root.js";
import type { Io, Run } from "../context.js";
import { localPlaces } from "../local.js";
import { atHome } from "../render/roots.js";
import { plain } from "../render/text.js";
import { rootAbove, rootFiles, rootTomlIn, writeRootFiles } from "../root-files.js";
import { readRootToml } from "../root-toml.js";

interface InitOptions {
  readonly bucket: string;
  readonly rootId?: string;
  readonly deviceId?: string;
  readonly mode?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly force?: boolean;
}

export const run: Run = async (context) => {
  const { args, globals, io } = context;
  const options = context.options<InitOptions>();
  if (globals.host !== undefined) {
    throw new AuraError("usage", "root init makes a folder of this machine a root", { fix: "run it on the other host" });
  }
  const folder = resolve(args[0]!);
  const present = presentIdentity(folder, options.force === true);
  const identity = identityOf(folder, options, present);
  const above = rootAbove(folder);
  if (above !== undefined) {
    throw new AuraError("refused", `${folder} lies in a root already: ${above}`, { fix: "choose a folder beside it" });
  }
  writeRootFiles(folder, identity);
  const { auraToml, envFile } = localPlaces(io.env);
  const configured = await isConfigured(folder, auraToml, io.env);
  if (globals.json) io.out(`${JSON.stringify(document(folder, identity, auraToml, configured))}\n`);
  else io.out(`${lines({ folder, identity, auraToml, envFile, configured, io }).join("\n")}\n`);
  return 0;
};

/** What a root is already, where it may be made anew. Throws AuraError `refused` where it may not. */
function presentIdentity(folder: string, force: boolean): RootIdentity | null {
  const text = rootTomlIn(folder);
  if (text === null) return null;
  const present = readRootToml(text);
  if (force) return present;
  const what = present === null ? "has a .aura/root.toml that is not valid" : `is root ${present.rootId} already`;
  throw new AuraError("refused", `${folder} ${what}`, {
    effect: "nothing was changed",
    fix: "edit its .aura/root.toml, or write it anew with --force",
  });
}

/** Flags, then what the root is already, then names of the folder and of the host. Throws AuraError `usage`. */
function identityOf(folder: string, options: InitOptions, present: RootIdentity | null): RootIdentity {
  const { bucket, endpoint, region } = options;
  const was = present?.remote;
  const pathStyle = options.pathStyle ?? (was?.endpoint === endpoint ? was?.pathStyle : undefined);
  const { identity, problems } = parseRoot({
    root_id: options.rootId ?? present?.rootId ?? nameFrom("--root-id", basename(folder)),
    device_id: options.deviceId ?? present?.deviceId ?? nameFrom("--device-id", hostname().split(".")[0]!),
    mode: options.mode ?? present?.mode ?? "bidirectional",
    remote: {
      bucket,
      ...given("endpoint", endpoint ?? was?.endpoint),
      ...given("region", region ?? was?.region),
      ...given("path_style", pathStyle),
    },
  });
  if (identity !== null) return identity;
  const [{ path, what, fix }] = problems as readonly [(typeof problems)[number]];
  throw new AuraError("usage", `--${String(path.at(-1)).replaceAll("_", "-")} ${what}`, { fix });
}

/** What of a name may stand in an id. Throws AuraError `usage` when that is nothing. */
function nameFrom(option: string, name: string): string {
  const id = name
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-._]+|-+$/g, "")
    .slice(0, 64);
  if (id !== "") return id;
  throw new AuraError("usage", `${JSON.stringify(name)} gives no id of letters and digits`, { fix: `name one with ${option}` });
}

function given(key: string, value: unknown): object {
  return value === undefined ? {} : { [key]: value };
}

/** Whether `aura.toml` has the folder; one that cannot be read is a matter of aurad, which says so. */
async function isConfigured(folder: string, file: string, env: Io["env"]): Promise<boolean> {
  const { loadConfig } = await import("../../adapters/config/load-config.js");
  try {
    const { config } = loadConfig({ file, required: false, env, home: env["HOME"] || homedir() });
    return (config.roots ?? []).some(({ path }) => path === folder);
  } catch {
    return false;
  }
}

function document(folder: string, { rootId, deviceId, mode, remote }: RootIdentity, auraToml: string, configured: boolean): object {
  const { bucket, endpoint, region, pathStyle: path_style } = remote;
  const where = { bucket, ...given("endpoint", endpoint), ...given("region", region), path_style };
  return { schema_version: 1, root_id: rootId, device_id: deviceId, mode, path: folder, remote: where, aura_toml: auraToml, configured };
}

interface Made {
  readonly folder: string;
  readonly identity: RootIdentity;
  readonly auraToml: string;
  readonly envFile: string;
  readonly configured: boolean;
  readonly io: Io;
}

function lines({ folder, identity, auraToml, envFile, configured, io }: Made): string[] {
  const show = (path: string): string => plain(atHome(path, io.env["HOME"] ?? ""));
  const { rootToml, ignore } = rootFiles(folder);
  const hasKeys = Boolean(io.env["AURA_S3_ACCESS_KEY"] ?? io.env["AWS_ACCESS_KEY_ID"] ?? io.env["AWS_PROFILE"]);
  return [
    `root ${identity.rootId} on device ${identity.deviceId}, ${identity.mode}, in bucket ${plain(identity.remote.bucket)}`,
    `  ${show(rootToml)}`,
    `  ${show(ignore)}`,
    "",
    ...(configured
      ? [`${show(auraToml)} has it.`]
      : [
          `Add it to ${show(auraToml)}; a running aurad takes it up when that is saved:`,
          "",
          "[[roots]]",
          `path = ${JSON.stringify(show(folder))}`,
        ]),
    ...(hasKeys ? [] : ["", `Credentials: AURA_S3_ACCESS_KEY and AURA_S3_SECRET_KEY in ${show(envFile)}`]),
  ];
}
