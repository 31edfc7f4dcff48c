import type { LogQuery } from "../../services/control.js";
import { AuraError, asAuraError } from "../../shared/errors.js";
import { connectLogs } from "../connect.js";
import type { Run } from "../context.js";
import { interrupted } from "../interrupted.js";
import { suggesting } from "../suggest.js";

interface LogsOptions {
  readonly lines: number;
  readonly follow?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly grep?: string;
}

export const run: Run = async (context) => {
  const { args, globals, io } = context;
  const options = context.options<LogsOptions>();
  const name = args[0]!;
  if (options.follow && globals.json) {
    throw new AuraError("usage", "--follow never ends, --json prints one document", { fix: "leave one of them out" });
  }
  const query = logQuery(options);
  const { logs, names, close } = await connectLogs(context);
  try {
    await suggesting([name], names, async () => {
      if (options.follow) return printFollowed(logs.follow(name, query, interrupted()), io.out);
      const lines = await logs.tail(name, query);
      if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, service: name, lines })}\n`);
      else io.out(lines.map((line) => `${line}\n`).join(""));
    });
    return 0;
  } finally {
    await close();
  }
};

async function printFollowed(lines: AsyncIterable<string>, out: (text: string) => void): Promise<void> {
  for await (const line of lines) out(`${line}\n`);
}

function logQuery({ lines, since, grep }: LogsOptions): LogQuery {
  return {
    lines,
    ...(since === undefined ? {} : { sinceMs: Date.now() - since }),
    ...(grep === undefined ? {} : { grep: pattern(grep) }),
  };
}

function pattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new AuraError("usage", `--grep: ${asAuraError(error).message}`, { fix: "escape special characters with a backslash" });
  }
}
