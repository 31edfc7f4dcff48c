import { closeSync, type FSWatcher, watch } from "node:fs";
import type { Log } from "../../shared/log.js";
import type { Adoption, RunId, RunListener, RunRequest, RunsPort } from "../../services/ports.js";
import type { Exit } from "../../services/snapshot.js";
import type { SignalName } from "../../services/spec.js";
import { bootId, isSame, startTime } from "./identity.js";
import { endLeftovers, oldestOf } from "./leftovers.js";
import { checkProgram, withUser } from "./program.js";
import { parseExitName, RunFiles } from "./run-files.js";
import { shimCommand } from "./shim.js";
import { type Child, createSpawner, type Spawner } from "./spawner.js";
import { Sweeper } from "./sweeper.js";
import { findMembers, findTags, groupExists, groupOf, sessionOf, type Member, type RunKey, signalMembers } from "./tree.js";

interface Run extends RunId {
  /** The shim, when this aurad started it. */
  child: Child | null;
  key: RunKey;
  /** The service's own process, once its program runs. */
  member: Member | null;
  stop: { signal: SignalName; deadline: number; killed: boolean; timer: NodeJS.Timeout | undefined } | null;
  ended: boolean;
}

export interface RunsOptions {
  readonly dir: string;
  /** Makes AURA_INSTANCE unique beside other homes on this machine. */
  readonly homeId: string;
  readonly log: Log;
}

/** Matches no process: the run is looked for by its tag alone. */
const NO_GROUP = -1;
const UNKNOWN: Exit = { status: null, known: false };
/** A shim that was killed says nothing of its service. */
const SHIM_KILLED = 137;
const KILLED: Exit = { status: 137, known: true };
/** How often runs without an exit event of their own (adopted ones) are looked at, as a backstop to the watcher. */
const BACKSTOP_MS = 1000;

/** The processes of all services of this host. Every signal goes through a check of pid, start time and boot id. */
export class Runs implements RunsPort {
  private readonly files: RunFiles;
  private readonly spawner: Spawner;
  private readonly runs = new Map<string, Run>();
  private readonly sweeper = new Sweeper();
  private readonly unclaimed = new Set<Run>();
  private claimTimer: NodeJS.Timeout | undefined;
  private claimWaits = 0;
  private backstop: NodeJS.Timeout | undefined;
  private watcher: FSWatcher | undefined;
  private closed = false;

  constructor(
    private readonly options: RunsOptions,
    private readonly listener: RunListener,
  ) {
    this.spawner = createSpawner(options.log);
    this.files = new RunFiles(options.dir);
  }

  start(request: RunRequest): void {
    const { service, generation } = request;
    try {
      if (!request.again) checkProgram(request);
      this.files.removeStale(service, generation);
      const tag = this.tag(request);
      const [program, args] = shimCommand({
        claim: this.files.claimPath(service, generation),
        status: this.files.exitPath(service, generation),
        umask: (request.umask ?? 0o022).toString(8).padStart(3, "0"),
        workingDir: request.workingDir,
        command: withUser(request.command, request.user),
      });
      const run: Run = { service, generation, child: null, key: { group: NO_GROUP, tag }, member: null, stop: null, ended: false };
      const spawned = { program, args, env: { ...request.env, AURA_INSTANCE: tag }, output: request.output };
      run.child = this.spawner.spawn(spawned, () => this.shimEnded(run));
      run.key = { group: run.child.pid, tag };
      this.runs.set(service, run);
      this.unclaimed.add(run);
      this.claimWaits = 0;
      this.claimTimer ??= setTimeout(() => this.readClaims(), 1);
    } finally {
      closeSync(request.output);
    }
  }

  live(): readonly RunId[] {
    const prefix = `${this.options.homeId}:`;
    return [...findTags(prefix)].flatMap((tag) => {
      const match = /^(.+):(\d+)$/.exec(tag.slice(prefix.length));
      return match === null ? [] : [{ service: match[1]!, generation: Number(match[2]) }];
    });
  }

