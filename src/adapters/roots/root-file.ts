import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getStaticTOMLValue } from "toml-eslint-parser";
import { AuraError } from "../../shared/errors.js";
import { parseRoot } from "../../sync/parse-root.js";
import type { RootIdentity } from "../../sync/root.js";
import { DEFAULT_IGNORE, rootFileText } from "../../sync/root-file.js";
import { parseToml } from "../config/parse-toml.js";
import { locator } from "../config/toml-positions.js";
import { createFileAtomic, writeFileAtomic } from "../home/atomic-file.js";
import { IGNORE_FILE } from "./ignore-rules.js";
import { shown } from "./names.js";
import { codeOf, reason, writeFailure } from "./refusal.js";

/** Where a root's identity stands. */
export function rootFile(path: string): string {
  return join(path, ".aura", "root.toml");
}

/** Throws AuraError `root_missing` when the folder or the file is missing, or with every problem of it, a line each. */
export function readRoot(path: string): RootIdentity {
  const file = rootFile(path);
  const source = read(path, file);
  const program = parseToml(
    source,
    (line, problem) => new AuraError("root_missing", `${shown(file)}:${line}: ${problem}`, { fix: "correct the line" }),
  );
  const { identity, problems } = parseRoot(getStaticTOMLValue(program));
  if (identity !== null) return identity;
  const locate = locator(program, source);
  const lines = problems
    .map(({ path: at, what, fix }) => ({ line: locate(at).line, key: at.map(String).join("."), what, fix }))
    .toSorted((a, b) => a.line - b.line);
  const last = lines.at(-1)!;
  const said = lines.map(({ line, key, what, fix }) => `${shown(file)}:${line}: ${key}: ${what}${key === last.key ? "" : `; ${fix}`}`);
  throw new AuraError("root_missing", said.join("\n"), { fix: last.fix });
}

/**
 * Makes a folder a root: `.aura/root.toml` and a first `.aura/ignore`, and the folder itself where it is missing. With
 * `force` the identity is written over; rules to ignore that are there always stay. Throws AuraError `refused` when it is a
 * root already, `file_write` when something cannot be written.
 */
export function initRoot(path: string, identity: RootIdentity, options: { readonly force?: boolean } = {}): void {
  const file = rootFile(path);
  try {
    mkdirSync(join(path, ".aura"), { recursive: true, mode: 0o755 });
    createFileAtomic(join(path, IGNORE_FILE), DEFAULT_IGNORE, 0o644);
    if (options.force === true) writeFileAtomic(file, rootFileText(identity), 0o644);
    else if (!createFileAtomic(file, rootFileText(identity), 0o644)) throw alreadyThere(path, file);
  } catch (error) {
    throw writeFailure(error, file);
  }
}

function alreadyThere(path: string, file: string): AuraError {
  return new AuraError("refused", `${shown(path)} is a root already: ${shown(file)} is there`, {
    fix: "use it as it is, edit that file, or write it anew with --force",
  });
}

function read(path: string, file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const missing = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
    throw new AuraError("root_missing", missing ? `root ${shown(path)}: there is no ${shown(file)}` : `${shown(file)}: ${reason(error)}`, {
      fix: missing ? "mount or restore it; a new root is made with: aura-msg root init" : "make it readable",
      cause: error,
    });
  }
}
