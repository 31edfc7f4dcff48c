import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { SpecError, SpecSet, SpecsPort } from "../../services/ports.js";
import { parseSpec, shownName } from "../../services/spec/parse.js";
import type { ParsedSpec, SpecHost } from "../../services/spec/parse.js";
import { specError } from "../../services/spec/problems.js";
import { settle } from "../../services/spec/settle.js";
import type { Candidate } from "../../services/spec/settle.js";
import { silentLog } from "../../shared/log.js";
import type { Log } from "../../shared/log.js";
import { LastGood } from "./last-good.js";
import { codeOf, listSpecs, readSpec } from "./spec-files.js";
import { watchSpecs } from "./watcher.js";

export interface SpecsOptions extends Omit<SpecHost, "hash"> {
  /** The directory of spec files, absolute; it need not exist. */
  readonly dir: string;
  /** Where copies of the versions in use are kept; created when needed. */
  readonly lastGoodDir: string;
  /** Quiet time after a change before it is told, ms, at least 100. Default 500. */
  readonly debounceMs?: number;
  readonly log?: Log;
}

/** The spec files of one directory. Loading reads every file anew but parses only those that changed. */
export function createSpecs(options: SpecsOptions): SpecsPort {
  const loader = new Loader(options);
  return {
    // synchronous inside, so that two loads never mix
    load: async () => loader.load(),
    watch: (onChange) => watchSpecs(options.dir, onChange, options.debounceMs ?? 500, options.log ?? silentLog),
  };
}

interface Version {
  readonly bytes: Buffer;
  readonly parsed: ParsedSpec;
}

class Loader {
  readonly #dir: string;
  readonly #host: SpecHost;
  readonly #lastGood: LastGood;
  /** Parsed versions by file name: the current and the last good one. */
  #cache = new Map<string, readonly Version[]>();

  constructor(options: SpecsOptions) {
    this.#dir = options.dir;
    this.#lastGood = new LastGood(options.lastGoodDir);
    this.#host = { ...options, hash: (text) => createHash("sha256").update(text).digest("hex") };
  }

  load(): SpecSet {
    const errors: SpecError[] = [];
    const listing = listSpecs(this.#dir);
    if (!listing.ok) errors.push(this.#error(this.#dir, listing.why, "correct its permissions; the last good specs stay in use"));
    const cache = new Map<string, readonly Version[]>();
    const current = new Map<string, Version>();
    const candidates: Candidate[] = [];
    for (const name of listing.ok ? listing.names : this.#lastGood.names()) {
      const read = listing.ok ? readSpec(this.#dir, name) : { kind: "unreadable" as const, why: "" };
      if (read.kind === "gone") continue;
      if (read.kind === "unreadable" && read.why !== "")
        errors.push(this.#error(join(this.#dir, name), read.why, "make it a readable file"));
      const kept = this.#lastGood.read(name);
      const now = read.kind === "read" ? this.#version(name, read.bytes) : undefined;
      const before = kept === undefined ? undefined : now?.bytes.equals(kept) === true ? now : this.#version(name, kept);
      if (now !== undefined) current.set(join(this.#dir, name), now);
      if (now?.parsed.ok === false) errors.push(...now.parsed.errors);
      candidates.push(candidate(join(this.#dir, name), now, before));
      cache.set(
        name,
        [now, before].filter((version) => version !== undefined),
      );
    }
    this.#cache = cache;
    const settled = settle(candidates, this.#host);
    errors.push(...settled.errors);
    for (const file of settled.accepted) errors.push(...this.#keep(file, current.get(file)));
    if (listing.ok) this.#lastGood.retain(new Set(cache.keys()));
    return { specs: settled.specs, errors };
  }

  #version(name: string, bytes: Buffer): Version {
    const known = this.#cache.get(name)?.find((version) => version.bytes.equals(bytes));
    return known ?? { bytes, parsed: parseSpec(bytes, join(this.#dir, name), this.#host) };
  }

  #keep(file: string, version: Version | undefined): SpecError[] {
    if (version === undefined) return [];
    try {
      this.#lastGood.keep(basename(file), version.bytes);
      return [];
    } catch (error) {
      return [
        this.#error(
          file,
          `no copy could be kept (${codeOf(error) ?? "unknown error"})`,
          "check free space and permissions; the spec is in use all the same",
        ),
      ];
    }
  }

  #error(file: string, what: string, fix: string): SpecError {
    return specError({ path: [], what, fix }, file, shownName(file, this.#host), () => 0);
  }
}

function candidate(file: string, now: Version | undefined, before: Version | undefined): Candidate {
  const name = now?.parsed.ok === false ? now.parsed.name : undefined;
  return {
    file,
    ...(now?.parsed.ok === true ? { current: now.parsed } : {}),
    ...(before?.parsed.ok === true ? { lastGood: before.parsed } : {}),
    ...(name === undefined ? {} : { name }),
  };
}
