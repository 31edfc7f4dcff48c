import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { homeFolder } from "../../adapters/home/home-folder.js";
import { checkFiles, type CheckRow, type SpecFile } from "../../services/spec/check.js";
import type { SpecHost } from "../../services/spec/parse.js";
import { AuraError } from "../../shared/errors.js";
import type { Io, Run } from "../context.js";
import { localPlaces } from "../local.js";
import { plain } from "../render/text.js";

/** Exit 0 when every file is good, 1 when one is not; the same with --json. */
export const run: Run = async ({ args, globals, io }) => {
  const path = resolve(args[0] ?? localPlaces(io.env).servicesDir);
  const { asked, beside } = specFiles(path);
  const rows = checkFiles(asked, specHost(io), beside);
  const ok = rows.every((row) => row.ok);
  if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, ok, files: rows })}\n`);
  else io.out(rows.length === 0 ? `no spec files in ${shown(path)}\n` : rows.map((row) => rowText(row, io)).join(""));
  return ok ? 0 : 1;
};

/** A folder: all its specs. A file: that one, seen together with its neighbours. */
function specFiles(path: string): { readonly asked: SpecFile[]; readonly beside: SpecFile[] } {
  try {
    if (statSync(path).isDirectory()) return { asked: specsIn(path), beside: [] };
    return { asked: [readSpec(path)], beside: specsIn(dirname(path)).filter(({ file }) => file !== path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file or folder" : message;
    throw new AuraError("spec_invalid", `${shown(path)}: ${why}`, { fix: "name a spec file or a folder of specs", cause: error });
  }
}

function specsIn(folder: string): SpecFile[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^[^.].*\.ya?ml$/.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .sort()
    .map(readSpec);
}

function readSpec(file: string): SpecFile {
  return { file, text: readFileSync(file) };
}

function specHost({ env }: Io): SpecHost {
  return {
    home: homeFolder(env),
    env,
    isRoot: process.getuid?.() === 0,
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    show: shown,
  };
}

/** As the user would write it: short inside the current folder, whole elsewhere. */
function shown(file: string): string {
  const near = relative(process.cwd(), file);
  return near === "" ? "." : near.startsWith("..") ? file : near;
}

function rowText({ file, service, ok, errors }: CheckRow, { colors }: Io): string {
  const name = plain(shown(file));
  if (ok) return `${colors.green("OK")} ${name} (${service})\n`;
  return [`${colors.red("FAIL")} ${name}`, ...errors.map((line) => `  ${plain(line)}`), ""].join("\n");
}
