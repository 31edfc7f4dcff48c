import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The version that is fetched; any found one from MINIMUM on will do. */
export const CLI_VERSION = "1.5.1";

/** The first with `--disable-config-file`, which keeps a person's own profiles out of the embedded server. */
const MINIMUM = [1, 3] as const;

export type CliCheck = { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string };

/** Runs `PROGRAM --version`; never rejects. */
export async function checkCli(program: string): Promise<CliCheck> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], { timeout: 20_000 });
    const match = /^temporal version ((\d+)\.(\d+)\S*)/m.exec(stdout);
    if (match === null) return { ok: false, reason: `${program} --version does not answer like the Temporal CLI` };
    const [version, major, minor] = [match[1]!, Number(match[2]), Number(match[3])];
    // A plain `go install` leaves 0.0.0-DEV: what a person built themselves is taken at their word.
    const recent = version.endsWith("-DEV") || major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
    return recent
      ? { ok: true, version }
      : { ok: false, reason: `${program} is version ${version}; ${MINIMUM.join(".")} or later is needed` };
  } catch (error) {
    return { ok: false, reason: `${program} does not run: ${firstLine(error)}` };
  }
}

export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n").find((line) => line.trim() !== "") ?? message;
}
