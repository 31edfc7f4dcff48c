import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { AuraError, asAuraError } from "../shared/errors.js";
import type { RootIdentity } from "../sync/root.js";
import { DEFAULT_IGNORE, rootFileText } from "../sync/root-file.js";

/** What makes a folder a root. */
export interface RootFiles {
  readonly rootToml: string;
  readonly ignore: string;
}

export function rootFiles(folder: string): RootFiles {
  return { rootToml: join(folder, ".aura/root.toml"), ignore: join(folder, ".aura/ignore") };
}

/** The content of `root.toml`, or null when there is none. Throws AuraError `refused` when it cannot be read. */
export function rootTomlIn(folder: string): string | null {
  const { rootToml } = rootFiles(folder);
  try {
    return readFileSync(rootToml, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    const why = code === "ENOTDIR" ? `${folder} is no folder` : `${rootToml} cannot be read: ${asAuraError(error).message}`;
    throw new AuraError("refused", why, { fix: "name a folder of your own", cause: error });
  }
}

/** The nearest folder above that is a root; undefined when none is. */
export function rootAbove(folder: string): string | undefined {
  for (let at = dirname(folder); ; at = dirname(at)) {
    if (existsSync(rootFiles(at).rootToml)) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Makes the folder where it is missing; `root.toml` last, for it is what makes the folder a root. Throws AuraError `file_write`. */
export function writeRootFiles(folder: string, identity: RootIdentity): void {
  const { rootToml, ignore } = rootFiles(folder);
  try {
    mkdirSync(dirname(rootToml), { recursive: true, mode: 0o755 });
    if (!existsSync(ignore)) writeWhole(ignore, DEFAULT_IGNORE);
    writeWhole(rootToml, rootFileText(identity));
  } catch (error) {
    throw new AuraError("file_write", `cannot write ${rootToml}: ${asAuraError(error).message}`, { cause: error });
  }
}

/** Readers, and a crash, see the old file or the new one. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    const fd = openSync(draft, "w", 0o644);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
