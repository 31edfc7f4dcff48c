#!/usr/bin/env node
import { processIo, flush } from "./process-io.js";
import { reportFailure } from "./failure.js";
import { buildProgram } from "./program.js";
import type { ExitStatus } from "./context.js";

/** The one place that decides the exit status of aura-msg. */
async function main(args: readonly string[]): Promise<ExitStatus> {
  const io = processIo();
  try {
    return await buildProgram(io).parse(args);
  } catch (error) {
    return reportFailure(error, io, args.includes("--json"));
  }
}

const status = await main(process.argv.slice(2));
await flush();
process.exit(status);
