import { formatDuration } from "../../shared/durations.js";

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "closed",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  EADDRNOTAVAIL: "no local port left",
};

export const LOOPBACK = "127.0.0.1";
export const NO_PORT = "no port to probe; set health.port or network.port";

export function timedOut(timeoutMs: number): string {
  return `timed out after ${formatDuration(timeoutMs)}`;
}

/** `refused`, `reset`... for a failed system call, else the message's first line. */
export function errorWord(error: NodeJS.ErrnoException): string {
  const known = error.code === undefined ? undefined : WORDS[error.code];
  return known ?? oneLine(error.message);
}

export function connectReason(port: number, error: NodeJS.ErrnoException): string {
  return `connect ${LOOPBACK}:${port}: ${errorWord(error)}`;
}

/** Control characters and line ends become spaces: a reason is one printable line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

/**
 * Reasons enter workflow histories, where no env value may ever be: a check that prints its
 * password on stderr must not put it there. Values that Aura itself injects are public.
 */
export function withoutEnvValues(text: string, env: Readonly<Record<string, string>>): string {
  const values = Object.entries(env)
    .filter(([key]) => !PUBLIC.has(key))
    .flatMap(([, value]) => [value, ...value.split("\n")])
    .filter((value) => value.trim().length >= 4)
    .toSorted((a, b) => b.length - a.length);
  return values.reduce((clean, value) => clean.replaceAll(value, "***"), text);
}

const PUBLIC = new Set(["PORT", "AURA_SERVICE", "AURA_HOST", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "PWD"]);