  adopt(id: RunId, seen: boolean): Adoption {
    let claim = this.files.claim(id.service, id.generation);
    if (claim === null && !this.files.declareVoid(id.service, id.generation)) claim = this.files.claim(id.service, id.generation);
    const filesGone = claim === null || claim === "void";
    if (filesGone && !seen) return { found: "void" };
    const member = filesGone || claim === "blank" ? this.search(id) : (claim as Member);
    if (filesGone && member === null) return { found: "void" };
    const run: Run = { ...id, child: null, member, stop: null, ended: false, key: { group: NO_GROUP, tag: this.tag(id) } };
    this.runs.set(id.service, run);
    if (member === null || !isSame({ ...member, bootId: bootId() })) {
      run.ended = true;
      void this.clearUp(run, UNKNOWN, "while aurad was away");
      return { found: "ended" };
    }
    run.key = { group: sessionOf(member.pid) ?? NO_GROUP, tag: run.key.tag };
    this.watchAdopted();
    return { found: "alive", pid: member.pid };
  }

  async end(id: RunId): Promise<void> {
    await endLeftovers(this.sweeper, { group: NO_GROUP, tag: this.tag(id) }, 0);
    this.files.remove(id.service, id.generation);
  }

  terminate(service: string, signal: SignalName, timeoutMs: number): boolean {
    const run = this.runs.get(service);
    if (run === undefined) return false;
    if (run.ended) return true;
    this.readClaim(run);
    const deadline = performance.now() + timeoutMs;
    clearTimeout(run.stop?.timer);
    run.stop = { signal, deadline, killed: false, timer: setTimeout(() => void this.kill(run), timeoutMs) };
    this.signalGroup(run, signal);
    return true;
  }

  forget(id: RunId): void {
    this.files.remove(id.service, id.generation);
  }

  tidy(keep: readonly RunId[]): void {
    const kept = new Set(keep.map((run) => this.tag(run)));
    this.files.tidy((service, generation) => kept.has(this.tag({ service, generation })));
  }

  close(): void {
    this.closed = true;
    this.spawner.close();
    clearTimeout(this.claimTimer);
    clearInterval(this.backstop);
    this.watcher?.close();
    for (const run of this.runs.values()) clearTimeout(run.stop?.timer);
  }

  private tag(id: RunId): string {
    return `${this.options.homeId}:${id.service}:${id.generation}`;
  }

  /** Polls briefly: a claim is written about a millisecond after the spawn. */
  private readClaims(): void {
    this.claimTimer = undefined;
    for (const run of this.unclaimed) this.readClaim(run);
    if (this.unclaimed.size === 0) return;
    this.claimWaits += 1;
    this.claimTimer = setTimeout(() => this.readClaims(), Math.min(1 + this.claimWaits / 4, 50));
  }

  private readClaim(run: Run): void {
    if (!this.unclaimed.has(run)) return;
    let claim = this.files.claim(run.service, run.generation);
    if (claim === "blank" && this.claimWaits > 50) claim = this.search(run);
    if (claim === null || claim === "void" || claim === "blank") return;
    this.unclaimed.delete(run);
    run.member = claim;
    if (run.ended) return;
    this.listener.running(run, claim.pid);
    // A stop that came before may have reached the shim alone, which does not pass it on.
    if (run.stop !== null && !run.stop.killed) this.signalGroup(run, run.stop.signal);
  }

  /** The service's own process by its tag. */
  private search(id: RunId): Member | null {
    const key = { group: NO_GROUP, tag: this.tag(id) };
    return oldestOf(findMembers([key]).get(key)!);
  }

  /**
   * The group is ours while its leader (the shim) or the service itself is proven to be alive in it. A service that went
   * into a group or session of its own is signalled there.
   */
  private signalGroup(run: Run, signal: NodeJS.Signals): void {
    const group = run.member !== null && isSame({ ...run.member, bootId: bootId() }) ? groupOf(run.member.pid) : null;
    const ours = run.child !== null && run.child.status === null;
    if (ours || group === run.key.group) sendTo(-run.key.group, signal);
    if (group !== null && group !== run.key.group) sendTo(group === run.member!.pid ? -group : run.member!.pid, signal);
  }

  /** SIGKILL to the group and to whatever left it. */
  private async kill(run: Run): Promise<void> {
    if (run.ended || run.stop === null) return;
    run.stop.killed = true;
    this.signalGroup(run, "SIGKILL");
    signalMembers(await this.sweeper.members(run.key, 0), "SIGKILL");
  }

