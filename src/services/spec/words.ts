/**
 * Splits a command into words as a POSIX shell does: blanks, single and double quotes, backslashes.
 * Nothing is expanded and nothing is run. A shell's own syntax outside quotes (pipes, redirects, lists)
 * is refused, because there is no shell to understand it and passing it on as text would surprise.
 * Own code: the splitting libraries either lose which characters were quoted or treat backslashes unlike sh.
 */
export type Words =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly what: string; readonly fix: string };

interface Word {
  text: string;
  /** The same word with every quoted character blanked out, to look for operators in. */
  bare: string;
}

const OPERATOR = /^(?:\|\|?&?|&&?|;;?|\(|\)|\{|\}|&?\d*(?:>>?|<<?<?).*|.*[^;];)$/;
const SUBSTITUTION = /`|\$\(/;
const QUOTED = "\u0001";

export function splitWords(source: string): Words {
  const words: Word[] = [];
  let word: Word | undefined;
  let newline = false;
  let lines = 1;
  const add = (char: string, bare: string): void => {
    if (newline && words.length > 0 && word === undefined) lines++;
    newline = false;
    word ??= { text: "", bare: "" };
    word.text += char;
    word.bare += bare;
  };
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === "'" || char === '"') {
      const end = closing(source, i);
      if (end < 0) return refuse(`a ${char === "'" ? "single" : "double"} quote is not closed`, `add the closing ${char}`);
      add(char === "'" ? source.slice(i + 1, end) : unescape(source.slice(i + 1, end)), QUOTED);
      i = end;
    } else if (char === "\\") {
      if (i + 1 >= source.length) return refuse("ends in a backslash", "remove it, or write \\\\");
      i++;
      if (source.charAt(i) !== "\n") add(source.charAt(i), QUOTED);
    } else if (/\s/.test(char)) {
      newline ||= char === "\n";
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      add(char, char);
    }
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) return refuse("is empty", "write the program to run");
  return checked(words, lines);
}

function checked(words: readonly Word[], lines: number): Words {
  const operator = words.find(({ bare }) => OPERATOR.test(bare) || SUBSTITUTION.test(bare));
  if (operator !== undefined) {
    return refuse("has shell syntax (pipe, redirect, list or substitution), but no shell runs it", "use: sh -c '...'");
  }
  if (lines > 1) return refuse("has several lines", "write one command, or use: sh -c '...'");
  if (/^[A-Za-z_]\w*=/.test(words[0]!.bare)) {
    return refuse("starts with a variable assignment, but no shell runs it", "put the variable under env:");
  }
  return { ok: true, words: words.map(({ text }) => text) };
}

/** Index of the quote that closes the one at `start`, or -1. */
function closing(source: string, start: number): number {
  const quote = source.charAt(start);
  for (let i = start + 1; i < source.length; i++) {
    if (quote === '"' && source.charAt(i) === "\\") i++;
    else if (source.charAt(i) === quote) return i;
  }
  return -1;
}

/** Inside double quotes a backslash only escapes $ ` " \ and a newline. */
function unescape(inner: string): string {
  return inner.replace(/\\([$`"\\\n])/g, (_, char: string) => (char === "\n" ? "" : char));
}

function refuse(what: string, fix: string): Words {
  return { ok: false, what, fix };
}
