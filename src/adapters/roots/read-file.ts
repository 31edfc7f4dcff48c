import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { AuraError } from "../../shared/errors.js";
import type { Path } from "../../sync/entry.js";
import { SourceChanged } from "../../sync/ports.js";
import type { ByteRange, FileStat, OpenFile, TempFile } from "../../sync/ports.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { codeOf, readFailure } from "./refusal.js";
import { isAsExpected, lstat } from "./stat.js";
import { hashFile } from "./temp-files.js";

/** A named pipe that has taken the file's place would hold up whoever opens it. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

const GONE = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EINVAL"]);

/** The whole file. Throws SourceChanged when it is not, or does not stay, as expected; AuraError `refused` when it cannot be read. */
export function readFile(root: OpenRoot, path: Path, expected: FileStat): Uint8Array {
  const file = openFile(root, path, expected);
  let bytes: Uint8Array;
  try {
    bytes = file.read({ offset: 0, length: expected.size });
  } catch (error) {
    discard(file);
    throw error;
  }
  file.close();
  return bytes;
}

export function openFile(root: OpenRoot, path: Path, expected: FileStat): OpenFile {
  const fd = guard(path, () => openSync(absolute(root, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  const file = new ReadFile(fd, path, expected);
  if (file.isUnchanged()) return file;
  discard(file);
  throw new SourceChanged(path);
}

export function readLink(root: OpenRoot, path: Path): string {
  return guard(path, () => readlinkSync(absolute(root, path)));
}

/** The copy has the bytes that the hash is of, whatever happens to the file meanwhile. */
export function copyToTemp(root: OpenRoot, path: Path): { temp: TempFile; hash: string } {
  const from = absolute(root, path);
  const temp = guard(path, () => {
    if (!hasFolders(root, path) || lstat(from)?.isFile() !== true) throw new SourceChanged(path);
    return root.temps.copy(from, root.areas.of(path));
  });
  try {
    const hash = hashFile(temp.path);
    temp.finish();
    return { temp, hash };
  } catch (error) {
    temp.discard();
    throw error;
  }
}

class ReadFile implements OpenFile {
  readonly #fd: number;
  readonly #path: Path;
  readonly #expected: FileStat;

  constructor(fd: number, path: Path, expected: FileStat) {
    this.#fd = fd;
    this.#path = path;
    this.#expected = expected;
  }

  isUnchanged(): boolean {
    return isAsExpected(fstatSync(this.#fd), this.#expected);
  }

  read({ offset, length }: ByteRange): Uint8Array {
    const bytes = room(length);
    for (let done = 0; done < length;) {
      const read = guard(this.#path, () => readSync(this.#fd, bytes, done, length - done, offset + done));
      // Shorter than it was.
      if (read === 0) throw new SourceChanged(this.#path);
      done += read;
    }
    return bytes;
  }

  close(): void {
    try {
      if (!this.isUnchanged()) throw new SourceChanged(this.#path);
    } finally {
      closeSync(this.#fd);
    }
  }
}

const SLAB_BYTES = 256 * 1024;
let slab = Buffer.alloc(0);

/** Small files share their memory: of its own each would cost more than its bytes. */
function room(length: number): Buffer {
  if (length > SLAB_BYTES / 8) return Buffer.allocUnsafeSlow(length);
  if (length > slab.length) slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  const bytes = slab.subarray(0, length);
  slab = slab.subarray(length);
  return bytes;
}

function discard(file: OpenFile): void {
  try {
    file.close();
  } catch {
    // What matters was thrown already.
  }
}

function guard<T>(path: Path, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SourceChanged || error instanceof AuraError) throw error;
    if (GONE.has(codeOf(error))) throw new SourceChanged(path);
    throw readFailure(error, path);
  }
}
