import { existsSync } from "node:fs";
import { homeFolder } from "../../adapters/home/home-folder.js";
import { asAuraError } from "../../shared/errors.js";
import { answering, temporalTarget } from "../temporal-target.js";
import { bad, good, type CheckInput, type CheckRow } from "./check.js";
import { onPath } from "./files.js";

const MAX_CLOCK_DIFFERENCE_MS = 5000;

export function daemon({ places, daemon: health }: CheckInput): CheckRow {
  if (health === null) return bad("daemon", `no aurad answers on ${places.sock}`, "start it with: aurad");
  if (!health.ok) return bad("daemon", `aurad, pid ${health.pid}: ${health.problems.join("; ")}`, "see aurad's log");
  return good("daemon", `aurad ${health.version}, pid ${health.pid}, answers on ${places.sock}`);
}

export async function temporal(input: CheckInput): Promise<CheckRow> {
  try {
    const { address, namespace } = await temporalTarget(input, input.daemon);
    if (input.daemon?.temporal.connected && input.daemon.temporal.address === address) {
      return good("temporal", `${address}, namespace ${namespace}; aurad is connected`);
    }
    await answering(address, input.io.env);
    return good("temporal", `${address} answers`);
  } catch (thrown) {
    const error = asAuraError(thrown);
    return bad("temporal", error.message, error.fix);
  }
}

/** The Web UI tells its machine's time in every answer. */
export async function temporalClock({ daemon: health }: CheckInput): Promise<CheckRow> {
  const url = health?.temporal.web_ui ?? null;
  const there = url === null ? null : await serverTime(url);
  if (there === null) return good("temporal clock", "not known: no Web UI answers");
  const difference = Math.abs(there - Date.now());
  const detail = `${(difference / 1000).toFixed(0)}s from this host's`;
  if (difference <= MAX_CLOCK_DIFFERENCE_MS) return good("temporal clock", detail);
  return bad("temporal clock", detail, "synchronise both machines' clocks");
}

export async function temporalCli(input: CheckInput): Promise<CheckRow> {
  const { io, daemon: health } = input;
  const { cacheFiles } = await import("../../adapters/temporal/cli-cache.js");
  const named = io.env["AURA_TEMPORAL_CLI"];
  const places = [named, onPath("temporal", io.env), ...cacheFiles(io.env, homeFolder(io.env))];
  const found = places.find((path) => path !== null && path !== undefined && path !== "" && existsSync(path));
  if (found) return good("temporal cli", found);
  if (health?.temporal.connected) return good("temporal cli", "not found, and not needed: a server is connected");
  return bad(
    "temporal cli",
    "not found; aurad fetches it when it starts an embedded server",
    "set AURA_TEMPORAL_CLI, or install the temporal program",
  );
}

/** Ms since the epoch; null when nobody tells. */
async function serverTime(url: string): Promise<number | null> {
  try {
    const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(3000) });
    const ms = Date.parse(answer.headers.get("date") ?? "");
    return Number.isNaN(ms) ? null : ms;
  } catch {
    return null;
  }
}
