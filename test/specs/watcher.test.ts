import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSpecs } from "../../src/adapters/specs/specs.js";

let root: string;
let dir: string;
let close: (() => Promise<void>) | undefined;
let calls: number;
let waiting: (() => void) | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aura-watch-"));
  dir = join(root, "config", "services");
  calls = 0;
});
afterEach(async () => {
  await close?.();
  close = undefined;
  rmSync(root, { recursive: true, force: true });
});

async function watch(debounceMs = 150): Promise<void> {
  const specs = createSpecs({ dir, lastGoodDir: join(root, "lg"), home: root, env: {}, isRoot: false, debounceMs });
  close = await specs.watch(() => {
    calls++;
    waiting?.();
  });
}

/** Does something and waits until it was told. */
async function told(change: () => void): Promise<void> {
  const before = calls;
  const next = new Promise<void>((resolve) => {
    waiting = () => calls > before && resolve();
  });
  change();
  await next;
}

const file = (name: string): string => join(dir, name);

describe("changes of the spec directory are told", () => {
  it("a new, a changed and a deleted file", async () => {
    mkdirSync(dir, { recursive: true });
    await watch();
    await told(() => writeFileSync(file("a.yaml"), "1"));
    await told(() => writeFileSync(file("a.yaml"), "2"));
    await told(() => rmSync(file("a.yaml")));
  });

  it("a file that an editor saves by renaming, again and again", async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file("a.yaml"), "0");
    await watch();
    for (const text of ["1", "2", "3"]) {
      await told(() => {
        writeFileSync(file(".a.yaml.tmp"), text);
        renameSync(file(".a.yaml.tmp"), file("a.yaml"));
      });
    }
  });

  it("a directory that does not exist yet, nor the one above it, and is made later", async () => {
    await watch();
    await told(() => mkdirSync(dir, { recursive: true }));
    await told(() => writeFileSync(file("a.yaml"), "1"));
  });

  it("a directory that is removed and made again", async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file("a.yaml"), "1");
    await watch();
    await told(() => rmSync(dir, { recursive: true }));
    await told(() => {
      mkdirSync(dir);
      writeFileSync(file("a.yaml"), "2");
    });
    await told(() => writeFileSync(file("b.yaml"), "3"));
  });

  it("a link to a directory that is swapped for another", async () => {
    for (const version of ["v1", "v2"]) {
      mkdirSync(join(root, version));
      writeFileSync(join(root, version, "a.yaml"), version);
    }
    mkdirSync(join(root, "config"));
    symlinkSync(join(root, "v1"), dir);
    await watch();
    await told(() => {
      symlinkSync(join(root, "v2"), `${dir}.new`);
      renameSync(`${dir}.new`, dir);
    });
    await told(() => writeFileSync(join(root, "v2", "a.yaml"), "v3"));
  });

  it("a link to a file whose target changes", async () => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(root, "real.yaml"), "1");
    symlinkSync(join(root, "real.yaml"), file("a.yaml"));
    await watch();
    await told(() => writeFileSync(join(root, "real.yaml"), "2"));
  });
});

describe("what is not told", () => {
  it("many changes in a row are told once, after the quiet time", async () => {
    mkdirSync(dir, { recursive: true });
    await watch(500);
    const start = performance.now();
    await told(() => {
      for (let i = 0; i < 20; i++) writeFileSync(file(`s${i}.yaml`), "x");
    });
    expect(performance.now() - start).toBeGreaterThan(490);
    expect(calls).toBe(1);
  });

  it("files that are no specs", async () => {
    mkdirSync(dir, { recursive: true });
    await watch(300);
    const start = performance.now();
    writeFileSync(file(".a.yaml.swp"), "x");
    writeFileSync(file("notes.txt"), "x");
    await told(() => writeFileSync(file("a.yaml"), "x"));
    expect(calls).toBe(1);
    expect(performance.now() - start).toBeGreaterThan(290);
  });

  it("anything after the watcher was closed", async () => {
    mkdirSync(dir, { recursive: true });
    await watch();
    writeFileSync(file("a.yaml"), "x");
    await close?.();
    const after = calls;
    await watch();
    await told(() => writeFileSync(file("b.yaml"), "x"));
    expect(calls).toBe(after + 1);
  });
});
