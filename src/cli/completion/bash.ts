import type { CommandRow, OptionRow } from "../command-row.js";
import { ASKED, below, FIXED, firstWords, parts, secondWord, spellings, words, type Script, type Table } from "./parts.js";

export const bashScript: Script = (table) => `# bash completion for aura-msg; load with: source <(aura-msg completion bash)
_aura_msg() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valued(table).flatMap(spellings).join(" | ")}) ((i++)) ;;
      -*) ;;
      *)
        command="\${command:+$command }\${COMP_WORDS[i]}"
        case $command in ${openWords(table).join(" | ")}) ;; *) break ;; esac ;;
    esac
  done
  # What follows a command that takes a name, such as \`sync ROOT\`, is no command.
  case $command in "" | ${twoWords(table).join(" | ")}) ;; *) command=\${command%% *} ;; esac
  COMPREPLY=()
  case $before in
${optionValues(table).join("\n")}
    ${valued(table).flatMap(spellings).join(" | ")}) return ;;
  esac
  local options= values=
  case $command in
    "") values="${firstWords(table)
      .map(({ name }) => name)
      .join(" ")}" ;;
${cases(table).join("\n")}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options ${words(table.globals)} --help" -- "$word"))
  elif [[ -n $values ]]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
  fi
}
complete -o default -F _aura_msg aura-msg
`;

function everyOption({ commands, globals }: Table): readonly OptionRow[] {
  const all = [...globals, ...commands.flatMap(({ options = [] }) => options)];
  return all.filter((option, at) => all.findIndex((other) => parts(other).long === parts(option).long) === at);
}

function valued(table: Table): readonly OptionRow[] {
  return everyOption(table).filter((option) => parts(option).takesValue);
}

/** First words that another word may follow. */
function openWords(table: Table): readonly string[] {
  return firstWords(table)
    .map(({ name }) => name)
    .filter((name) => below(table, name).length > 0);
}

function twoWords({ commands }: Table): readonly string[] {
  return commands.flatMap(({ name }) => (name.includes(" ") ? [`"${name}"`] : []));
}

function optionValues(table: Table): readonly string[] {
  return everyOption(table).flatMap((option) => {
    const list = listOf(option);
    return list === undefined ? [] : [`    ${spellings(option).join(" | ")}) COMPREPLY=($(compgen -W "${list}" -- "$word")); return ;;`];
  });
}

function listOf({ kind }: OptionRow): string | undefined {
  if (kind === undefined) return undefined;
  const asked = ASKED[kind];
  return asked === undefined ? FIXED[kind]?.join(" ") : `$(${asked})`;
}

function cases(table: Table): readonly string[] {
  return [...new Set([...openWords(table), ...table.commands.map(({ name }) => name)])].map((name) => {
    const row = table.commands.find((command) => command.name === name);
    const own = commandValues(row);
    const offered = [...below(table, name).map(secondWord), ...(own === "" ? [] : [own])].join(" ");
    const values = offered === "" ? "" : `; values="${offered}"`;
    return `    ${name.includes(" ") ? `"${name}"` : name}) options="${words(row?.options ?? [])}"${values} ;;`;
  });
}

function commandValues(row: CommandRow | undefined): string {
  if (row?.values === undefined) return "";
  return row.values === "service" || row.values === "root" ? `$(${ASKED[row.values]})` : row.values.join(" ");
}
