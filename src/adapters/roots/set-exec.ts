import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { executable } from "./place.js";
import { CHANGED, inArea } from "./placing.js";
import { isAsExpected, toFileStat } from "./stat.js";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** See `RootFolder.setExec`. On the open file, so that it is the one that was looked at. */
export function setExec(root: OpenRoot, path: Path, exec: boolean, expected: FileStat): Placed {
  return inArea(root, path, () => {
    if (!hasFolders(root, path) || expected.type !== "file") return CHANGED;
    const fd = openSync(absolute(root, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const old = fstatSync(fd);
      if (!isAsExpected(old, expected)) return CHANGED;
      root.onStep("checked", path);
      fchmodSync(fd, exec ? executable(old.mode & 0o777, old) : old.mode & 0o666);
      const now = fstatSync(fd);
      // Written to meanwhile: told as it was before, so that the change is seen.
      const written = now.size !== old.size || now.mtimeMs !== old.mtimeMs;
      return { result: "done", stat: toFileStat(written ? old : now)! };
    } finally {
      closeSync(fd);
    }
  });
}
