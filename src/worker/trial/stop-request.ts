/** npm passes a Ctrl-C on that the terminal has sent already: two signals within this time are one. */
const ECHO_MS = 1000;

export interface StopRequest {
  readonly first: Promise<NodeJS.Signals>;
  /** A person who does not want to wait. */
  readonly second: Promise<null>;
}

/** Ctrl-C, `kill`, or the terminal that was closed. */
export function stopRequest(): StopRequest {
  let ask!: (signal: NodeJS.Signals) => void;
  let insist!: (nothing: null) => void;
  const request = {
    first: new Promise<NodeJS.Signals>((resolve) => (ask = resolve)),
    second: new Promise<null>((resolve) => (insist = resolve)),
  };
  let asked: number | null = null;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      ask(signal);
      asked ??= performance.now();
      if (performance.now() - asked > ECHO_MS) insist(null);
    });
  }
  return request;
}
