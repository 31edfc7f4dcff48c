import pc from "picocolors";
import type { Io } from "./context.js";

export function processIo(): Io {
  // `aura-msg logs x | head`: the reader is content, so this is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const tty = process.stdout.isTTY === true;
  const { env } = process;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    tty,
    columns: () => (tty ? Math.max(40, process.stdout.columns || 80) : 80),
    rows: () => (tty ? process.stdout.rows || 24 : Number.POSITIVE_INFINITY),
    colors: pc.createColors(tty && !env["NO_COLOR"] && env["TERM"] !== "dumb"),
    env,
  };
}

/** Resolves when everything written has left the process. */
export async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
}
