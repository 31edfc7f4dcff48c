import { pino } from "pino";
import { PinoPretty } from "pino-pretty";
import type { LogFormat, LogLevel } from "../../host/config-defaults.js";
import { AuraError } from "../../shared/errors.js";
import type { Log, LogFields } from "../../shared/log.js";
import { textLine } from "./text-line.js";

/** Where records go: one whole line a call. */
export interface LogSink {
  write(line: string): void;
}

export interface LogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly stdout: LogSink;
  /** Colours for `pretty`; see `wantsColour`. */
  readonly colour?: boolean;
  /** `INFO` instead of `info`: the envelope of tick records. */
  readonly upperLevels?: boolean;
  /** For tests; ISO 8601 UTC. */
  readonly now?: () => string;
}

/**
 * Every record has one shape: `{"level":"info","time":ISO 8601 UTC,...fields,"msg":"..."}`; `text` and `pretty` render the same.
 * An Error among the fields becomes its line of text, so that no record ever spreads over a stack.
 */
export function createLog(options: LogOptions): Log {
  const { format, level, stdout, colour = false, upperLevels = false, now = () => new Date().toISOString() } = options;
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${now()}"`,
      formatters: { level: (label) => ({ level: upperLevels ? label.toUpperCase() : label }), log: plain },
    },
    renderer(format, stdout, colour),
  );
}

/**
 * Standard output, written in the background: a reader that stalls never stalls the daemon.
 * What is buffered is written when the process exits; a closed pipe is ignored.
 */
export function stdoutSink(): LogSink {
  return pino.destination({ dest: 1, sync: false });
}

/** The NO_COLOR convention: any value but the empty one switches colours off. */
export function wantsColour(isTTY: boolean | undefined, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** For failures of the process itself: the only text that goes to stderr. */
export function printProcessError(program: string, error: AuraError, stderr: { write(text: string): unknown } = process.stderr): void {
  stderr.write(`${program}: ${error.line}\n`);
}

function renderer(format: LogFormat, stdout: LogSink, colour: boolean): LogSink {
  switch (format) {
    case "json":
      return stdout;
    case "text":
      return { write: (line) => stdout.write(`${textLine(JSON.parse(line) as LogFields)}\n`) };
    case "pretty": {
      const render = PinoPretty.prettyFactory({
        colorize: colour,
        colorizeObjects: colour,
        translateTime: "SYS:HH:MM:ss",
        messageKey: "msg",
      });
      return { write: (line) => stdout.write(render(line) ?? line) };
    }
  }
}

function plain(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? errorText(value) : value]));
}

function errorText(error: Error): string {
  return error instanceof AuraError ? error.line : error.message;
}
