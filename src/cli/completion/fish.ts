import type { CommandRow, OptionRow } from "../command-row.js";
import { ASKED, below, FIXED, firstWords, parts, quoted, secondWord, type Script, type Table } from "./parts.js";

export const fishScript: Script = (table) =>
  [
    "# fish completion for aura-msg; load with: aura-msg completion fish | source",
    "complete -c aura-msg -f",
    ...table.globals.map((one) => `complete -c aura-msg ${fishOption(one)}`),
    ...firstWords(table).map(({ name, summary }) => `complete -c aura-msg -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`),
    ...table.groups.flatMap(({ name }) => secondWords(table, name)),
    ...table.commands.flatMap((row) => {
      const here = `-n ${quoted(isHere(table, row))}`;
      return [
        ...(row.options ?? []).map((one) => `complete -c aura-msg ${here} ${fishOption(one)}`),
        ...argument(row).map((rest) => `complete -c aura-msg ${here} ${rest}`),
      ];
    }),
    "",
  ].join("\n");

function secondWords(table: Table, group: string): readonly string[] {
  const rows = below(table, group);
  const open = `__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${rows.map(secondWord).join(" ")}`;
  return rows.map((row) => `complete -c aura-msg -n ${quoted(open)} -a ${secondWord(row)} -d ${quoted(row.summary)}`);
}

/** `logs` is a command of its own and one of a group: only the words before it tell. */
function isHere(table: Table, row: CommandRow): string {
  const { groups } = table;
  const [first = "", second] = row.name.split(" ");
  const seen = `__fish_seen_subcommand_from ${first}`;
  if (second !== undefined) return `${seen}; and __fish_seen_subcommand_from ${second}`;
  const others = [...groups.map(({ name }) => name).filter((name) => name !== first), ...below(table, first).map(secondWord)];
  return others.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${others.join(" ")}`;
}

function argument({ values, args }: CommandRow): readonly string[] {
  if (values === "service" || values === "root") return [`-a ${quoted(`(${ASKED[values]})`)}`];
  if (values !== undefined) return [`-a ${quoted(values.join(" "))}`];
  return args === undefined ? [] : ["-F"];
}

function fishOption(option: OptionRow): string {
  const { short, long, takesValue } = parts(option);
  const words = [
    short === undefined ? "" : `-s ${short.slice(1)}`,
    `-l ${long.slice(2)}`,
    takesValue ? "-r" : "",
    valuesOf(option),
    `-d ${quoted(option.summary)}`,
  ];
  return words.filter((word) => word !== "").join(" ");
}

function valuesOf({ kind }: OptionRow): string {
  if (kind === undefined) return "";
  if (kind === "file" || kind === "folder") return "-F";
  const asked = ASKED[kind];
  const fixed = FIXED[kind];
  if (asked !== undefined) return `-a ${quoted(`(${asked})`)}`;
  return fixed === undefined ? "" : `-a ${quoted(fixed.join(" "))}`;
}
