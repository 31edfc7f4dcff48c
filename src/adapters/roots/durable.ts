import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Folders whose names were changed since they were last made durable. */
export class Unflushed {
  readonly #folders = new Set<string>();

  /** Something was made, moved or removed at this absolute path. */
  note(path: string): void {
    this.#folders.add(dirname(path));
  }

  /** The same of a path below `top` whose folders may all be new. */
  noteBelow(path: string, top: string): void {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      this.#folders.add(folder);
      if (folder.length <= top.length) return;
    }
  }

  /** After it a power cut brings no old name back. A folder that is gone needs it no more; a file system that cannot, cannot. */
  flush(): void {
    for (const folder of this.#folders) {
      try {
        const fd = openSync(folder, "r");
        try {
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
      } catch {
        // The content itself was made durable when it was written.
      }
    }
    this.#folders.clear();
  }
}
