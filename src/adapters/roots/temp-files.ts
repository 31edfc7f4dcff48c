import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { TempFile } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { makeFolders } from "./make-folders.js";
import { codeOf, isFull, writeFailure } from "./refusal.js";

const CHUNK_BYTES = 1 << 20;

/** The temporary files of one open root. */
export class TempFiles {
  /** Of this process: a clean-up that goes on beside them leaves them alone. */
  readonly #live = new Set<string>();

  /** Throws AuraError `file_write`. */
  create(area: Area): TempFile {
    const path = this.name(area);
    try {
      return new OpenTemp(path, openSync(path, "wx", 0o600), () => this.#live.delete(path));
    } catch (error) {
      this.#live.delete(path);
      throw writeFailure(error, path);
    }
  }

  /**
   * A copy of an absolute path, sharing its blocks where the file system can. Throws AuraError `file_write` when there is
   * no room for it, and the error of the file system when the source cannot be read.
   */
  copy(from: string, area: Area): TempFile {
    const path = this.name(area);
    const temp = new OpenTemp(path, null, () => this.#live.delete(path));
    try {
      copyFileSync(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      chmodSync(path, 0o600);
      return temp;
    } catch (error) {
      temp.discard();
      throw isFull(error) ? writeFailure(error, path) : error;
    }
  }

  /** An absolute path in the area, where nothing is. Makes its folder. Throws AuraError `file_write`. */
  name(area: Area): string {
    const path = join(area.tmp, randomUUID());
    try {
      makeFolders(area.tmp);
    } catch (error) {
      // A mount that cannot be written is a matter of what is in it.
      throw area.top !== "" && codeOf(error) === "EROFS" ? error : writeFailure(error, area.tmp);
    }
    this.#live.add(path);
    return path;
  }

  /** A file made by `create`, or a name given by `name`, that is no temporary one any more. */
  placed(path: string): void {
    this.#live.delete(path);
  }

  /** Removes what an earlier process left. */
  clean(areas: readonly Area[]): void {
    for (const { tmp } of areas) {
      for (const name of entries(tmp)) {
        const path = join(tmp, name);
        if (!this.#live.has(path)) remove(path);
      }
    }
  }

  /** The file system's clock, ms since 1970. */
  clock(area: Area): number {
    const path = this.name(area);
    const fd = openSync(path, "wx", 0o600);
    try {
      return fstatSync(fd).mtimeMs;
    } finally {
      closeSync(fd);
      rmSync(path, { force: true });
      this.#live.delete(path);
    }
  }
}

class OpenTemp implements TempFile {
  readonly path: string;
  readonly #ended: () => void;
  #fd: number | null;

  constructor(path: string, fd: number | null, ended: () => void) {
    this.path = path;
    this.#fd = fd;
    this.#ended = ended;
  }

  write(bytes: Uint8Array): void {
    this.#try(() => {
      for (let written = 0; written < bytes.length;) written += writeSync(this.#fd!, bytes, written);
    });
  }

  finish(isOnDisk = false): void {
    this.#try(() => {
      const fd = (this.#fd ??= openSync(this.path, "r"));
      if (!isOnDisk) fsyncSync(fd);
      this.#fd = null;
      closeSync(fd);
    });
  }

  discard(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    try {
      unlinkSync(this.path);
    } catch {
      // It was placed, or the next clean-up has it.
    }
    this.#ended();
  }

  /** A file that could not be written whole is of no use: it goes, and with it the room that it took. */
  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.discard();
      throw writeFailure(error, this.path);
    }
  }
}

/** SHA-256 of a file, 64 hex digits. */
export function hashFile(path: string): string {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const fd = openSync(path, "r");
  try {
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) hash.update(chunk.subarray(0, read));
    return hash.digest("hex");
  } finally {
    closeSync(fd);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It does no harm there.
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw writeFailure(error, dir);
  }
}
