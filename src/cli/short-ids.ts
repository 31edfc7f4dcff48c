/** The time at the beginning of a manifest's id, to the millisecond: `20261121T135800123Z`. */
const LEAST = 19;

/** The shortest beginning of each id, its time at least, that no other of them begins with: enough for `--at`. */
export function shortIds(ids: readonly string[]): readonly string[] {
  return ids.map((id) => {
    const others = ids.filter((other) => other !== id);
    let length = LEAST;
    while (length < id.length && others.some((other) => other.startsWith(id.slice(0, length)))) length += 1;
    return id.slice(0, length);
  });
}
