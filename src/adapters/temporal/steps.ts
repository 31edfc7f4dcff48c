import type { Log } from "../../shared/log.js";

/** Tells a person who waits what is being done: one line a step, long ones with the time that passed. */
export interface Steps {
  say(line: string): void;
  /** Shows `line` with elapsed seconds until `work` settles, and passes its outcome on. */
  during<T>(line: string, work: Promise<T>): Promise<T>;
}

export interface StepsOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** On a terminal the seconds count on the same line; elsewhere a line is added every 15 s. */
export function createSteps(out: StepsOutput): Steps {
  const say = (line: string): void => void out.write(`${line}\n`);
  const during = async <T>(line: string, work: Promise<T>): Promise<T> => {
    const began = Date.now();
    const seconds = (): number => Math.round((Date.now() - began) / 1000);
    const tty = out.isTTY === true;
    out.write(tty ? line : `${line}\n`);
    const timer = setInterval(
      () => out.write(tty ? `\r\u001b[K${line} ${seconds()}s` : `${line} (${seconds()}s so far)\n`),
      tty ? 1000 : 15_000,
    );
    try {
      return await work;
    } finally {
      clearInterval(timer);
      if (tty) out.write(`\r\u001b[K${line} ${seconds()}s\n`);
    }
  };
  return { say, during };
}

/** The same as records of the log: what a daemon says on stdout is one record a line. */
export function logSteps(log: Log): Steps {
  return createSteps({ write: (text) => log.info({}, text.trimEnd()) });
}
