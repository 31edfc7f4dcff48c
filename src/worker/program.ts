import { Command, CommanderError, Option } from "commander";
import { version } from "../cli/version.js";
import { LOG_FORMATS, LOG_LEVELS, ON_STOP } from "../host/config-defaults.js";
import type { RunFlags } from "./commands/run.js";

const USAGE = 64;

/** Parses and runs one aurad command; resolves to the exit status. Throws AuraError. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command("aurad")
    .description("Keeps the services of this host alive, durably and visibly, on Temporal.")
    .version(`aurad ${version()}`, "--version", "print the version")
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text.replace(/^error: /, "aurad: ")) });

  runOptions(program.command("run [roots...]", { isDefault: true }).description("run in the foreground (the default)")).action(
    async (roots: string[], flags: RunFlags) => {
      status = await (await import("./commands/run.js")).run(roots, flags);
    },
  );
  program
    .command("status")
    .description("whether aurad runs and how it is: 0 healthy, 1 not quite, 2 not running")
    .option("--json", "one JSON document")
    .option("--ui", "print the address of the status page, token included")
    .action(async (flags: { json?: boolean; ui?: boolean }) => {
      status = await (await import("./commands/status.js")).status(flags);
    });
  program
    .command("stop")
    .description("stop aurad and its services")
    .option("--leave-services", "leave the services running for the next aurad")
    .action(async (flags: { leaveServices?: boolean }) => {
      status = await (await import("./commands/stop.js")).stop(flags.leaveServices === true);
    });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    throw error;
  }
}

function runOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration file; it must exist")
    .option("--host <name>", "name of this host")
    .option("--namespace <name>", "Temporal namespace")
    .option("--task-queue <name>", "Temporal task queue of epochs")
    .option("--server-address <host:port>", "Temporal server")
    .option("--audit-trail <backend>", "memory, sqlite[:PATH] or temporal")
    .option("--interval <duration>", "sync interval of every root")
    .option("--api-addr <host:port>", "serve the API there, with a bearer token")
    .option("--routing-output <file>", "write the reverse proxy's configuration there")
    .addOption(new Option("--log-format <format>", "how records look").choices(LOG_FORMATS))
    .addOption(new Option("--log-level <level>", "least level that is written").choices(LOG_LEVELS))
    .option("--embedded", "use an own Temporal server")
    .option("--no-embedded", "never start an own Temporal server")
    .addOption(new Option("--on-stop <what>", "what becomes of the services when aurad stops").choices(ON_STOP));
}
