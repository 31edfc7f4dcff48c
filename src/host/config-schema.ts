import { z } from "zod";
import { parseDuration } from "../shared/durations.js";
import { parseSize } from "../shared/sizes.js";
import { EMBEDDED, LOG_FORMATS, LOG_LEVELS, ON_STOP, WATCHER_FALLBACKS } from "./config-defaults.js";
import { isHostName, isLoopback, isSyncName, parseAuditTrail, parseEndpoint, parsePortRange } from "./values.js";

/*
 * The shape of `aura.toml`. Values stay as written; `resolveSettings` turns them into numbers and records.
 * Messages are `what; fix`. Descriptions feed docs/reference/config.md. Defaults stand in config-defaults.ts.
 */

const text = z.string().min(1, "is empty; give it a value, or remove the line");

function duration(minimumMs: number, minimum: string) {
  return text.refine(
    (value) => (parseDuration(value) ?? -1) >= minimumMs,
    `is not a duration of at least ${minimum}; write for example "30s", "5m" or "1m30s"`,
  );
}

function integer(from: number, to: number) {
  return z
    .number()
    .refine(
      (value) => Number.isInteger(value) && value >= from && value <= to,
      `is out of range; choose a whole number from ${from} to ${to}`,
    );
}

const endpoint = text.refine(
  (value) => parseEndpoint(value) !== undefined,
  'is not an address; write HOST:PORT, for example "127.0.0.1:9876"',
);
const loopback = endpoint.refine(
  (value) => isLoopback(parseEndpoint(value)?.host ?? "127.0.0.1"),
  "is not a loopback address; use 127.0.0.1 or [::1] (a proxy in front of it can serve other hosts)",
);
const portRange = text.refine(
  (value) => parsePortRange(value) !== undefined,
  'is not a port range; write LOW-HIGH within 1024-65535, for example "20000-32000"',
);
const auditTrail = text.refine(
  (value) => parseAuditTrail(value) !== undefined,
  'is not an audit trail; write "memory", "sqlite", "sqlite:PATH" or "temporal"',
);
const hostName = text.refine(isHostName, "is not a host name; use letters, digits, dot, dash and underscore");
const embedded = z.union([z.boolean(), z.enum(EMBEDDED)], { error: 'is not known; write "auto", true ("always") or false ("never")' });

const rate = text.refine(
  (value) => parseSize(value) !== undefined,
  'is not a number of bytes a second; write for example "10MB" or "512KB", or "0" for no limit',
);
const maxDelete = z.number().refine((value) => value >= 0 && value <= 1, "is out of range; choose a share from 0 to 1");
const trashDays = integer(0, 3650);
const syncName = text.refine(
  isSyncName,
  "is not an id; use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
);

// Their keys are checked by the parts that own them; until then any content is carried along unread.
const unread = z.record(z.string(), z.unknown());

const remote = z.strictObject({
  bucket: text.describe("Bucket of the root."),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'is not a URL; write for example "https://s3.example.com"' })
    .optional()
    .describe("S3 endpoint, `http` or `https`; the vendor's own when absent."),
  region: text.optional().describe("Region of the bucket."),
  path_style: z.boolean().optional().describe("Bucket in the path instead of the host name."),
});

const init = z.strictObject({
  root_id: syncName.describe("The root's lasting id, the same on every device."),
  device_id: syncName.describe("This device; usually from the environment: `$AURA_DEVICE_ID`."),
  mode: z.enum(["bidirectional", "push", "pull"]).describe("Which way changes travel."),
  remote: remote.describe("Where the root is kept."),
});

const root = z.strictObject({
  path: text.describe("The folder; relative to the folder of `aura.toml`. Each may appear once."),
  interval: duration(1000, "1s").optional().describe("This root's own `default_interval`."),
  max_delete: maxDelete.optional().describe("This root's own `max_delete`."),
  trash_days: trashDays.optional().describe("This root's own `trash_days`."),
  init: init.optional().describe("How to create the root when the folder has no `root.toml` yet."),
});

