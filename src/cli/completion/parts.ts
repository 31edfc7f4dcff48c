import { AUDIT_TYPES } from "../../epochs/audit.js";
import { AXES, SEVERITIES, VOTES } from "../../epochs/messages.js";
import { PHASES, ROLES } from "../../epochs/phases.js";
import { ROOT_MODES } from "../../sync/parse-root.js";
import type { CommandRow, GroupRow, OptionRow, ValueKind } from "../command-row.js";

/** What a script is made from. */
export interface Table {
  readonly commands: readonly CommandRow[];
  readonly groups: readonly GroupRow[];
  readonly globals: readonly OptionRow[];
}

export type Script = (table: Table) => string;

/** Asked for when TAB is pressed, so that they are those of the moment. */
export const ASKED: Readonly<Partial<Record<ValueKind | "root", string>>> = {
  service: "aura-msg completion names 2>/dev/null",
  epoch: "aura-msg completion epochs 2>/dev/null",
  root: "aura-msg completion roots 2>/dev/null",
};

/** Values that never change. */
export const FIXED: Readonly<Partial<Record<ValueKind, readonly string[]>>> = {
  phase: [...PHASES.map(({ id, slug }) => `${id}-${slug}`), "complete"],
  axis: AXES,
  vote: VOTES,
  severity: SEVERITIES,
  role: ROLES,
  type: AUDIT_TYPES,
  mode: ROOT_MODES,
};

export interface Parts {
  readonly short: string | undefined;
  readonly long: string;
  readonly takesValue: boolean;
}

export function parts({ flags }: OptionRow): Parts {
  const [, short, long, value] = /^(?:(-\w), )?(--[\w-]+)( <.+>)?(?: \[.+\])?$/.exec(flags) ?? [];
  return { short, long: long ?? flags, takesValue: value !== undefined };
}

/** `-n --lines`. */
export function spellings(option: OptionRow): readonly string[] {
  const { short, long } = parts(option);
  return short === undefined ? [long] : [short, long];
}

export function words(options: readonly OptionRow[]): string {
  return options.flatMap(spellings).join(" ");
}

/** The second words of a group, or of a command that has commands below it. */
export function below({ commands }: Table, first: string): readonly CommandRow[] {
  return commands.filter(({ name }) => name.startsWith(`${first} `));
}

/** First words with what they are for, each once, in the order of the help. */
export function firstWords({ commands, groups }: Table): readonly GroupRow[] {
  const names = [...new Set(commands.map(({ name }) => name.split(" ")[0]!))];
  return names.map((name) => {
    const row = commands.find((command) => command.name === name) ?? groups.find((group) => group.name === name);
    return { name, summary: row?.summary ?? "" };
  });
}

export function secondWord({ name }: CommandRow): string {
  return name.split(" ")[1] ?? name;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
