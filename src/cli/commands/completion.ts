import { AuraError } from "../../shared/errors.js";
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from "../command-table.js";
import { bashScript } from "../completion/bash.js";
import { fishScript } from "../completion/fish.js";
import { zshScript } from "../completion/zsh.js";
import { connectEpochs } from "../connect-epochs.js";
import { connectRoots } from "../connect-roots.js";
import { connectControl } from "../connect.js";
import type { Context, Run } from "../context.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const run: Run = async (context) => {
  const { args, globals, io } = context;
  const shell = args[0]!;
  if (shell === "names" || shell === "epochs" || shell === "roots") {
    const words = await WORDS[shell](context);
    io.out(words.map((word) => `${word}\n`).join(""));
    return 0;
  }
  if (shell !== "bash" && shell !== "zsh" && shell !== "fish") {
    throw new AuraError("usage", `there is no completion for ${JSON.stringify(shell)}`, { fix: "choose bash, zsh or fish" });
  }
  const script = SCRIPTS[shell]({ commands: COMMANDS, groups: GROUPS, globals: GLOBAL_OPTIONS });
  io.out(globals.json ? `${JSON.stringify({ schema_version: 1, shell, script })}\n` : script);
  return 0;
};

const WORDS = { names: services, epochs, roots };

async function services(context: Context): Promise<readonly string[]> {
  const { control, close } = await connectControl(context);
  try {
    return (await control.status()).services.map(({ name }) => name);
  } finally {
    await close();
  }
}

/** Those that run: the others are told by `epoch list --all`. */
async function epochs(context: Context): Promise<readonly string[]> {
  const { control, close } = await connectEpochs(context);
  try {
    return (await control.list()).filter(({ ended_at }) => ended_at === null).map(({ epoch_id }) => epoch_id);
  } finally {
    await close();
  }
}

async function roots(context: Context): Promise<readonly string[]> {
  const { control, close } = await connectRoots(context);
  try {
    return (await control.list()).map(({ root_id }) => root_id);
  } finally {
    await close();
  }
}
