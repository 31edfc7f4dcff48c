import type { CommandRow, OptionRow } from "../command-row.js";
import { ASKED, below, FIXED, firstWords, parts, quoted, secondWord, type Script, type Table } from "./parts.js";

export const zshScript: Script = (table) => `#compdef aura-msg
# zsh completion for aura-msg; load with: source <(aura-msg completion zsh)
_aura_msg() {
  local state
  local -a commands=(
${firstWords(table)
  .map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  .join("\n")}
  )
  local -a globals=(${table.globals.map((one) => zshOption(one)).join(" ")} '--help[print help]')
  _arguments -C $globals '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${firstWords(table)
  .map(({ name }) => `        ${name}) ${argumentsOf(table, name)} ;;`)
  .join("\n")}
      esac ;;
  esac
}
_aura_msg_names() {
  local -a names=(\${(f)"$(${ASKED.service})"})
  compadd -a names
}
_aura_msg_epochs() {
  local -a epochs=(\${(f)"$(${ASKED.epoch})"})
  compadd -a epochs
}
_aura_msg_roots() {
  local -a roots=(\${(f)"$(${ASKED.root})"})
  compadd -a roots
}
compdef _aura_msg aura-msg
`;

function argumentsOf(table: Table, name: string): string {
  const second = below(table, name);
  const own = table.commands.find((row) => row.name === name);
  if (second.length === 0) return own === undefined ? "" : zshArguments(own);
  const options = (own?.options ?? []).map(zshOption);
  return `
          local -a below=(${second.map((row) => quoted(`${secondWord(row)}:${row.summary}`)).join(" ")})
          ${["_arguments -C $globals", ...options, "'1:command:->below' '*::argument:->rest'"].join(" ")}
          case $state in
            below) _describe command below${own?.values === "root" ? "; _aura_msg_roots" : ""} ;;
            rest)
              case $words[1] in
${second.map((row) => `                ${secondWord(row)}) ${zshArguments(row)} ;;`).join("\n")}
                *) ${["_arguments $globals", ...options].join(" ")} ;;
              esac ;;
          esac`;
}

function zshOption(option: OptionRow): string {
  const { long, takesValue } = parts(option);
  const value = takesValue ? `:value:${valuesOf(option)}` : "";
  return quoted(`${long}[${option.summary.replace(/[[\]]/g, "").replaceAll(":", String.raw`\:`)}]${value}`);
}

function valuesOf({ kind }: OptionRow): string {
  if (kind === undefined) return "";
  if (kind === "file" || kind === "folder") return "_files";
  if (kind === "epoch") return "_aura_msg_epochs";
  const fixed = FIXED[kind];
  return fixed === undefined ? "" : `(${fixed.join(" ")})`;
}

function zshArguments({ options = [], values, args }: CommandRow): string {
  const rest =
    values === "service" || values === "root"
      ? quoted(values === "service" ? "*:service:_aura_msg_names" : "1:root:_aura_msg_roots")
      : values !== undefined
        ? quoted(`1:value:(${values.join(" ")})`)
        : args === undefined
          ? ""
          : quoted("1:path:_files");
  return ["_arguments $globals", ...options.map(zshOption), rest].filter((part) => part !== "").join(" ");
}
