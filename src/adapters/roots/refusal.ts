import { AuraError } from "../../shared/errors.js";
import type { Path } from "../../sync/entry.js";
import type { Placed } from "../../sync/ports.js";
import { shown } from "./names.js";

/** A failed system call, from Node or from a call of our own. */
export class SystemFailure extends Error {
  constructor(
    readonly code: string,
    call: string,
  ) {
    super(`${code}: ${call}`);
    this.name = "SystemFailure";
  }
}

export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

const CHANGED = new Set(["ENOENT", "EEXIST", "ENOTDIR", "EISDIR", "ENOTEMPTY", "ELOOP"]);

const KEPT: Readonly<Record<string, string>> = {
  EACCES: "no permission to change its folder; allow it with: chmod u+rwx on the folder",
  EPERM: "protected by the system (immutable, or somebody else's); lift that protection",
  EROFS: "on a read-only file system; mount it writable",
  EBUSY: "in use by the system (a mount point, or open elsewhere); close what uses it",
  ETXTBSY: "a program that runs; end it",
  ENAMETOOLONG: "a longer name than this file system can hold; shorten it",
  EILSEQ: "a name that this file system cannot hold; rename it",
  EINVAL: "a name that this file system cannot hold; rename it",
  EMLINK: "its folder holds as many folders as it can; move some of them",
  NO_LINKS: "a symbolic link, which this file system cannot hold; ignore it in .aura/ignore",
  EXDEV: "on another file system than the rest; unmount that, or ignore it in .aura/ignore",
};

/**
 * What a failure means for one path: somebody was there (`changed`), the system refuses it here (`kept`).
 * What is no matter of this path alone, a full disk or a broken one, is thrown as AuraError `file_write`.
 */
export function refusal(error: unknown, path: Path, root: { readonly dir: string }): Placed {
  const code = codeOf(error);
  if (CHANGED.has(code)) return { result: "changed" };
  const why = KEPT[code];
  if (why !== undefined) return { result: "kept", why };
  throw writeFailure(error, `${root.dir}/${path}`);
}

export function isFull(error: unknown): boolean {
  return codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
}

/** AuraError `file_write` for a file that could not be written. An AuraError is passed on. */
export function writeFailure(error: unknown, file: string): AuraError {
  if (error instanceof AuraError) return error;
  const full = isFull(error);
  const why = full ? (codeOf(error) === "EDQUOT" ? "the disk quota is used up" : "the disk is full") : reason(error);
  return new AuraError("file_write", `${shown(file)} cannot be written: ${why}`, {
    fix: full ? "free some space; what is in the root's .aura/trash may go" : "check the permissions and the disk",
    cause: error,
  });
}

/** AuraError `refused` for a file of the root that is there and cannot be read. */
export function readFailure(error: unknown, path: Path): AuraError {
  const denied = codeOf(error) === "EACCES" || codeOf(error) === "EPERM";
  return new AuraError("refused", `${shown(path)} cannot be read: ${denied ? "permission denied" : reason(error)}`, {
    fix: denied ? "allow it with: chmod u+r, or ignore it in .aura/ignore" : "check the disk",
    cause: error,
  });
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
