import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_IGNORE } from "../../src/sync/root-file.js";
import { IgnoreRules } from "../../src/adapters/roots/ignore-rules.js";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import { missing } from "../support/components.js";
import { asNobody, names, newRoot, opened, scan, tempFolders, write } from "./folders.js";

const temp = tempFolders();

/** Paths end with a slash for folders. */
function ignored(text: string, paths: readonly string[], caseSensitive = true): string[] {
  const rules = new IgnoreRules(text, caseSensitive);
  return paths.filter((path) => rules.ignores(path.replace(/\/$/, ""), path.endsWith("/")));
}

describe("what is ignored", () => {
  it("is nothing but Aura's own folder without rules", () => {
    expect(ignored("", ["a", "b/", ".aura/", ".aura/ignore", "sub/.aura/", "sub/.aura/trash/x", ".auras", "x.aura"])).toEqual([
      ".aura/",
      ".aura/ignore",
      "sub/.aura/",
      "sub/.aura/trash/x",
    ]);
  });

  it.each([
    ["a name, at any depth", "todo", ["todo", "a/todo", "todo/", "todo/in", "a/todo/in/deep"], ["todos", "a/btodo"]],
    ["an ending", "*.log", ["a.log", "x/y.log", ".log"], ["a.logs", "log"]],
    ["folders only", "build/", ["build/", "a/build/", "build/x"], ["build", "a/build"]],
    ["from the top only", "/out", ["out", "out/", "out/x"], ["a/out"]],
    ["a path", "docs/*.txt", ["docs/a.txt"], ["docs/a/b.txt", "x/docs/a.txt", "a.txt"]],
    ["a path at any depth", "**/docs/draft", ["docs/draft", "a/docs/draft", "a/b/docs/draft/x"], ["docs/x/draft"]],
    ["all below", "cache/**", ["cache/a", "cache/a/b/"], ["cache/", "x/cache/a"]],
    ["folders between", "a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["z", "b/z"]],
    ["one character", "v?", ["v1", "a/vx"], ["v", "v12"]],
    ["a class of characters", "[a-c]?.[!x]", ["b1.y", "q/c2.z"], ["d1.y", "b1.x"]],
    ["what begins with a hash or a mark", "\\#a\n\\!b", ["#a", "!b"], ["a", "b"]],
    ["a trailing space that is escaped", "a\\ \nb ", ["a ", "b"], ["a", "b "]],
    ["dots and pluses as they are", "a.b+c", ["a.b+c"], ["axb+c", "a.bbc"]],
    ["nothing, in comments and empty lines", "# a\n\n   \n#b", [], ["a", "b", "# a", " "]],
    ["lines that end as on Windows, after a mark of byte order", "\uFEFFa\r\nb\r\n", ["a", "b"], ["a\r"]],
  ])("is %s", (_title, text, yes, no) => {
    expect(ignored(text, [...yes, ...no])).toEqual(yes);
  });

  it("is taken back by a later line, but not below a folder that is ignored", () => {
    expect(ignored("*.log\n!keep.log", ["a.log", "keep.log", "x/keep.log"])).toEqual(["a.log"]);
    expect(ignored("!keep.log\n*.log", ["a.log", "keep.log"])).toEqual(["a.log", "keep.log"]);
    expect(ignored("logs/\n!logs/keep", ["logs/", "logs/keep"])).toEqual(["logs/", "logs/keep"]);
    expect(ignored("logs/*\n!logs/keep", ["logs/", "logs/keep", "logs/x"])).toEqual(["logs/x"]);
    expect(ignored("/*\n!/docs/", ["a", "docs/", "docs/a", "x/"])).toEqual(["a", "x/"]);
    expect(ignored("!.aura", [".aura/"])).toEqual([".aura/"]);
  });

  it("goes by letters as the folder does", () => {
    expect(ignored("Build", ["build", "BUILD", "Build"])).toEqual(["Build"]);
    expect(ignored("Build", ["build", "BUILD", "Build"], false)).toEqual(["build", "BUILD", "Build"]);
  });

  it("is what desktops and programs leave behind, to begin with", () => {
    const left = [".DS_Store", "a/Thumbs.db", "desktop.ini", "a/.b.swp", "notes.txt~", ".~lock.plan.odt#", ".Trash-1000/"];
    const wanted = ["node_modules/", "a.txt", ".gitignore", ".git/", "target/", "Makefile", ".env", ".config/"];
    expect(ignored(DEFAULT_IGNORE, [...left, ...wanted])).toEqual(left);
  });

  it("leaves out a line that is no pattern, and tells which", () => {
    const rules = new IgnoreRules("*.log\n[z-a]\n\\\nok", true);
    for (const { path, message } of rules.problems) {
      expect(path).toBe(".aura/ignore");
      expect(message).toMatch(/^\.aura\/ignore:\d: is not a pattern and was left out; correct or remove the line$/);
    }
    expect(rules.ignores("a.log", false)).toBe(true);
    expect(rules.ignores("ok", false)).toBe(true);
  });
});

describe.skipIf(missing("git"))("beside git", () => {
  // Its question mark stands for a byte, ours for a character: so ASCII only.
  const name = fc.constantFrom("a", "b", "ab", "a.log", "b.log", "build", ".x", "a b", "x]");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const part = fc.constantFrom(
    "a",
    "b",
    "ab",
    "*",
    "*.log",
    "a*",
    "?",
    "??",
    "[ab]",
    "[!a]",
    "build",
    ".*",
    "**",
    "a b",
    "*b*",
    "\\a",
    "\u00e9",
  );
  const pattern = fc
    .tuple(
      fc.constantFrom("", "", "", "!"),
      fc.constantFrom("", "/"),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", "/"),
    )
    .map(([not, top, parts, end]) => `${not}${top}${parts.join("/")}${end}`);

  it("the same files are ignored, whatever the patterns", () => {
    const dir = temp();
    const git = (args: readonly string[], input = "") =>
      spawnSync("git", ["-c", "core.excludesFile=/dev/null", ...args], { cwd: dir, input, encoding: "utf8" });
    expect(git(["init", "-q"]).status).toBe(0);
    const property = fc.property(
      fc.array(pattern, { maxLength: 4 }),
      fc.uniqueArray(path, { minLength: 5, maxLength: 15 }),
      (patterns, paths) => {
        for (const entry of ["a", "b", "ab", "a.log", "b.log", "build", ".x", "a b", "x]"])
          rmSync(join(dir, entry), { recursive: true, force: true });
        const made = paths.filter((each) => {
          try {
            write(dir, each);
            return true;
          } catch {
            // A file where a folder is needed, or the other way round.
            return false;
          }
        });
        writeFileSync(join(dir, ".git/info/exclude"), patterns.join("\n"));
        const { stdout } = git(["ls-files", "-z", "--others", "--exclude-standard"]);
        const rules = new IgnoreRules(patterns.join("\n"), true);
        expect(made.filter((each) => !rules.ignores(each, false)).toSorted()).toEqual(stdout.split("\0").filter(Boolean).toSorted());
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});

describe("the rules of a root", () => {
  it("are what is left out of its scans, and folders with it", () => {
    const dir = temp();
    const folder = opened(dir);
    write(dir, ".aura/ignore", "build/\n*.log\n!keep.log\n");
    for (const path of ["a.log", "keep.log", "build/x", "src/build/y", "src/a", "sub/.aura/root.toml", "sub/a"]) write(dir, path);
    expect(names(scan(folder))).toEqual(["keep.log", "src", "src/a", "sub", "sub/a"]);
    expect(folder.isIgnored("src/build/y", false)).toBe(true);
    expect(folder.isIgnored("src/a", false)).toBe(false);
  });

  it("count from the next scan on when the file has changed, without being told", () => {
    const dir = temp();
    const folder = opened(dir);
    write(dir, "a.log");
    expect(names(scan(folder))).toEqual(["a.log"]);
    write(dir, ".aura/ignore", "*.log");
    expect(names(scan(folder))).toEqual([]);
    rmSync(join(dir, ".aura/ignore"));
    expect(names(scan(folder))).toEqual(["a.log"]);
    write(dir, ".aura/ignore", "*.log");
    expect(folder.isIgnored("a.log", false)).toBe(false);
    folder.reloadIgnore();
    expect(folder.isIgnored("a.log", false)).toBe(true);
  });

  it("stay as they are, with a problem, while the file cannot be read", () => {
    const dir = temp();
    newRoot(dir);
    write(dir, ".aura/ignore", "*.log");
    write(dir, "a.log");
    const folder = openRootFolder(dir);
    rmSync(join(dir, ".aura/ignore"));
    mkdirSync(join(dir, ".aura/ignore"));
    const scanned = scan(folder);
    expect(names(scanned)).toEqual([]);
    expect(scanned.result.problems).toEqual([{ path: ".aura/ignore", message: expect.stringMatching(/the rules from before stay/) }]);
    rmSync(join(dir, ".aura/ignore"), { recursive: true });
    expect(names(scan(folder))).toEqual(["a.log"]);
  });

  it("have to be readable when a root is opened", () => {
    const dir = temp();
    newRoot(dir);
    asNobody(dir, () => {
      chmodSync(join(dir, ".aura/ignore"), 0o000);
      expect(() => openRootFolder(dir)).toThrow(/\.aura\/ignore cannot be read \(EACCES/);
    });
  });

  it("may be given instead of the file", () => {
    const dir = temp();
    newRoot(dir);
    write(dir, "a.log");
    write(dir, "b");
    expect(names(scan(openRootFolder(dir, { ignoreText: "*.log" })))).toEqual(["b"]);
  });

  it("do not make a long memory: a hundred thousand names are asked for in a few megabytes", () => {
    const rules = new IgnoreRules("*.log", true);
    const used = () => process.memoryUsage().heapUsed;
    const before = used();
    for (let n = 0; n < 200_000; n++) rules.ignores(`folder/file number ${n}.log`, false);
    expect(used() - before).toBeLessThan(60_000_000);
  });
});
