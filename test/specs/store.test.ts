import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSpecs } from "../../src/adapters/specs/specs.js";
import type { SpecSet, SpecsPort } from "../../src/services/ports.js";

let root: string;
let dir: string;
let lastGoodDir: string;
let specs: SpecsPort;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aura-specs-"));
  dir = join(root, "services");
  lastGoodDir = join(root, "last-good");
  mkdirSync(dir);
  specs = restarted();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What the next aurad sees. */
function restarted(): SpecsPort {
  return createSpecs({ dir, lastGoodDir, home: root, env: {}, isRoot: false });
}

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function spec(name: string, more = ""): string {
  return `service: {name: ${name}, type: native, command: "true"}\n${more}`;
}

function after(...names: string[]): string {
  return `dependencies: {after: [${names.join(", ")}]}\n`;
}

function names(set: SpecSet): string[] {
  return [...set.specs.keys()].toSorted();
}

function messages(set: SpecSet): string[] {
  return set.errors.map(({ message }) => message);
}

describe("loading a directory", () => {
  it("reads .yaml and .yml and leaves alone what editors put beside them", async () => {
    write("a.yaml", spec("a"));
    write("b.yml", spec("b"));
    for (const other of [".hidden.yaml", ".#a.yaml", "#a.yaml#", "a.yaml~", ".a.yaml.swp", "a.yaml.bak", "4913", "notes.txt"])
      write(other, spec("x"));
    mkdirSync(join(dir, "sub"));
    expect(names(await specs.load())).toEqual(["a", "b"]);
    expect((await specs.load()).specs.get("a")).toMatchObject({ file: join(dir, "a.yaml"), workingDir: dir });
  });

  it("takes a missing directory as an empty set", async () => {
    rmSync(dir, { recursive: true });
    expect(await specs.load()).toEqual({ specs: new Map(), errors: [] });
  });

  it("one bad file does not stop the others", async () => {
    write("a.yaml", spec("a"));
    write("bad.yaml", "service: [");
    const set = await specs.load();
    expect(names(set)).toEqual(["a"]);
    expect(messages(set)).toEqual([
      "bad.yaml:1: the indentation does not fit, or a bracket is not closed; align it with the keys beside it",
    ]);
    expect(set.errors[0]).toMatchObject({ file: join(dir, "bad.yaml"), line: 1, key: "" });
  });

  it("names a directory, a pipe and a dangling link, and waits for none of them", async () => {
    mkdirSync(join(dir, "dir.yaml"));
    execFileSync("mkfifo", [join(dir, "pipe.yaml")]);
    symlinkSync(join(root, "nowhere"), join(dir, "link.yaml"));
    expect(messages(await specs.load())).toEqual([
      "dir.yaml: is not a regular file; make it a readable file",
      "link.yaml: is a link to a missing file; make it a readable file",
      "pipe.yaml: is not a regular file; make it a readable file",
    ]);
  });

  it("follows a link to a file, whose relative paths are seen from the link", async () => {
    writeFileSync(join(root, "real.yaml"), spec("a"));
    symlinkSync(join(root, "real.yaml"), join(dir, "a.yaml"));
    expect((await specs.load()).specs.get("a")?.workingDir).toBe(dir);
  });
});

describe("the last good version", () => {
  it("stays in use while a file is bad, also after a restart, until the file is good again", async () => {
    write("a.yaml", spec("a", "env: {V: 1}\n"));
    const first = (await specs.load()).specs.get("a");
    write("a.yaml", spec("a", "env: {V: 2}\nextra: 1\n"));
    for (const port of [specs, restarted()]) {
      const set = await port.load();
      expect(set.specs.get("a")).toEqual(first);
      expect(messages(set)).toEqual([expect.stringContaining("a.yaml:3: extra: unknown key")]);
    }
    write("a.yaml", spec("a", "env: {V: 2}\n"));
    const set = await specs.load();
    expect(set.errors).toEqual([]);
    expect(set.specs.get("a")?.env).toEqual({ V: "2" });
  });

  it("is a private copy of the file", async () => {
    write("a.yaml", spec("a", "env: {TOKEN: x}\n"));
    await specs.load();
    expect(readdirSync(lastGoodDir)).toEqual(["a.yaml"]);
    expect(readFileSync(join(lastGoodDir, "a.yaml"), "utf8")).toBe(spec("a", "env: {TOKEN: x}\n"));
    expect(statSync(join(lastGoodDir, "a.yaml")).mode & 0o777).toBe(0o600);
    expect(statSync(lastGoodDir).mode & 0o777).toBe(0o700);
  });

  it("stays when the file cannot be read", async () => {
    write("a.yaml", spec("a"));
    await specs.load();
    rmSync(join(dir, "a.yaml"));
    mkdirSync(join(dir, "a.yaml"));
    const set = await restarted().load();
    expect(names(set)).toEqual(["a"]);
    expect(messages(set)).toEqual(["a.yaml: is not a regular file; make it a readable file"]);
  });

  it("stays for every file when the directory cannot be read", async () => {
    write("a.yaml", spec("a"));
    write("b.yaml", spec("b"));
    await specs.load();
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "");
    const set = await restarted().load();
    expect(names(set)).toEqual(["a", "b"]);
    expect(messages(set)).toEqual(["services: is not a directory; correct its permissions; the last good specs stay in use"]);
  });

  it("goes with its file: a deleted service is gone, and does not come back with a bad file of its name", async () => {
    write("a.yaml", spec("a"));
    await specs.load();
    rmSync(join(dir, "a.yaml"));
    expect(names(await specs.load())).toEqual([]);
    expect(existsSync(join(lastGoodDir, "a.yaml"))).toBe(false);
    write("a.yaml", "[");
    expect(names(await restarted().load())).toEqual([]);
  });

  it("that does not load either leaves the service out", async () => {
    write("a.yaml", spec("a"));
    await specs.load();
    writeFileSync(join(lastGoodDir, "a.yaml"), "garbage: [");
    write("a.yaml", spec("a", "extra: 1\n"));
    expect(names(await restarted().load())).toEqual([]);
  });

  it("that cannot be written is told, and the spec is used all the same", async () => {
    writeFileSync(lastGoodDir, "in the way");
    write("a.yaml", spec("a"));
    const set = await specs.load();
    expect(names(set)).toEqual(["a"]);
    expect(messages(set)).toEqual([
      "a.yaml: no copy could be kept (EEXIST); check free space and permissions; the spec is in use all the same",
    ]);
  });
});

