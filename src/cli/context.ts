import type { Colors } from "picocolors/types.js";

/** The options that every command takes. */
export interface Globals {
  readonly host?: string;
  readonly namespace?: string;
  readonly serverAddress?: string;
  readonly json: boolean;
}

/** The terminal, or whatever stands for it. */
export interface Io {
  /** Writes to stdout as it is; no line end is added. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** stdout is a terminal. */
  readonly tty: boolean;
  /** Width to draw for: the terminal's, else 80. */
  readonly columns: () => number;
  readonly rows: () => number;
  readonly colors: Colors;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Context {
  readonly args: readonly string[];
  /** The command's own options, parsed by the rules of the command table. */
  readonly options: <T extends object>() => T;
  readonly globals: Globals;
  readonly io: Io;
}

/** 0 done; 1 validation found something; 3 refused or failed. Everything else is thrown as an AuraError. */
export type ExitStatus = 0 | 1 | 2 | 3;

export type Run = (context: Context) => Promise<ExitStatus>;
