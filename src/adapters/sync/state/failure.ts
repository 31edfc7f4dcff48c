import { dirname } from "node:path";
import { AuraError } from "../../../shared/errors.js";

/** What is wrong with the file, and what to do. */
interface Reason {
  readonly what: string;
  readonly fix: string;
}

/** An error of SQLite or of the file system as one line: AuraError `state_unreadable`. Others are passed on as they are. */
export function stateFailure(path: string, error: unknown): unknown {
  if (error instanceof AuraError) return error;
  const name = nameOf(error);
  if (name === "") return error;
  const { what, fix } = reasonOf(path, name, error);
  return new AuraError("state_unreadable", `the state of this root, ${path}, cannot be used: ${what}`, { fix, cause: error });
}

/** A row that only a defect or a damaged disk can have written. */
export function damaged(path: string, what: string, cause?: unknown): AuraError {
  return new AuraError("state_unreadable", `the state of this root, ${path}, is damaged: ${what}`, { fix: MOVE_AWAY, cause });
}

const MOVE_AWAY = "move it away, with the -wal and -shm beside it: nothing is lost, the next tick makes it anew";

function reasonOf(path: string, name: string, error: unknown): Reason {
  if (/^(NOTADB|CORRUPT)/.test(name)) return { what: "the file is damaged, or no database", fix: MOVE_AWAY };
  if (/^(ENOSPC|EDQUOT|FULL)/.test(name)) return { what: "no space is left on its disk", fix: "free some space" };
  if (/^(BUSY|LOCKED)/.test(name)) {
    return { what: "another program keeps it locked", fix: "end that program, such as another aurad or a SQLite shell" };
  }
  if (/^(EACCES|EPERM|READONLY|CANTOPEN)/.test(name)) {
    return { what: `this user may not write it or its folder (${name})`, fix: "give both to the user of aurad" };
  }
  if (name === "EROFS") return { what: "its file system is read-only", fix: "mount it writable, or set another AURA_HOME" };
  if (name === "EISDIR") return { what: "it is a folder", fix: "move the folder away" };
  if (name === "ENOTDIR" || name === "EEXIST") return { what: `${dirname(path)} is no folder`, fix: "move that file away" };
  return { what: (error as Error).message.split("\n")[0]!, fix: "check the file and its disk" };
}

/** `EACCES`, `CORRUPT`, `IOERR_WRITE`; empty for what is neither of SQLite nor of the file system. */
function nameOf(error: unknown): string {
  const { code, message = "", name } = error as { code?: unknown; message?: string; name?: string };
  if (typeof code === "string" && /^(SQLITE_|E[A-Z]+$)/.test(code)) return code.replace(/^SQLITE_/, "");
  // While it opens, the binding gives SQLite's number only, in the text.
  if (/: 14\b/.test(message)) return "CANTOPEN";
  return name === "SqliteError" ? "UNKNOWN" : "";
}
