import { type ObjectStore, StoreError } from "../../sync/ports.js";
import { wait } from "./abort.js";
import { answerOf, cutsBody, type Fault, type FaultOperation, type FaultPlan, type FaultRequest, refusalOf } from "./faults.js";

export interface FaultyOptions {
  readonly plan?: FaultPlan;
  /**
   * Before a request is sent, and after it is done but before anybody hears of it. When it throws, this device is dead: the
   * error comes as the `cause` of a StoreCrash, now and to every later request, none of which is sent.
   */
  readonly onRequest?: (request: FaultRequest, moment: "before" | "after") => void | Promise<void>;
  /** How long a hanging request takes to end as `offline`, as by the real store's idle time-out; 20. May be Infinity. */
  readonly hangMs?: number;
}

export interface FaultyStore extends ObjectStore {
  /** What was injected so far. */
  readonly injected: readonly { readonly request: FaultRequest; readonly fault: Fault }[];
}

/** Of a device that was killed between two requests. */
export class StoreCrash extends StoreError {
  constructor(cause: unknown) {
    super("aborted", "this device was killed", { cause });
    this.name = "StoreCrash";
  }
}

/** A request under way. */
interface Sent {
  readonly cut: boolean;
  /** It is done: rejects with what is heard of it instead of the answer. */
  done(): Promise<void>;
}

/** A store whose requests fail by plan; for tests. */
export function createFaultyStore(inner: ObjectStore, options: FaultyOptions): FaultyStore {
  const injected: { request: FaultRequest; fault: Fault }[] = [];
  let index = 0;
  let crash: StoreCrash | undefined;

  const tell = async (request: FaultRequest, moment: "before" | "after"): Promise<void> => {
    if (crash !== undefined) throw crash;
    try {
      await options.onRequest?.(request, moment);
    } catch (error) {
      crash ??= new StoreCrash(error);
    }
    if (crash !== undefined) throw crash;
  };

  const send = async (operation: FaultOperation, key: string, signal?: AbortSignal): Promise<Sent> => {
    if (crash !== undefined) throw crash;
    const request = { index: index++, operation, key };
    await tell(request, "before");
    const fault = options.plan?.(request) ?? null;
    if (fault !== null) {
      injected.push({ request, fault });
      if (fault === "hang") await wait(options.hangMs ?? 20, signal);
      const refusal = refusalOf(fault, key);
      if (refusal !== undefined) throw refusal;
    }
    return {
      cut: cutsBody(fault, operation),
      async done() {
        await tell(request, "after");
        if (fault !== null) throw answerOf(fault, request);
      },
    };
  };

  const around = async <T>(operation: FaultOperation, key: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> => {
    const sent = await send(operation, key, signal);
    const result = await act();
    await sent.done();
    return result;
  };

  async function* read(...[key, range, signal]: Parameters<ObjectStore["read"]>): AsyncIterable<Uint8Array> {
    const sent = await send("read", key, signal);
    for await (const piece of inner.read(key, range, signal)) {
      yield sent.cut ? piece.subarray(0, piece.length >> 1) : piece;
      if (sent.cut) break;
      if (crash !== undefined) throw crash;
    }
    await sent.done();
  }

  async function* listed<T>(operation: FaultOperation, prefix: string, signal: AbortSignal | undefined, all: () => AsyncIterable<T>) {
    const sent = await send(operation, prefix, signal);
    for await (const one of all()) {
      if (crash !== undefined) throw crash;
      yield one;
    }
    await sent.done();
  }

  return {
    injected,
    get: (key, range, signal) => around("get", key, signal, () => inner.get(key, range, signal)),
    read,
    put: (key, body, given = {}) => around("put", key, given.signal, () => inner.put(key, body, given)),
    putFile: (key, source, given) => around("put", key, given.signal, () => inner.putFile(key, source, given)),
    putParts: (...args) => putFaultyParts(inner, send, ...args),
    list: (prefix, given) => listed("list", prefix, given?.signal, () => inner.list(prefix, given)),
    delete: (keys, signal) => around("delete", keys[0] ?? "", signal, () => inner.delete(keys, signal)),
    listUploads: (prefix, signal) => listed("listUploads", prefix, signal, () => inner.listUploads(prefix, signal)),
    abortUpload: (key, uploadId) => around("abortUpload", key, undefined, () => inner.abortUpload(key, uploadId)),
    requests: () => inner.requests(),
    close: () => inner.close(),
  };
}

/** The requests of an upload are seen from outside: a part begins when its bytes are asked for, and ends with `onProgress`. */
async function putFaultyParts(
  inner: ObjectStore,
  send: (operation: FaultOperation, key: string, signal?: AbortSignal) => Promise<Sent>,
  ...[key, source, given]: Parameters<ObjectStore["putParts"]>
): ReturnType<ObjectStore["putParts"]> {
  const underWay: Sent[] = given.resume === undefined ? [await send("create", key, given.signal)] : [];
  let complete: Sent | undefined;
  // `onProgress` cannot wait: what comes of it is thrown at the next step.
  let reported: Promise<void> = Promise.resolve();
  const parts = {
    size: source.size,
    async read(range: Parameters<typeof source.read>[0]) {
      await reported;
      underWay.push(await send("part", key, given.signal));
      return source.read(range);
    },
  };
  const result = await inner.putParts(key, parts, {
    ...given,
    onProgress(state) {
      const ended = underWay.shift();
      reported = reported.then(async () => {
        await ended?.done();
        given.onProgress?.(state);
      });
      reported.catch(() => {});
    },
    async beforeComplete() {
      await reported;
      await given.beforeComplete?.();
      complete = await send("complete", key, given.signal);
    },
  });
  await complete?.done();
  return result;
}
