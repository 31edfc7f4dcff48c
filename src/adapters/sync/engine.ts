import type { RootEngine, SeenHeads } from "../../sync/engine-port.js";
import type { TickProgress, TickRequest } from "../../sync/tick.js";
import { collectGarbage } from "./gc.js";
import { type ListedHead, listHeads } from "./heads.js";
import { infoOf, listManifests } from "./history.js";
import { errorOf, outcomeOf } from "./outcome.js";
import { breathe } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { restore } from "./restore.js";
import { runTick } from "./run-tick.js";
import { Tally } from "./tally.js";
import { verify } from "./verify.js";

/** How often the trash is looked through, ms. */
const TRASH_EVERY_MS = 3_600_000;

/**
 * One root. Its ticks, and whatever else it is asked for, run one after the other. The engine owns what it is given, and
 * closes it.
 */
export function openEngine(given: Omit<RootParts, "cutOff">): RootEngine {
  const parts: RootParts = { ...given, cutOff: new Set() };
  parts.folder.cleanTemp();
  let turn: Promise<unknown> = Promise.resolve();
  let trashAt = -Infinity;
  const stop = new AbortController();

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = turn.then(task);
    turn = result.catch(() => {});
    return result;
  };

  const emptyTrash = (): void => {
    if (performance.now() - trashAt < TRASH_EVERY_MS) return;
    trashAt = performance.now();
    parts.folder.emptyTrash(parts.limits.trashDays, parts.now());
  };

  const tick = async (
    request: TickRequest,
    onProgress: (progress: TickProgress) => void,
    signal: AbortSignal,
  ): ReturnType<RootEngine["tick"]> => {
    try {
      signal.throwIfAborted();
      const report = await runTick(parts, request, new Tally(onProgress), signal);
      if (request.dryRun !== true) emptyTrash();
      return { kind: "ok", report };
    } catch (error) {
      return outcomeOf(error, parts.state.file);
    }
  };

  /** Once the tick's outcome is on its way, so that nobody waits for it. */
  const tidy = async (): Promise<void> => {
    await breathe();
    try {
      parts.state.tidy();
    } catch (error) {
      parts.log.warn({ root: parts.identity.rootId, err: error }, "the log of the state database was not folded");
    }
  };

  /** Rejects with AuraError. */
  const asked = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      return await task();
    } catch (error) {
      throw errorOf(error, parts.state.file);
    }
  };

  return {
    identity: parts.identity,
    tick(request, onProgress = () => {}, signal = undefined) {
      const outcome = inTurn(() => untilEither(signal, stop.signal, (either) => tick(request, onProgress, either)));
      void inTurn(tidy);
      return outcome;
    },
    isIgnored: (path, isDir) => parts.folder.isIgnored(path, isDir),
    reloadIgnore: () => parts.folder.reloadIgnore(),
    seenHeads() {
      const { state, identity } = parts;
      const own = state.meta.get("own");
      const seen = state.heads.all().map(({ device, etag }) => [device, etag] as const);
      return Object.fromEntries(own === null ? seen : [...seen, [identity.deviceId, own.etag] as const]);
    },
    listHeads: async (signal = stop.signal) => seenOf(await listHeads(parts.store, signal)),
    log: (limit) => asked(async () => (await listManifests(parts.store, stop.signal)).slice(0, limit).map(infoOf)),
    restore: (path, at) => inTurn(() => asked(() => restore(parts, path, at, stop.signal))),
    gc: (options) => inTurn(() => asked(() => collectGarbage(parts, options, stop.signal))),
    verify: (options) => inTurn(() => asked(() => verify(parts, options, stop.signal))),
    async close() {
      stop.abort();
      await turn;
      parts.store.close();
      parts.folder.close();
      parts.state.close();
    },
  };
}

/** Runs `task` with a signal that is aborted with the first of two; and lets go of both when it is over. */
async function untilEither<T>(a: AbortSignal | undefined, b: AbortSignal, task: (either: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const signals = a === undefined ? [b] : [a, b];
  for (const signal of signals) {
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  }
  try {
    return await task(controller.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

function seenOf(heads: readonly ListedHead[]): SeenHeads {
  return Object.fromEntries(heads.map(({ device, etag }) => [device, etag]));
}
