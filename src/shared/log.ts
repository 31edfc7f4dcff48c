/** The log interface that every part takes as a parameter; pino stands behind it in both programs. */
export interface Log {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Structured fields of one record. Never put an env value, a secret or a token here. */
export type LogFields = Readonly<Record<string, unknown>>;

export const silentLog: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
