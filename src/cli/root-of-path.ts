import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

export interface Within<T> {
  readonly root: T;
  /** Relative to the root's folder; empty for the folder itself. */
  readonly inside: string;
}

/**
 * The root that a path lies in, the innermost where one lies in another; the path itself need not be there. `here`: the paths
 * are those of this machine, so links that lead to the path's folder are followed; the path's own only when it lies in no root.
 */
export function rootOfPath<T extends { readonly path: string }>(roots: readonly T[], path: string, here: boolean): Within<T> | undefined {
  const whole = resolve(path);
  const real = here ? realOf : (same: string): string => same;
  for (const spelling of [join(real(dirname(whole)), basename(whole)), real(whole)]) {
    const found = roots
      .map((root) => ({ root, folder: real(root.path), inside: relative(real(root.path), spelling) }))
      .filter(({ inside }) => inside !== ".." && !inside.startsWith("../"))
      .toSorted((a, b) => b.folder.length - a.folder.length)[0];
    if (found !== undefined) return { root: found.root, inside: found.inside };
  }
  return undefined;
}

/** Links followed as far as there is something; what follows stays as written. */
function realOf(path: string): string {
  let [at, rest] = [path, ""];
  for (;;) {
    try {
      return join(realpathSync(at), rest);
    } catch {
      const up = dirname(at);
      if (up === at) return path;
      [at, rest] = [up, join(basename(at), rest)];
    }
  }
}
