import { close, fsync, open } from "node:fs";
import { promisify } from "node:util";

const openFile = promisify(open);
const closeFile = promisify(close);
const sync = promisify(fsync);

/**
 * Brings files to the disk, several at once: the file system then commits them together, where one after the other each would
 * wait for a commit of its own. Resolves to those that are there; what failed fails again, with its reason, when the file is
 * finished.
 */
export async function bringToDisk(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  await Promise.all(
    paths.map(async (path) => {
      try {
        const file = await openFile(path, "r");
        try {
          await sync(file);
          there.add(path);
        } finally {
          await closeFile(file);
        }
      } catch {
        // See above.
      }
    }),
  );
  return there;
}