  private shimEnded(run: Run): void {
    if (this.closed) return;
    this.readClaim(run);
    this.unclaimed.delete(run);
    const status =
      this.files.exitStatus(run.service, run.generation) ?? (run.child?.status === SHIM_KILLED ? null : (run.child?.status ?? null));
    if (status !== null) return void this.leaderEnded(run, { status, known: true });
    if (run.member !== null && isSame({ ...run.member, bootId: bootId() })) {
      this.options.log.warn(
        { service: run.service, pid: run.member.pid },
        "the shim of the service was killed; its exit status will be unknown",
      );
      run.child = null;
      this.watchAdopted();
      return;
    }
    void this.leaderEnded(run, run.stop?.killed === true ? KILLED : this.exitOf(run));
  }

  private exitOf(id: RunId): Exit {
    const status = this.files.exitStatus(id.service, id.generation);
    return status === null ? UNKNOWN : { status, known: true };
  }

  /** The service's own process is gone; the run is over when nothing else of it is left. */
  private async leaderEnded(run: Run, exit: Exit): Promise<void> {
    if (run.ended) return;
    run.ended = true;
    if (run.stop === null && !groupExists(run.key.group)) {
      this.finish(run, exit);
      // Processes that left the group are rare: looked for after the restart, not before it.
      const strays = await this.sweeper.members({ ...run.key, group: NO_GROUP }, 2000);
      if (signalMembers(strays, "SIGKILL") > 0)
        this.options.log.warn(
          { service: run.service, pids: strays.map(({ pid }) => pid) },
          "ended processes that the last run left behind",
        );
      return;
    }
    await this.clearUp(run, exit);
  }

  /** Ends what outlived the leader: asked first when it is being stopped and there is time, else at once. */
  private async clearUp(run: Run, exit: Exit, ...notes: string[]): Promise<void> {
    const left = await endLeftovers(this.sweeper, run.key, run.stop?.deadline ?? 0);
    if (left > 0) notes.push(`${left} process${left === 1 ? "" : "es"} it left behind ended too`);
    // The shim may have been a moment behind the process it waits for.
    this.finish(run, exit.known ? exit : this.exitOf(run), notes.length === 0 ? undefined : notes.join("; "));
  }

  private finish(run: Run, exit: Exit, note?: string): void {
    run.ended = true;
    clearTimeout(run.stop?.timer);
    this.unclaimed.delete(run);
    if (this.closed) return;
    if (this.runs.get(run.service) === run) this.runs.delete(run.service);
    this.listener.exited(run, exit, note);
  }

  private watchAdopted(): void {
    this.backstop ??= setInterval(() => this.checkAdopted(), BACKSTOP_MS);
    if (this.watcher !== undefined) return;
    try {
      this.watcher = watch(this.options.dir, (_event, file) => {
        const id = parseExitName(file ?? "");
        const run = id === null ? undefined : this.runs.get(id.service);
        if (run?.child === null && run.generation === id?.generation) this.checkAlive(run);
      });
      this.watcher.on("error", () => this.watcher?.close());
    } catch (error) {
      this.options.log.warn({ error: (error as Error).message }, "no file watcher for exits of adopted services; looking once a second");
    }
  }

  private checkAdopted(): void {
    const adopted = [...this.runs.values()].filter((run) => run.child === null);
    for (const run of adopted) this.checkAlive(run);
    if (adopted.length > 0) return;
    clearInterval(this.backstop);
    this.backstop = undefined;
  }

  private checkAlive(run: Run): void {
    if (run.ended || run.member === null || startTime(run.member.pid) === run.member.startTime) return;
    const exit = this.exitOf(run);
    // The shim may be a moment behind the process it waits for.
    if (exit.known || run.stop?.killed === true) void this.leaderEnded(run, exit.known ? exit : KILLED);
    else setTimeout(() => void this.leaderEnded(run, this.exitOf(run)), 50);
  }
}

function sendTo(target: number, signal: NodeJS.Signals): void {
  if (target >= -1 && target <= 1) return; // 0, 1 and -1 mean ourselves, init and everybody
  try {
    process.kill(target, signal);
  } catch {
    // Gone in between.
  }
}
