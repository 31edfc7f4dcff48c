import type { EpochDocument, ShownSession } from "./control.js";
import type { SessionProcess } from "./messages.js";

/**
 * The document with the sessions of one host as they are now: a session whose process is not there any more is `gone`.
 * `alive` tells whether exactly that process runs; sessions of other hosts, and those without a process, stay as they are.
 */
export function withLiveness(document: EpochDocument, host: string, alive: (process: SessionProcess) => boolean): EpochDocument {
  const sessions = document.sessions.map((session): ShownSession => {
    const { process, state } = session;
    if (state !== "active" || process === undefined || process.host !== host || alive(process)) return session;
    return { ...session, state: "gone" };
  });
  return { ...document, sessions, active_session_count: sessions.filter(({ state }) => state === "active").length };
}
