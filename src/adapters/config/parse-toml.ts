import { ParseError, parseTOML } from "toml-eslint-parser";

export type TomlProgram = ReturnType<typeof parseTOML>;

/** Calls `refuse` with the line, counted from 1, and the reason of what is not TOML 1.0; throws what that gives. */
export function parseToml(source: string, refuse: (line: number, reason: string) => Error): TomlProgram {
  try {
    return parseTOML(source, { tomlVersion: "1.0" });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // Ends of lines are found at the start of the next one: point to the last line with text.
    throw refuse(Math.min(error.lineNumber, source.trimEnd().split("\n").length), `not valid TOML: ${error.message}`);
  }
}
