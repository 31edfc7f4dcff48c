import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { AuraError, type ErrorCode } from "../../shared/errors.js";

const ELSEWHERE = "or name another file with --audit-trail sqlite:PATH";

/** Why a file cannot be used: what is wrong, and what to do. */
interface Reason {
  readonly what: string;
  readonly fix: string;
  /** Trying again does not help. */
  readonly lasting?: true;
}

/**
 * An error of the file system or of SQLite as one line. At the start all of them are `state_unreadable` (73); later on what
 * may pass, such as a full disk, is `file_write`, which is tried again.
 */
export function auditFailure(path: string, moment: "open" | "use", error: unknown): AuraError {
  if (error instanceof AuraError) return error;
  const { what, fix, lasting } = reasonOf(path, error);
  const code: ErrorCode = moment === "open" || lasting ? "state_unreadable" : "file_write";
  const message = `the audit trail ${path} cannot be ${moment === "open" ? "opened" : "used"}: ${what}`;
  return new AuraError(code, message, { fix, cause: error });
}

function reasonOf(path: string, error: unknown): Reason {
  const { message = String(error) } = error as { message?: string };
  const name = nameOf(error);
  if (/^(NOTADB|CORRUPT)/.test(name)) {
    return {
      what: "the file is damaged, or no database",
      fix: `move it away, with the -wal and -shm beside it, and start aurad again: running epochs deliver what they hold; ${ELSEWHERE}`,
      lasting: true,
    };
  }
  if (/^(ENOSPC|EDQUOT|FULL)/.test(name) || (/^(IOERR|CANTOPEN)/.test(name) && isFull(path))) {
    return { what: "no space is left on its disk", fix: "free some space" };
  }
  if (/^(BUSY|LOCKED)/.test(name)) {
    return { what: "another program keeps it locked", fix: "end that program, such as a SQLite shell with an open transaction" };
  }
  if (/^(EACCES|EPERM|READONLY|CANTOPEN)/.test(name)) {
    return { what: `this user may not write it or its folder (${name})`, fix: `give both to the user of aurad, ${ELSEWHERE}` };
  }
  if (name === "EROFS") return { what: "its file system is read-only", fix: `mount it writable, ${ELSEWHERE}` };
  if (name === "EISDIR") return { what: "it is a folder", fix: ELSEWHERE.replace(/^or /, "") };
  if (name === "ENOTDIR" || name === "EEXIST") {
    return { what: `${dirname(path)} is not a folder`, fix: ELSEWHERE.replace(/^or /, "") };
  }
  return { what: message.split("\n")[0]!, fix: `check the file and its disk, ${ELSEWHERE}` };
}

/** `EACCES`, `CORRUPT`, `IOERR_WRITE`. */
function nameOf(error: unknown): string {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  if (typeof code === "string" && code !== "") return code.replace(/^SQLITE_/, "");
  // While it opens, the binding gives SQLite's number only, in the text.
  return /: 14\b/.test(message) ? "CANTOPEN" : "";
}

function isFull(path: string): boolean {
  try {
    return statfsSync(dirname(path)).bavail === 0;
  } catch {
    return false;
  }
}
