import { expandPath, expandTemplate } from "./expand.js";
import type { Expanded, Surroundings } from "./expand.js";
import { folderOf, resolveFrom } from "./paths.js";
import { encodeArgument, encodeLiteral } from "./start-variables.js";
import { splitWords } from "./words.js";
import type { Words } from "./words.js";

/** A command as written: text to be split, or words. */
export type RawCommand = string | readonly string[];

/** The directory a service runs in; the spec file's own when none is written. */
export function workingDir(written: string | undefined, name: string, file: string, from: Surroundings): Expanded {
  if (written === undefined) return { ok: true, text: folderOf(file) };
  return expandPath(written, folderOf(file), name, from);
}

/** A command as words, each a template. A program that is a path is made absolute from `dir`. */
export function commandWords(written: RawCommand, dir: string, from: Surroundings): Words {
  const split: Words = typeof written === "string" ? splitWords(written) : { ok: true, words: written };
  if (!split.ok) return split;
  const [program = "", ...args] = split.words;
  if (program === "") return { ok: false, what: "has an empty program name", fix: "write the program to run" };
  if (!/^[~$]|\//.test(program)) return { ok: true, words: [encodeArgument(program), ...args.map(encodeArgument)] };
  const expanded = expandTemplate(program, from);
  if (!expanded.ok) return expanded;
  const path = expanded.text.includes("/") ? resolveFrom(encodeLiteral(dir), expanded.text) : expanded.text;
  return { ok: true, words: [path, ...args.map(encodeArgument)] };
}

/** The left side of a volume: a path on the host, or a volume's name as it is. */
export function volumeSource(written: string, name: string, file: string, from: Surroundings): Expanded {
  if (!/^[~$.]|\//.test(written)) return { ok: true, text: written };
  return expandPath(written, folderOf(file), name, from);
}
