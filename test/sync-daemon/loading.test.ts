import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../../src");

/** Everything that a file loads at once, itself included, as paths below src; `import()` loads later, types never. */
function loadedBy(entry: string): Set<string> {
  const found = new Set<string>();
  const look = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    const source = readFileSync(file, "utf8");
    for (const [, words, from] of source.matchAll(/^(?:import|export) ([^;]*?from )?"(\.[^"]+)"/gms)) {
      if (words?.startsWith("type ") === true || isTypesOnly(words)) continue;
      look(resolve(dirname(file), from!.replace(/\.js$/, ".ts")));
    }
  };
  look(join(SRC, entry));
  return new Set([...found].map((file) => relative(SRC, file)));
}

/** `{ type A, type B } from` */
function isTypesOnly(words: string | undefined): boolean {
  const inner = /^\{([^}]*)\} from $/s.exec(words ?? "")?.[1];
  return inner !== undefined && inner.split(",").every((word) => word.trim() === "" || word.trim().startsWith("type "));
}

describe("an aurad without sync roots", () => {
  const loaded = new Set([...loadedBy("worker/main.ts"), ...loadedBy("worker/commands/run.ts"), ...loadedBy("worker/assemble.ts")]);

  it("loads what it is made of", () => {
    expect([...loaded]).toEqual(
      expect.arrayContaining(["worker/run.ts", "worker/temporal-link.ts", "worker/roots-slot.ts", "api/page.ts"]),
    );
  });

  it("loads nothing of their engine, folders, watchers and buckets", () => {
    const ofRoots = [...loaded].filter((file) =>
      /^adapters\/(?:s3|sync|roots)\/|^worker\/(?:host-roots|open-root|root-adapters)/.test(file),
    );
    expect(ofRoots).toEqual([]);
  });
});

describe("an aurad with sync roots", () => {
  it("loads them then", () => {
    expect([...loadedBy("worker/host-roots.ts")]).toContain("worker/open-root.ts");
  });
});
