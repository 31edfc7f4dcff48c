import { join } from "node:path";

/** The files of one service's log. All are 0600. */
export interface LogPaths {
  /** Written by the service itself. */
  readonly live: string;
  /** Older output, 1 is the newest. */
  rotated(number: number): string;
  /** A copy that is not complete yet, or complete and about to become number 1. */
  readonly copy: string;
  /** Sidecar: logical offsets and times. */
  readonly index: string;
}

export function logPaths(dir: string, name: string): LogPaths {
  const live = join(dir, `${name}.log`);
  return { live, copy: `${live}.1.tmp`, index: `${live}.idx`, rotated: (number) => `${live}.${number}` };
}

/** Names come from the outside too (`logs NAME`): none may lead out of the directory. */
export function isLogName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(name);
}
