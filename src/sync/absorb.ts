/** A base is absorbed as long as it has at most so many times the entries gathered so far. */
const FACTOR = 2;

/**
 * Which bases a new manifest with `own` entries takes in, so that a reader needs few of them and a change costs little:
 * each base that stays has more than twice the entries of all that come after it, so there are at most log2 of them.
 * `bases`: newest first, with the number of their entries; what stays keeps that order.
 */
export function absorb(
  own: number,
  bases: readonly { readonly key: string; readonly entries: number }[],
): { readonly absorbed: readonly string[]; readonly bases: readonly string[] } {
  let gathered = own;
  let count = 0;
  for (const { entries } of bases) {
    if (entries > FACTOR * gathered) break;
    gathered += entries;
    count++;
  }
  const keys = bases.map(({ key }) => key);
  return { absorbed: keys.slice(0, count), bases: keys.slice(count) };
}
