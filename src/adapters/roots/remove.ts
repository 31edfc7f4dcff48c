import { renameSync, rmdirSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { CHANGED, inArea, occupied, putBack, trashSlot } from "./placing.js";
import { isAsExpected, isSameContent, lstat } from "./stat.js";

/** See `RootFolder.remove`. */
export function remove(root: OpenRoot, path: Path, expected: FileStat): Placed {
  return inArea(root, path, (area) => {
    const target = absolute(root, path);
    if (!hasFolders(root, path) || !isAsExpected(lstat(target), expected)) return CHANGED;
    const result = expected.type === "dir" ? removeFolder(root, path, expected) : toTrash(root, area, path, expected);
    if (result.result === "done") root.unflushed.note(target);
    return result;
  });
}

/** Only an empty one goes, in one step: what somebody puts into it meanwhile keeps it. */
function removeFolder(root: OpenRoot, path: Path, expected: FileStat): Placed {
  const target = absolute(root, path);
  const inTheWay = occupied(root, path, target);
  if (inTheWay !== null) return inTheWay;
  root.onStep("checked", path);
  rmdirSync(target);
  return { result: "done", stat: expected };
}

function toTrash(root: OpenRoot, area: Area, path: Path, expected: FileStat): Placed {
  const target = absolute(root, path);
  const slot = trashSlot(root, area, path);
  try {
    root.onStep("checked", path);
    renameSync(target, slot);
    root.onStep("swapped", path);
    if (isSameContent(lstat(slot), expected)) return { result: "done", stat: expected };
    putBack(root, slot, target);
    return CHANGED;
  } finally {
    if (lstat(slot) === null) area.trash.release(slot);
  }
}
