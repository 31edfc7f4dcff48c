import { contentKind, parseManifestKey } from "./keys.js";
import type { ObjectInfo } from "./ports.js";

export interface Windows {
  /** Now, by the server's clock. */
  readonly nowMs: number;
  /** What is younger than this stays, whoever names it: a device may be about to. */
  readonly safetyMs: number;
  /** Manifests younger than this stay restorable. */
  readonly historyMs: number;
}

export interface CollectInput extends Windows {
  /** Keys of the manifests that heads name, of every device. */
  readonly heads: readonly string[];
  /** What was read of `manifestsToRead`, and of the bases that these name. */
  readonly manifests: Iterable<{ readonly key: string; readonly bases: readonly string[]; readonly objects: Iterable<string> }>;
  /** Everything below `manifests/`, `packs/` and `blobs/`, listed before the heads were read again. */
  readonly listed: readonly ObjectInfo[];
}

export interface Collected {
  readonly delete: readonly ObjectInfo[];
  readonly kept: number;
  /** One line: why nothing may be deleted. */
  readonly refused: string | null;
}

/** The manifests that decide what stays: those of the heads, and those of the history window. */
export function manifestsToRead({ heads, listed, ...windows }: Pick<CollectInput, "heads" | "listed" | keyof Windows>): string[] {
  const young = listed.filter(({ key, modifiedMs }) => parseManifestKey(key) !== null && modifiedMs > historyFrom(windows));
  return [...new Set([...heads, ...young.map(({ key }) => key)])];
}

/**
 * What nothing needs: neither a head's manifest (with its bases) nor one of the history window names it, and it is older than
 * the safety window. Only manifests, packs and blobs are ever deleted. When a manifest that decides could not be read,
 * nothing is.
 */
export function collect(input: CollectInput): Collected {
  const { listed, nowMs, safetyMs } = input;
  const read = new Map([...input.manifests].map((manifest) => [manifest.key, manifest]));
  const needed = new Set<string>();
  const refuse = (key: string): Collected => {
    return { delete: [], kept: listed.length, refused: `${key} could not be read, so what it needs is not known; nothing was deleted` };
  };
  for (const key of manifestsToRead(input)) {
    const manifest = read.get(key);
    if (manifest === undefined) return refuse(key);
    for (const one of [key, ...manifest.bases]) {
      const part = read.get(one);
      if (part === undefined) return refuse(one);
      if (needed.has(one)) continue;
      needed.add(one);
      for (const object of part.objects) needed.add(object);
    }
  }
  const unneeded = listed.filter(({ key, modifiedMs }) => {
    const known = parseManifestKey(key) !== null || contentKind(key) !== null;
    return known && !needed.has(key) && modifiedMs <= nowMs - safetyMs;
  });
  return { delete: unneeded, kept: listed.length - unneeded.length, refused: null };
}

/** Never less than the safety window: what a tick that runs now builds upon was told within it. */
function historyFrom({ nowMs, safetyMs, historyMs }: Windows): number {
  return nowMs - Math.max(historyMs, safetyMs);
}
