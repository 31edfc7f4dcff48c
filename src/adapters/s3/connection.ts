import type { S3Client } from "@aws-sdk/client-s3";
import type { Log } from "../../shared/log.js";
import { StoreError } from "../../sync/ports.js";
import type { Remote } from "../../sync/root.js";
import { linkedAbort } from "./abort.js";
import { createClient, loadSdk, type Sdk } from "./client.js";
import { type Credentials, type CredentialSources, findCredentials } from "./credentials.js";
import { judge, type Place } from "./failure.js";
import { HttpHandler } from "./http-handler.js";
import { proxyOf, shownProxy } from "./proxy.js";
import { RETRY_TIMING, RetryBudget, type RetryTiming, type Verdict, withRetries } from "./retry.js";
import type { Bandwidth } from "./throttle.js";

export interface ConnectionOptions {
  readonly remote: Remote;
  readonly credentials: CredentialSources;
  readonly upload: Bandwidth;
  readonly maxSockets: number;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly timing?: Partial<Timing>;
}

/** All in ms. */
export interface Timing extends RetryTiming {
  readonly connectMs: number;
  readonly idleMs: number;
}

const TIMING: Timing = { ...RETRY_TIMING, connectMs: 10_000, idleMs: 30_000 };

/** For the proxy's sake: which of its hosts is asked decides nothing there. */
const AWS = "https://s3.amazonaws.com";

/** What one attempt of a request works with. */
export interface Attempt {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly abortSignal: AbortSignal;
  /** An attempt before this one may have been carried out, its answer lost. */
  readonly maybeDone: boolean;
}

export interface Request {
  /** S3's name of it: `PutObject`. */
  readonly operation: string;
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After a connection that broke: rejects with the server's reason for it, if it had one. */
  readonly askWhy?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

interface Opened {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** Sends requests to one bucket: opens the client when first needed, counts, tries again, tells failures in one line. */
export class Connection {
  readonly counts: Record<string, number> = {};
  private readonly handler: HttpHandler;
  private readonly budget = new RetryBudget();
  readonly timing: Timing;
  private opened: Promise<Opened> | undefined;
  private place: Place;

  /** Of the whole store. */
  readonly signal: AbortSignal | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.signal = options.signal;
    this.place = placeOf(options.remote, { keys: null, from: "" });
    this.timing = { ...TIMING, ...options.timing };
    this.handler = new HttpHandler({
      maxSockets: options.maxSockets,
      connectMs: this.timing.connectMs,
      idleMs: this.timing.idleMs,
      upload: options.upload,
    });
  }

  /** Rejects with StoreError. */
  async send<T>(request: Request, act: (attempt: Attempt) => Promise<T>): Promise<T> {
    const abort = linkedAbort(request.signal, this.signal);
    try {
      const { sdk, client } = await this.open();
      const attempt = (maybeDone: boolean): Promise<T> => {
        this.counts[request.operation] = (this.counts[request.operation] ?? 0) + 1;
        return act({ sdk, client, abortSignal: abort.signal, maybeDone });
      };
      return await withRetries(attempt, {
        judge: (error) => judge(error, this.place, request),
        budget: this.budget,
        timing: this.timing,
        signal: abort.signal,
        onRetry: ({ error }, tries, delayMs) =>
          this.options.log.debug({ operation: request.operation, key: request.key, tries, delay_ms: Math.round(delayMs) }, error.message),
        beforeRetry: async ({ retry }) => {
          if (retry === "cut") await request.askWhy?.(abort.signal);
        },
      });
    } catch (error) {
      // Whoever corrects the credentials need not restart anything.
      if (error instanceof StoreError && error.kind === "denied") this.opened = undefined;
      throw error;
    } finally {
      abort.unlink();
    }
  }

  /** What went wrong with the body of an answer, after the request was done. */
  failureOf(error: unknown, request: Request): Verdict {
    return judge(error, this.place, request);
  }

  close(): void {
    this.handler.destroy();
  }

  private open(): Promise<Opened> {
    this.opened ??= this.connect().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async connect(): Promise<Opened> {
    const { remote } = this.options;
    const credentials = findCredentials(this.options.credentials);
    const sdk = await loadSdk();
    this.place = placeOf(remote, credentials);
    return { sdk, client: createClient(sdk, remote, credentials, this.handler) };
  }
}

function placeOf(remote: Remote, credentials: Credentials): Place {
  const endpoint = remote.endpoint === undefined ? "AWS" : withoutUser(remote.endpoint);
  const proxy = proxyOf(remote.endpoint ?? AWS);
  const { shown, secrets } = proxy === null ? { shown: "", secrets: [] } : shownProxy(proxy);
  return {
    bucket: remote.bucket,
    endpoint: proxy === null ? endpoint : `${endpoint} through the proxy ${shown}`,
    credentialsFrom: credentials.from,
    secrets: [...(credentials.keys === null ? [] : Object.values(credentials.keys)), ...secrets],
  };
}

function withoutUser(endpoint: string): string {
  return endpoint.replace(/\/\/[^/@]*@/, "//");
}
