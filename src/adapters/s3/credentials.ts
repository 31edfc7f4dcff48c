import { readFileSync, statSync } from "node:fs";
import { StoreError } from "../../sync/ports.js";
import { parseEnvFile } from "./env-file.js";

export const ACCESS_KEY = "AURA_S3_ACCESS_KEY";
export const SECRET_KEY = "AURA_S3_SECRET_KEY";

export interface CredentialSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of config/`env`; it need not be there. */
  readonly envFile?: string;
}

export interface Credentials {
  /** Null: those that the SDK finds by itself, from AWS_ variables, ~/.aws or the machine it runs on. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Where they are from, for a person; never what they are. */
  readonly from: string;
}

/** The environment's keys, else those of the `env` file, else the SDK's own. Throws StoreError `denied`, one line with the fix. */
export function findCredentials({ env, envFile }: CredentialSources): Credentials {
  const found = pairOf((key) => env[key], "the environment");
  if (found !== null) return found;
  const values = envFile === undefined ? null : readPrivate(envFile);
  return (
    (values === null ? null : pairOf((key) => values.get(key), envFile!)) ?? {
      keys: null,
      from: `the AWS SDK's own places (no ${ACCESS_KEY} in the environment${envFile === undefined ? "" : ` or in ${envFile}`})`,
    }
  );
}

function pairOf(valueOf: (key: string) => string | undefined, from: string): Credentials | null {
  const accessKeyId = valueOf(ACCESS_KEY)?.trim() ?? "";
  const secretAccessKey = valueOf(SECRET_KEY)?.trim() ?? "";
  if (accessKeyId !== "" && secretAccessKey !== "") return { keys: { accessKeyId, secretAccessKey }, from };
  if (accessKeyId === "" && secretAccessKey === "") return null;
  const [there, absent] = accessKeyId === "" ? [SECRET_KEY, ACCESS_KEY] : [ACCESS_KEY, SECRET_KEY];
  throw new StoreError("denied", `${there} is set in ${from}, but ${absent} is not; set both`);
}

/** Null when there is no such file. */
function readPrivate(path: string): ReadonlyMap<string, string> | null {
  try {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      const shown = mode.toString(8).padStart(4, "0");
      throw new StoreError("denied", `${path} holds credentials and has mode ${shown}, others may read it; run: chmod 600 ${path}`);
    }
    return parseEnvFile(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new StoreError(
      "denied",
      `${path} cannot be read for its credentials (${code ?? "unknown"}); give it to the user of aurad, mode 0600`,
    );
  }
}
