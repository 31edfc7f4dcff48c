// Counts words: `node src/words.mjs a b a` prints `a 2` and `b 1`.
import { basename } from "node:path";

export function countWords(text) {
  const counts = new Map();
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

if (basename(process.argv[1] ?? "") === "words.mjs") {
  for (const [word, count] of countWords(process.argv.slice(2).join(" "))) console.log(`${word} ${count}`);
}