describe("files that do not fit together", () => {
  it("a newcomer with a name in use is refused, and the one in use stays", async () => {
    write("z.yaml", spec("a", "env: {V: old}\n"));
    await specs.load();
    write("a.yaml", spec("a", "env: {V: new}\n"));
    const set = await specs.load();
    expect(set.specs.get("a")?.env).toEqual({ V: "old" });
    expect(messages(set)).toEqual(["a.yaml:1: service.name: a: is also the name of the service in z.yaml; rename or remove one"]);
  });

  it("two new files with one name are both left out, whatever depends on them too", async () => {
    write("a1.yaml", spec("a"));
    write("a2.yaml", spec("a"));
    write("b.yaml", spec("b", after("a")));
    write("c.yaml", spec("c"));
    const set = await specs.load();
    expect(names(set)).toEqual(["c"]);
    expect(messages(set)).toEqual([
      "a1.yaml:1: service.name: a: is also the name of the service in a2.yaml; rename or remove one",
      "a2.yaml:1: service.name: a: is also the name of the service in a1.yaml; rename or remove one",
      "b.yaml:2: dependencies.after: a: is left out because of an error in a2.yaml; correct that file",
    ]);
  });

  it("an edit that makes a cycle is refused with the cycle; both services stay as they were", async () => {
    write("a.yaml", spec("a", after("b")));
    write("b.yaml", spec("b"));
    await specs.load();
    write("b.yaml", spec("b", after("a")));
    for (const port of [specs, restarted()]) {
      const set = await port.load();
      expect(set.specs.get("b")?.after).toEqual([]);
      expect(set.specs.get("a")?.after).toEqual(["b"]);
      expect(messages(set)).toEqual(["b.yaml:2: dependencies.after: a: the dependencies form a cycle: b -> a -> b; remove one of them"]);
    }
  });

  it("an edit that takes another's port is refused", async () => {
    write("a.yaml", spec("a", "network: {port: 7000}\n"));
    write("b.yaml", spec("b", "network: {port: 7001}\n"));
    await specs.load();
    write("b.yaml", spec("b", "network: {port: 7000}\n"));
    const set = await specs.load();
    expect([set.specs.get("a")?.port, set.specs.get("b")?.port]).toEqual([7000, 7001]);
    expect(messages(set)).toEqual([
      "b.yaml:2: network.port: 7000: is also the port of a (a.yaml); choose another port, or 0 for a free one",
    ]);
  });

  it("a dependency that is deleted is told, and the dependent stays without it, unchanged otherwise", async () => {
    write("a.yaml", spec("a", "dependencies: {after: [b, c], requires: [b]}\n"));
    write("b.yaml", spec("b"));
    write("c.yaml", spec("c"));
    const before = (await specs.load()).specs.get("a");
    rmSync(join(dir, "b.yaml"));
    for (const port of [specs, restarted()]) {
      const set = await port.load();
      expect(set.specs.get("a")).toEqual({ ...before, after: ["c"], requires: [] });
      expect(messages(set)).toEqual(["a.yaml:2: dependencies.after: b: no such service; add its spec, or remove it here"]);
    }
  });

  it("a service that waits for one whose new file is bad is left out until that one is good", async () => {
    write("a.yaml", spec("a", after("b")));
    write("b.yaml", spec("b", "extra: 1\n"));
    const set = await specs.load();
    expect(names(set)).toEqual([]);
    expect(messages(set)).toContain("a.yaml:2: dependencies.after: b: is left out because of an error in b.yaml; correct that file");
    write("b.yaml", spec("b"));
    expect(names(await specs.load())).toEqual(["a", "b"]);
  });
});

it("loading again parses only the files that changed", async () => {
  for (let i = 0; i < 500; i++) write(`s${i}.yaml`, spec(`s${i}`, i === 0 ? "" : after(`s${i - 1}`)));
  const first = await specs.load();
  expect([first.specs.size, first.errors]).toEqual([500, []]);
  write("s7.yaml", spec("s7"));
  const second = await specs.load();
  const parsedAnew = [...second.specs.values()].filter((each) => each !== first.specs.get(each.name));
  expect(parsedAnew.map(({ name }) => name)).toEqual(["s7"]);
});
