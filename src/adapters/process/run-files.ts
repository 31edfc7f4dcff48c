import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { startTime } from "./identity.js";

/** What a claim file says: the pid of the service and the start time that tells it from later users of the pid. */
export interface Claim {
  readonly pid: number;
  readonly startTime: string;
}

/**
 * The files a shim writes: `NAME@GENERATION.claim` and `NAME@GENERATION.exit`.
 * They are what lets a new aurad find a service again and learn how it ended.
 */
export class RunFiles {
  /** What an earlier aurad left; only these can stand in the way of a new run. */
  private readonly left: Set<string>;

  constructor(readonly dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.left = new Set(readdirSync(dir));
  }

  claimPath(service: string, generation: number): string {
    return join(this.dir, `${service}@${generation}.claim`);
  }

  exitPath(service: string, generation: number): string {
    return join(this.dir, `${service}@${generation}.exit`);
  }

  /**
   * null: not claimed (yet). "void": declared void before the shim could claim it.
   * "blank": claimed, but what by could not be written (yet): the disk may be full.
   */
  claim(service: string, generation: number): Claim | "void" | "blank" | null {
    const text = read(this.claimPath(service, generation));
    if (text === null) return null;
    if (!text.endsWith("\n")) return "blank";
    if (text === "void\n") return "void";
    const pid = Number(text.slice(0, text.indexOf(" ")));
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid, startTime: fields[19] ?? startTime(pid) ?? "gone" };
  }

  /** The status the shim wrote; null when it has not (yet). */
  exitStatus(service: string, generation: number): number | null {
    const text = read(this.exitPath(service, generation));
    return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
  }

  /**
   * Makes sure that an unclaimed run never starts. Returns false when its shim was first.
   * A link that must not exist yet decides between the two, however late the shim comes, and has its content at once.
   */
  declareVoid(service: string, generation: number): boolean {
    const claim = this.claimPath(service, generation);
    const draft = `${claim}.void`;
    try {
      writeFileSync(draft, "void\n", { mode: 0o600 });
      linkSync(draft, claim);
      return true;
    } catch (error) {
      // Without room for the claim there is none for a shim's either: nothing more can be done.
      return (error as NodeJS.ErrnoException).code !== "EEXIST";
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Removes what an earlier aurad left of runs that are not to be kept. */
  tidy(keep: (service: string, generation: number) => boolean): void {
    for (const file of this.left) {
      const match = /^(.+)@(\d+)\.(?:claim|exit|claim\.void)$/.exec(file);
      if (match !== null && !keep(match[1]!, Number(match[2]))) rmSync(join(this.dir, file), { force: true });
    }
  }

  /** Files of a run with this number from a life whose records were lost. */
  removeStale(service: string, generation: number): void {
    if (this.left.has(basename(this.claimPath(service, generation))) || this.left.has(basename(this.exitPath(service, generation)))) {
      this.remove(service, generation);
    }
  }

  remove(service: string, generation: number): void {
    rmSync(this.claimPath(service, generation), { force: true });
    rmSync(this.exitPath(service, generation), { force: true });
  }
}

/** `NAME@12.exit` -> NAME, 12. */
export function parseExitName(file: string): { service: string; generation: number } | null {
  const match = /^(.+)@(\d+)\.exit$/.exec(file);
  return match === null ? null : { service: match[1]!, generation: Number(match[2]) };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
