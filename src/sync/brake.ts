import { contentId } from "./content.js";
import type { Content, Path } from "./entry.js";
import { holdsContent } from "./merge.js";

/** Fewer than this never wait. */
const BRAKE_FROM = 20;

export interface BrakeRequest {
  /** Files and links that would be deleted. */
  readonly deletes: number;
  /** Files and links that there are before. */
  readonly of: number;
  /** Share, 0 to 1. */
  readonly maxDelete: number;
  /** A person has seen what would be deleted. */
  readonly confirmed: boolean;
  /** `here`: others deleted them. `elsewhere`: they are missing here, and the other devices would be told. */
  readonly where: "here" | "elsewhere";
}

export interface Braked {
  readonly held: boolean;
  readonly deletes: number;
  readonly of: number;
  /** One line, with what to do when it is held. */
  readonly reason: string;
}

/** Whether deletions wait for a person: more than the share, and 20 at least. */
export function brake({ deletes, of, maxDelete, confirmed, where }: BrakeRequest): Braked {
  const share = `${deletes} of ${of} files`;
  const limit = `max_delete = ${maxDelete}`;
  if (deletes < BRAKE_FROM) return { held: false, deletes, of, reason: `${share}, fewer than ${BRAKE_FROM}` };
  if (deletes <= maxDelete * of) return { held: false, deletes, of, reason: `${share}, within ${limit}` };
  if (confirmed) return { held: false, deletes, of, reason: `${share}, more than ${limit}, and confirmed` };
  const what =
    where === "here" ? "would be deleted here because other devices deleted them" : "are missing here and would be deleted on every device";
  return {
    held: true,
    deletes,
    of,
    reason: `${share} ${what}, more than ${limit}; nothing was deleted; if that is meant: aura-msg sync --confirm`,
  };
}

/** Files and links that are gone, less as many of each content as turned up at a new path: these were renamed. */
export function lostFiles(gone: Iterable<readonly [Path, Content]>, created: Iterable<Content>): Path[] {
  const found = new Map<string, number>();
  for (const content of created) {
    const id = contentId(content);
    found.set(id, (found.get(id) ?? 0) + 1);
  }
  const lost: Path[] = [];
  for (const [path, content] of gone) {
    if (!holdsContent(content)) continue;
    const id = contentId(content);
    const left = found.get(id) ?? 0;
    if (left > 0) found.set(id, left - 1);
    else lost.push(path);
  }
  return lost;
}
