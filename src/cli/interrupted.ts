/** Aborted by Ctrl-C or SIGTERM: the end of what would go on for ever, and no failure. */
export function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  return stop.signal;
}