export const configSchema = z.strictObject({
  log_format: z.enum(LOG_FORMATS).optional().describe("One record a line as JSON or as `key=value` text, or `pretty` for people."),
  log_level: z.enum(LOG_LEVELS).optional().describe("The least level that is logged."),
  default_interval: duration(1000, "1s").optional().describe("Longest time between two syncs of a quiet root. At least `1s`."),
  watcher_debounce: duration(50, "50ms").optional().describe("Quiet time after a file change before a sync. At least `50ms`."),
  head_poll_interval: duration(1000, "1s").optional().describe("First pause between two looks at the bucket. At least `1s`."),
  head_poll_max_interval: duration(1000, "1s").optional().describe("Longest pause; at least `head_poll_interval`."),
  status_api: z.boolean().optional().describe("Whether the loopback status listener runs."),
  status_api_addr: loopback.optional().describe("Its address: loopback only; port 0 takes a free one."),
  status_api_require_auth: z.boolean().optional().describe("Whether it asks for the bearer token. False only behind a proxy that does."),
  status_tick_history: integer(10, 10_000).optional().describe("Ticks kept in memory a root: 10 to 10000."),
  max_transfers: integer(1, 64).optional().describe("Uploads and downloads at once: 1 to 64."),
  upload_limit: rate.optional().describe("Bytes a second that all roots together upload, such as `10MB`; `0`: no limit."),
  download_limit: rate.optional().describe("The same for downloads."),
  max_delete: maxDelete
    .optional()
    .describe(
      "A sync that would delete more than this share of a root's files (0 to 1), and at least 20, waits for `aura-msg sync --confirm`.",
    ),
  trash_days: trashDays.optional().describe("Days that replaced and deleted files stay in `.aura/trash`: 0 to 3650."),
  watcher_fallback: z
    .enum(WATCHER_FALLBACKS)
    .optional()
    .describe("What follows when the kernel gives no more watches: `fail` ends `aurad` with 73, `poll` looks at the folders now and then."),
  roots: z.array(root).optional().describe("The sync roots, one `[[roots]]` each."),
  temporal: z
    .strictObject({
      address: endpoint.optional().describe("The Temporal server, `HOST:PORT`. Giving one switches the embedded server off."),
      namespace: text.optional().describe("Temporal namespace."),
      task_queue: text.optional().describe("Task queue of epochs."),
      embedded: embedded.optional().describe("Own server: `auto` when no address is given and none answers; `true` always; `false` never."),
      ui_port: integer(1, 65_535).optional().describe("Web UI port of the embedded server."),
    })
    .optional()
    .describe("Connection to Temporal."),
  logging: z
    .strictObject({
      format: z.enum(LOG_FORMATS).optional().describe("Same as `log_format`."),
      level: z.enum(LOG_LEVELS).optional().describe("Same as `log_level`."),
    })
    .optional()
    .describe("Another way to write the two top-level keys."),
  daemon: z
    .strictObject({
      host: hostName.optional().describe("Name of this host in Temporal; the operating system's host name when absent."),
      on_stop: z.enum(ON_STOP).optional().describe("Whether a stopping `aurad` stops the services or leaves them running."),
      port_range: portRange.optional().describe("Dynamic service ports come from here, both ends included."),
      api_addr: endpoint.optional().describe("Full API over TCP with a bearer token; off when absent."),
      routing_output: text.optional().describe("File that receives the reverse proxy's routes; none when absent."),
    })
    .optional()
    .describe("The daemon of this host."),
  audit: z
    .strictObject({
      trail: auditTrail
        .optional()
        .describe("Where epoch events are kept: `memory`, `sqlite` (data/`audit.db`), `sqlite:PATH` or `temporal`."),
    })
    .optional()
    .describe("The audit trail."),
  metrics: z
    .strictObject({
      require_token: z.boolean().optional().describe("Whether `/metrics` asks for the bearer token."),
      token_file: text.optional().describe("File with a token of its own for scrapers."),
    })
    .optional()
    .describe("Prometheus metrics."),
  mothership: z
    .strictObject({
      bind: text.optional().describe("Address the relay listens on."),
      port: integer(1, 65_535).optional().describe("Its port."),
      display_name: text.optional().describe("Its name in the certificate; the host name when absent."),
    })
    .optional()
    .describe("The relay between hosts."),
  governor: unread.optional().describe("Resource limits; carried along, not read by this version."),
  policies: z.array(unread).optional().describe("Policies, one `[[policies]]` each; carried along, not read by this version."),
});

/** `aura.toml` as written, checked; file paths in it are absolute. */
export type Config = z.infer<typeof configSchema>;
