import { contentId, isLive, originKey, sameContent } from "./content.js";
import type { Content, Entry } from "./entry.js";
import { compareVectors, counterOf, mergeVectors } from "./vector.js";

export interface Merged {
  /** What the path holds now. `a` itself when `b` adds nothing to it. */
  readonly winner: Entry;
  /** The version that has to live on as a conflict copy; null when no bytes and no link are lost. */
  readonly loser: Entry | null;
}

/**
 * Two versions of one path. One that has seen the other replaces it. Two that have not seen each other:
 * the same content is no conflict; a directory keeps the name against anything, a file or link against a deletion;
 * of two edits the greater by (device, content) wins. The winner has then seen both, so that whoever merges them again,
 * in whatever order, comes to the same.
 *
 * Commutative, idempotent, and never taking anything back: merging only ever raises a path in the order (vector, rank),
 * and therefore devices that tell each other what they hold end with the same. (The vector of a merge of many does not
 * depend on their order. Which of them won can, for one round, when a version that was replaced already takes part:
 * what one device holds cannot tell the others' versions apart any more. It is settled by the next exchange.)
 *
 * Equal vectors with other contents come from such a round, from `settle`, and from counters that a restored backup used
 * twice; the rank decides, and the loser is kept.
 */
export function mergeEntries(a: Entry, b: Entry): Merged {
  const order = compareVectors(a.vector, b.vector);
  if (order === "after") return { winner: a, loser: null };
  if (order === "before") return { winner: b, loser: null };
  if (sameContent(a.content, b.content)) return { winner: joined(a, b), loser: null };
  const aWins = outranks(a, b);
  const winner = aWins ? a : b;
  const loser = aWins ? b : a;
  const vector = mergeVectors(winner.vector, loser.vector);
  return { winner: vector === winner.vector ? winner : { ...winner, vector }, loser: holdsContent(loser.content) ? loser : null };
}

/**
 * What stands at a conflict copy's own path. The same on every device: merging never changes the counter that the device
 * which made a version has in its vector. And no two losers that share a name replace each other: their vectors do not
 * know each other, whatever the versions had seen. A copy that loses its name to another takes along what it is a copy of.
 */
export function conflictCopy({ content, vector, by, mtimeMs }: Entry): Entry {
  const key = originKey(content);
  const counter = counterOf(vector, by);
  const copied = Object.keys(vector).filter((name) => name.startsWith(`${key}-`));
  const keys = counter > 0 || copied.length === 0 ? [...copied, `${key}-${by}-${counter}`] : copied;
  return { content, vector: Object.fromEntries(keys.map((name) => [name, 1])), by, mtimeMs };
}

/** Whether a version is lost with its path: a directory is not, what is in it has paths of its own. */
export function holdsContent(content: Content): boolean {
  return content.type === "file" || content.type === "link";
}

function outranks(a: Entry, b: Entry): boolean {
  const [first, second] = [rank(a.content), rank(b.content)];
  if (first !== second) return first > second;
  if (a.by !== b.by) return a.by > b.by;
  return contentId(a.content) > contentId(b.content);
}

function rank(content: Content): number {
  if (!isLive(content)) return 0;
  return content.type === "dir" ? 2 : 1;
}

/** The same content on both sides. An exec bit that one of them set stays. */
function joined(a: Entry, b: Entry): Entry {
  const content = a.content.type === "file" && b.content.type === "file" && b.content.exec && !a.content.exec ? b.content : a.content;
  const vector = mergeVectors(a.vector, b.vector);
  const by = a.by >= b.by ? a.by : b.by;
  const mtimeMs = Math.max(a.mtimeMs, b.mtimeMs);
  for (const one of [a, b]) {
    if (one.content === content && one.vector === vector && one.by === by && one.mtimeMs === mtimeMs) return one;
  }
  return { content, vector, by, mtimeMs };
}
