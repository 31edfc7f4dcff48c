/**
 * Cycles that share no member, each in the order of need, beginning with the first in the order of the map. Names that no
 * entry has are left out; a need of oneself is a cycle of one.
 */
export function cyclesOf(needs: ReadonlyMap<string, readonly string[]>): string[][] {
  const left = new Map(needs);
  const found: string[][] = [];
  for (;;) {
    peel(left);
    const [start] = left.keys();
    if (start === undefined) return found;
    const walked: string[] = [];
    let at = start;
    while (!walked.includes(at)) {
      walked.push(at);
      at = left.get(at)?.find((need) => left.has(need)) ?? at;
    }
    const cycle = walked.slice(walked.indexOf(at));
    found.push(cycle);
    for (const id of cycle) left.delete(id);
  }
}

/** Removes everything that waits for nothing that is left: only cycles and what waits for them remain. */
function peel(left: Map<string, readonly string[]>): void {
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [id, needs] of left) if (!needs.some((need) => left.has(need))) left.delete(id);
  }
}
