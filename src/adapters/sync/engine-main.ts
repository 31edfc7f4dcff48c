import { parentPort, workerData } from "node:worker_threads";
import type { Log } from "../../shared/log.js";
import type { RootEngine } from "../../sync/engine-port.js";
import { openRoot, type Throttles } from "./open-root.js";
import { type FromThread, type OpenArgs, type Opened, sent, type ThreadData, type ToThread } from "./thread-messages.js";

/** Entry of the sync thread: all roots of this aurad, each call in its own turn. Reads and hashes block this thread only. */
const port = parentPort!;
const data = workerData as ThreadData;
const engines = new Map<number, RootEngine>();
const aborts = new Map<number, AbortController>();
const throttles: Throttles = new Map();

const log: Log = {
  trace: (fields, message) => post({ kind: "log", level: "trace", fields, message }),
  debug: (fields, message) => post({ kind: "log", level: "debug", fields, message }),
  info: (fields, message) => post({ kind: "log", level: "info", fields, message }),
  warn: (fields, message) => post({ kind: "log", level: "warn", fields, message }),
  error: (fields, message) => post({ kind: "log", level: "error", fields, message }),
};

port.on("message", (message: ToThread) => {
  if (message.kind === "abort") aborts.get(message.id)?.abort();
  else void answer(message);
});

async function answer(call: Extract<ToThread, { kind: "call" }>): Promise<void> {
  const { id } = call;
  aborts.set(id, new AbortController());
  try {
    post({ kind: "done", id, value: await carryOut(call) });
  } catch (error) {
    post({ kind: "failed", id, error: sent(error) });
  } finally {
    aborts.delete(id);
  }
}

async function carryOut({ id, root, method, args }: Extract<ToThread, { kind: "call" }>): Promise<unknown> {
  if (method === "open") {
    const { engine, caseSensitive } = openRoot(args[0] as OpenArgs, data, throttles, log);
    engines.set(root, engine);
    return { identity: engine.identity, caseSensitive } satisfies Opened;
  }
  const engine = engines.get(root);
  if (engine === undefined) throw new Error("this root is closed");
  const { signal } = aborts.get(id)!;
  const onProgress: Parameters<RootEngine["tick"]>[1] = (progress) => post({ kind: "progress", id, progress });
  switch (method) {
    case "tick":
      return engine.tick(args[0] as Parameters<RootEngine["tick"]>[0], onProgress, signal);
    case "reloadIgnore":
      return engine.reloadIgnore();
    case "seenHeads":
      return engine.seenHeads?.();
    case "listHeads":
      return engine.listHeads?.(signal);
    case "log":
      return engine.log(...(args as Parameters<RootEngine["log"]>));
    case "restore":
      return engine.restore(...(args as Parameters<RootEngine["restore"]>));
    case "gc":
      return engine.gc(...(args as Parameters<RootEngine["gc"]>));
    case "verify":
      return engine.verify({ ...(args[0] as { repair: boolean }), onProgress });
    case "close":
      engines.delete(root);
      return engine.close();
  }
}

function post(message: FromThread): void {
  port.postMessage(message);
}
