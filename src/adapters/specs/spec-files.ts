import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync, constants } from "node:fs";
import { join } from "node:path";
import { MAX_BYTES } from "../../services/spec/source.js";

/** `*.yaml` and `*.yml`, without dotfiles and what editors leave while they save. */
const SPEC_NAME = /^[^.#~].*\.ya?ml$/;

export function isSpecName(name: string): boolean {
  return SPEC_NAME.test(name);
}

export type Listing = { readonly ok: true; readonly names: readonly string[] } | { readonly ok: false; readonly why: string };

/** Names of the spec files of a directory, sorted. A missing directory is empty; an unreadable one is not. */
export function listSpecs(dir: string): Listing {
  try {
    return { ok: true, names: readdirSync(dir).filter(isSpecName).toSorted() };
  } catch (error) {
    return codeOf(error) === "ENOENT" ? { ok: true, names: [] } : { ok: false, why: reasonOf(error) };
  }
}

export type FileRead =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "gone" }
  | { readonly kind: "unreadable"; readonly why: string };

/** The bytes of one file, cut shortly after the size that a spec may have. Never blocks on a pipe. */
export function readSpec(dir: string, name: string): FileRead {
  const path = join(dir, name);
  try {
    return { kind: "read", bytes: readStart(path) };
  } catch (error) {
    if (codeOf(error) === "ENOENT" && !exists(path)) return { kind: "gone" };
    return { kind: "unreadable", why: codeOf(error) === "ENOENT" ? "is a link to a missing file" : reasonOf(error) };
  }
}

function readStart(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw new Error("is not a regular file");
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(fd, buffer, length, buffer.length - length, null);
    }
    return Buffer.from(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

/** Links count as existing even when what they point to does not. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "cannot be read: permission denied",
  ENOTDIR: "is not a directory",
  ELOOP: "is a link to itself",
};

/** Why a file cannot be used, in words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return REASONS[code] ?? `cannot be read: ${code}`;
}
