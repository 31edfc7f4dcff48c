import { getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import { parseRoot } from "../sync/parse-root.js";
import type { RootIdentity } from "../sync/root.js";

/** What a `root.toml` says; null when it is not valid. */
export function readRootToml(text: string): RootIdentity | null {
  try {
    return parseRoot(getStaticTOMLValue(parseTOML(text, { tomlVersion: "1.0" }))).identity;
  } catch {
    return null;
  }
}
