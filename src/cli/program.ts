import { Command, Option } from "commander";
import { AuraError } from "../shared/errors.js";
import type { CommandRow, OptionRow } from "./command-row.js";
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from "./command-table.js";
import type { ExitStatus, Globals, Io } from "./context.js";
import { version } from "./version.js";

export interface Program {
  /** Runs the command that the arguments name. Throws AuraError, or commander's own error for bad usage. */
  parse(args: readonly string[]): Promise<ExitStatus>;
}

export function buildProgram(io: Io): Program {
  let status: ExitStatus = 0;
  const program = new Command("aura-msg")
    .description("Commands the services, sync roots and epochs of this host, or of any host of the same Temporal namespace.")
    .usage("[options] <command>")
    .version(`aura-msg ${version()}`, "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => {} })
    .addHelpText("after", "\nExit status: 0 done; 1 bad usage or validation; 2 cannot connect;\n3 refused or failed.");
  for (const row of GLOBAL_OPTIONS) program.addOption(option(row));
  for (const row of COMMANDS) {
    addCommand(program, row).action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      await noOtherCommand(row, command);
      noForeignOption(row, command);
      const options = await settled(row, command.optsWithGlobals());
      const { run } = await row.load();
      status = await run({ args: command.args, options: <T extends object>() => options as T, globals: globalsOf(program), io });
    });
  }
  return {
    async parse(args) {
      await program.parseAsync(args, { from: "user" });
      return status;
    },
  };
}

function addCommand(program: Command, row: CommandRow): Command {
  const [first = "", second] = row.name.split(" ");
  const parent = second === undefined ? program : group(program, first);
  const name = second ?? first;
  const command = parent
    .command(row.args === undefined ? name : `${name} ${row.args}`)
    .description(row.summary)
    .allowExcessArguments(hasCommandsBelow(row) && row.args === undefined);
  // The options of a command below are its own: `sync wait --dry-run` is bad usage.
  if (hasCommandsBelow(row)) command.enablePositionalOptions();
  for (const one of row.options ?? []) command.addOption(option(one));
  return command;
}

/** The command of a first word; made with the first command that begins with it. */
function group(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const summary = GROUPS.find((row) => row.name === name)?.summary ?? "";
  return program.command(name).description(summary).usage("[options] <command>").helpCommand(false);
}

function option({ flags, summary, preset, parse }: OptionRow): Option {
  const made = new Option(flags, summary);
  if (parse !== undefined) made.argParser((text) => named(flags, () => parse(text)));
  return preset === undefined ? made : made.default(parse?.(preset) ?? preset, preset);
}

/** All options with their values checked; throws AuraError `usage` for a missing or bad one. */
async function settled({ name, options = [] }: CommandRow, given: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = { ...given };
  for (const row of options) {
    const key = new Option(row.flags).attributeName();
    const value = values[key];
    if (row.required && value === undefined) {
      throw new AuraError("usage", `${name} needs ${row.flags}`, { fix: `see: aura-msg ${name} --help` });
    }
    if (row.kind === undefined || value === undefined) continue;
    const { checked } = await import("./epoch-values.js");
    const { kind } = row;
    values[key] = named(row.flags, () => (Array.isArray(value) ? value.map((one) => checked(kind, one)) : checked(kind, value)));
  }
  return values;
}

function hasCommandsBelow({ name }: CommandRow): boolean {
  return COMMANDS.some((other) => other.name.startsWith(`${name} `));
}

/** A mistyped command below this one would count as an argument, where it takes none. */
async function noOtherCommand(row: CommandRow, command: Command): Promise<void> {
  const [word] = command.args;
  if (!hasCommandsBelow(row) || row.args !== undefined || word === undefined) return;
  const { nearest } = await import("../services/spec/problems.js");
  const meant = nearest(
    word,
    command.commands.map((below) => below.name()),
  );
  throw new AuraError("usage", `unknown command '${word}'`, {
    fix: meant === undefined ? `see: aura-msg ${row.name} --help` : `did you mean ${meant}?`,
  });
}

/** An option of the upper command, written before the lower one, would be dropped without a word. */
function noForeignOption({ name, options = [] }: CommandRow, command: Command): void {
  const own = options.map(({ flags }) => new Option(flags).attributeName());
  const upper = command.parent;
  if (upper === null || upper.parent === null) return;
  const foreign = upper.options.find(
    (one) => upper.getOptionValueSource(one.attributeName()) === "cli" && !own.includes(one.attributeName()),
  );
  if (foreign === undefined) return;
  throw new AuraError("usage", `unknown option '${foreign.long}' of ${name}`, { fix: `see: aura-msg ${name} --help` });
}

/** A value's own error does not know which option it was given to. */
function named<T>(flags: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AuraError)) throw error;
    throw new AuraError(error.code, `${flags.split(/ [<[]/)[0]}: ${error.message}`, { fix: error.fix });
  }
}

function globalsOf(program: Command): Globals {
  const { json, host, namespace, serverAddress } = program.opts<Partial<Globals>>();
  return {
    json: json === true,
    ...(host === undefined ? {} : { host }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(serverAddress === undefined ? {} : { serverAddress }),
  };
}
