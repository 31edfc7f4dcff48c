import type { Log } from "../../shared/log.js";
import type { ObjectStore } from "../../sync/ports.js";
import type { Remote } from "../../sync/root.js";
import { Connection, type Timing } from "./connection.js";
import type { CredentialSources } from "./credentials.js";
import { deleteObjects } from "./delete-objects.js";
import { getObject, readObject } from "./get-object.js";
import { listObjects, listUploads } from "./list-objects.js";
import { putInParts } from "./multipart.js";
import { partRequests } from "./part-requests.js";
import { putFile } from "./put-file.js";
import { putObject } from "./put-object.js";
import type { Throttle } from "./throttle.js";

export interface S3StoreOptions {
  readonly remote: Remote;
  readonly rootId: string;
  readonly credentials: CredentialSources;
  /** The same for all roots of this aurad. */
  readonly throttle: Throttle;
  readonly log: Log;
  /** Ends all requests, those to come too. */
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly timing?: Partial<Timing>;
}

/** What the requests of one root share. */
export interface Bucket {
  readonly connection: Connection;
  readonly name: string;
  /** Before each key. */
  readonly prefix: string;
  readonly throttle: Throttle;
  /** Set to false when the server says that it does not know If-None-Match and If-Match. */
  conditional: boolean;
  /** Set to false when its ETags are seen to be something else. */
  md5Etags: boolean;
  /** Set to false when it does not take DeleteObjects. */
  deletesMany: boolean;
}

/** Beside those that carry content: heads and lists do not wait for a transfer to end. */
const SPARE_SOCKETS = 8;

/** A root's part of an S3 bucket. Nothing is loaded or sent before the first request. */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const { remote, throttle } = options;
  const connection = new Connection({ ...options, upload: throttle.upload, maxSockets: throttle.transfers.max + SPARE_SOCKETS });
  const bucket: Bucket = {
    connection,
    name: remote.bucket,
    prefix: `roots/${options.rootId}/`,
    throttle,
    conditional: true,
    md5Etags: true,
    deletesMany: true,
  };
  return {
    get: (key, range, signal) => getObject(bucket, key, range, signal),
    read: (key, range, signal) => readObject(bucket, key, range, signal),
    put: (key, body, when = {}) => putObject(bucket, key, body, when),
    putFile: (key, source, when) => putFile(bucket, key, source, when),
    putParts: (key, source, when) =>
      putInParts(partRequests(bucket, key, source.size, when.ifAbsent ?? false), source, when, {
        maxTransfers: throttle.transfers.max,
        transfer: (signal, send) => throttle.transfers.run(signal, send),
      }),
    list: (prefix, given = {}) => listObjects(bucket, prefix, given),
    delete: (keys, signal) => deleteObjects(bucket, keys, signal),
    listUploads: (prefix, signal) => listUploads(bucket, prefix, signal),
    abortUpload: (key, uploadId) => partRequests(bucket, key, 0, false).abort(uploadId),
    requests: () => ({ ...connection.counts }),
    close: () => connection.close(),
  };
}
