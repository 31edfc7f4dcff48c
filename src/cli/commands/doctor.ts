import { hostname } from "node:os";
import { createApiClient, type HealthDocument } from "../../api/client.js";
import { hostNameFrom } from "../../host/values.js";
import { AuraError, asAuraError } from "../../shared/errors.js";
import type { Context, Run } from "../context.js";
import { bad, type CheckInput, type CheckRow } from "../doctor/check.js";
import { clock, fallocate, freeDisk, homeWritable, permissions } from "../doctor/files.js";
import { inotify, nodeVersion, openFiles } from "../doctor/limits.js";
import { daemon, temporal, temporalCli, temporalClock } from "../doctor/temporal.js";
import { localPlaces } from "../local.js";
import { plain, wrap } from "../render/text.js";

const CHECKS: readonly [name: string, check: (input: CheckInput) => CheckRow | Promise<CheckRow>][] = [
  ["node", () => nodeVersion()],
  ["home", homeWritable],
  ["permissions", permissions],
  ["daemon", daemon],
  ["temporal", temporal],
  ["temporal clock", temporalClock],
  ["temporal cli", temporalCli],
  ["clock", clock],
  ["inotify", () => inotify()],
  ["open files", () => openFiles()],
  ["disk", freeDisk],
  ["fallocate", fallocate],
];

/** Exit 0 when all is well, 3 when something is to be corrected. */
export const run: Run = async ({ globals, io }) => {
  const places = localPlaces(io.env);
  const health = await daemonHealth(places.sock);
  refuseOtherHost(globals.host, health);
  const input: CheckInput = { globals, io, places, daemon: health };
  const checks = await Promise.all(CHECKS.map(([name, check]) => guarded(name, () => check(input))));
  const ok = checks.every((row) => row.ok);
  if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, ok, checks })}\n`);
  else
    io.out(
      checks
        .flatMap((row) => rowLines(row, io))
        .map((line) => `${line}\n`)
        .join(""),
    );
  return ok ? 0 : 3;
};

async function daemonHealth(socketPath: string): Promise<HealthDocument | null> {
  const client = createApiClient({ socketPath });
  try {
    return await client.health(3000);
  } catch {
    return null;
  } finally {
    client.close();
  }
}

function refuseOtherHost(host: string | undefined, health: HealthDocument | null): void {
  if (host === undefined || host === (health?.host ?? hostNameFrom(hostname()))) return;
  throw new AuraError("unsupported", `doctor examines the host it runs on, not ${host}`, { fix: `run it on ${host}` });
}

/** A check that breaks is a finding, not the end of the examination. */
async function guarded(name: string, check: () => CheckRow | Promise<CheckRow>): Promise<CheckRow> {
  try {
    return await check();
  } catch (error) {
    return bad(name, `could not be examined: ${asAuraError(error).message}`, "see the message");
  }
}

function rowLines({ check, ok, detail, fix }: CheckRow, { colors, columns }: Context["io"]): string[] {
  const mark = ok ? colors.green("ok  ") : colors.red("FAIL");
  const [first = "", ...rest] = wrap(plain(detail), columns() - 22);
  const indent = " ".repeat(22);
  const fixes = fix === null ? [] : wrap(`fix: ${plain(fix)}`, columns() - 22);
  return [`${mark}  ${check.padEnd(14)}  ${first}`, ...[...rest, ...fixes].map((line) => indent + line)];
}
