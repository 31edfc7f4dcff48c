import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import { compileSources } from "../host/compiled.js";
import { leftovers, newRoot, tempFolders, trash, tree, write } from "./folders.js";

const temp = tempFolders();
const FILES = 40;
const KILLS = 30;

/** Replaces, removes, renames and turns into links all that is in a root, over and over, until it is killed. */
const PROGRAM = `
import { openRootFolder } from "./adapters/roots/root-folder.js";
import { noCalls, renameCalls } from "./adapters/roots/rename-calls.js";
const [path, way] = process.argv.slice(2);
const folder = openRootFolder(path, { calls: way === "plain" ? noCalls : renameCalls() });
console.log("ready");
for (let n = 0; ; n++) {
  const found = [];
  folder.scan((path, stat) => found.push([path, stat]));
  for (const [path, stat] of found) {
    const kind = (n + found.length + path.length + stat.ino) % 4;
    if (kind === 0) folder.remove(path, stat);
    if (kind === 1) folder.rename(path, path.endsWith("'") ? path.slice(0, -1) : path + "'", stat);
    if (kind === 2) folder.place(path, { type: "link", target: "new " + n }, null, stat, n);
    if (kind === 3) {
      const temp = folder.createTemp();
      temp.write(Buffer.from("new " + n));
      temp.finish();
      folder.place(path, { type: "file", hash: "", size: 5, exec: false }, temp, stat, n);
      temp.discard();
    }
  }
  folder.flush();
}
`;

let compiled: ReturnType<typeof compileSources>;
beforeAll(() => {
  compiled = compileSources();
  writeFileSync(join(compiled.dir, "changing.mjs"), PROGRAM);
});
afterAll(() => compiled.remove());

/** What a person had in the root, in the tree and in the trash; sorted. */
function persons(dir: string): string[] {
  const all = [...Object.values(tree(dir)), ...Object.values(trash(dir)).flat()];
  return [...new Set(all.filter((text) => text.includes("person")))].toSorted();
}

describe.each(["kernel", "plain"])("kill -9 while a root is changed, with %s renames", { timeout: 120_000 }, (way) => {
  it(`loses nothing that a person had, at ${KILLS} moments`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const dir = newRoot(temp());
      for (let n = 0; n < FILES; n++) {
        if (n % 5 === 0) symlinkSync(`person ${n}`, join(dir, `file ${n}`));
        else write(dir, `file ${n}`, `person ${n}`);
      }
      const before = persons(dir);
      expect(before).toHaveLength(FILES);
      const child = spawn(process.execPath, [join(compiled.dir, "changing.mjs"), dir, way], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      const after = (kill * 37) % 29;
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill("SIGKILL");
      await once(child, "exit");
      openRootFolder(dir).cleanTemp();
      expect(leftovers(dir)).toEqual([]);
      expect(persons(dir), `killed after ${after} ms`).toEqual(before);
      for (const [path, text] of Object.entries(tree(dir))) expect(text, path).toMatch(/^(-> )?(new|person) \d+$/);
      expect(readFileSync(join(dir, ".aura/root.toml"), "utf8")).toContain("photos");
    }
  });
});
