import { pino } from "pino";
import { createLog, type LogSink } from "../../adapters/logging/create-log.js";
import { textLine } from "../../adapters/logging/text-line.js";
import type { LogLevel } from "../../host/config-defaults.js";
import type { Log, LogFields } from "../../shared/log.js";

/** Everything goes to the file, as text; what a person has to know is passed to `tell` as well. */
export function logToFile(file: string, level: LogLevel, tell: (line: string) => void): Log {
  const sink = pino.destination({ dest: file, mkdir: true, mode: 0o600, sync: false });
  const stdout: LogSink = {
    write(line) {
      const record = JSON.parse(line) as LogFields;
      sink.write(`${textLine(record)}\n`);
      if (record["level"] === "warn" || record["level"] === "error") tell(`${record["level"]}: ${String(record["msg"])}`);
    },
  };
  return createLog({ format: "json", level, stdout });
}
