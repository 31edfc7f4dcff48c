import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { promisify } from "node:util";
import { checkCli, CLI_VERSION } from "./cli-version.js";

export const VENDOR_DOWNLOAD = "https://temporal.download";

/** Until the answer begins. */
const CONNECT_MS = 5000;
/** For the whole archive, some 60 MB. */
const TOTAL_MS = 600_000;

/** Fetches the vendor's archive into `folder` and unpacks it; returns the program. Rejects with a reason of one line. */
export async function downloadCli(folder: string, base = VENDOR_DOWNLOAD): Promise<string> {
  const archive = join(folder, "temporal.tar.gz");
  const body = await request(`${base}/cli/archive/v${CLI_VERSION}?platform=${vendorPlatform()}&arch=${vendorArch()}`);
  await pipeline(Readable.fromWeb(body), createWriteStream(archive), { signal: AbortSignal.timeout(TOTAL_MS) });
  await promisify(execFile)("tar", ["-xzf", archive, "-C", folder, "temporal"]);
  const program = join(folder, "temporal");
  const check = await checkCli(program);
  if (!check.ok) throw new Error(`what was downloaded is of no use: ${check.reason}`);
  return program;
}

async function request(url: string): Promise<ReadableStream> {
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(new Error(`no answer within ${CONNECT_MS / 1000}s`)), CONNECT_MS);
  try {
    const response = await fetch(url, { signal: connecting.signal });
    if (!response.ok || response.body === null) throw new Error(`${new URL(url).host} answered ${response.status}`);
    return response.body as ReadableStream;
  } catch (error) {
    // fetch hides what happened behind "fetch failed".
    const cause = (error as Error).cause;
    throw cause instanceof Error ? cause : error;
  } finally {
    clearTimeout(timer);
  }
}

function vendorPlatform(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

function vendorArch(): string {
  return process.arch === "x64" ? "amd64" : process.arch;
}
