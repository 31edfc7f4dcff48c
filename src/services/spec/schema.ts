import { z } from "zod";
import { SIZE } from "../../shared/sizes.js";

/**
 * The shape of a spec file as a person writes it; editors get it as JSON Schema. Messages are `what; fix`.
 * Rules between fields are in rules.ts. Never imported by workflows: zod schemas there exhaust worker memory.
 */

export const SERVICE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const DURATION = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
const HOSTNAME = /^(?=.{1,253}$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** Accepted by editors as numbers and booleans too; the parser takes them as the text that was written. */
const ANY_SCALAR = { type: ["string", "number", "boolean"] };

const text = (about: string) => z.string().min(1, "must not be empty; write a value or remove the key").describe(about);
const flag = (about: string) => z.boolean().describe(about);
const matching = (pattern: RegExp, message: string, about: string) => z.string().regex(pattern, message).describe(about);
const whole = (min: number, max: number, about: string) => {
  const message = `must be ${min} to ${max}; write a number in that range`;
  return z.int().min(min, message).max(max, message).describe(about);
};
export const NOT_A_DURATION = "is not a duration; write it as 10s, 1m30s or 500ms";
/** The number 0 is the one duration without a unit. */
const duration = (about: string) => matching(DURATION, NOT_A_DURATION, about).meta({ type: ["string", "integer"], minimum: 0, maximum: 0 });
const words = z.string().meta(ANY_SCALAR);
const command = (about: string) =>
  z
    .union([z.string(), z.array(words).min(1)], { error: "must be text or a list of texts; write: command: ./bin/api --flag" })
    .describe(about);
const serviceName = (about: string) =>
  matching(SERVICE_NAME, "is not a service name; use letters, digits, '.', '_', '-', at most 64, first a letter or digit", about);

export const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL"] as const;

/** Keys of a process that may stand at the top of the document or inside `service`, not in both. */
const processKeys = {
  stop: z
    .strictObject({
      signal: z.enum(SIGNALS).optional().describe("First signal sent to stop the service. Default SIGTERM."),
      timeout: duration("Wait after that signal before SIGKILL to the whole process tree. Default 10s.").optional(),
    })
    .optional()
    .describe("How the service is stopped."),
  success_exit_codes: z
    .array(whole(0, 255, "An exit status."))
    .optional()
    .describe("Exit statuses that count as success beside 0."),
  ready_log_line: text("The service is ready once a line of its output contains this text.").optional(),
  log: z
    .strictObject({
      max_size: matching(
        SIZE,
        "is not a size; write it as 10MB, 512KB or a number of bytes",
        "Size at which the log is rotated. Default 10MB.",
      )
        .meta({ type: ["string", "integer"] })
        .optional(),
      keep: whole(0, 1000, "Rotated files kept. Default 5.").optional(),
    })
    .optional()
    .describe("Rotation of the service's log file."),
  umask: matching(/^(?:0o?)?[0-7]{1,3}$/, 'is not a file mode mask; write octal digits as "022"', "File mode mask, octal.")
    .meta({ type: ["string", "integer"] })
    .optional(),
  user: matching(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/,
    "is not a user name; write a name or a uid",
    "Run as this user; only when aurad runs as root.",
  )
    .meta({ type: ["string", "integer"] })
    .optional(),
};

const service = z
  .strictObject({
    name: serviceName("Unique name of the service."),
    type: z.enum(["native", "container", "external"]).describe("native: a local program. container: an image. external: only watched."),
    command: command("Program and arguments, split as a shell splits words, run without a shell. Native only.").optional(),
    working_dir: text(
      "Directory the program runs in, seen from the spec file. Default: the spec file's directory. Native only.",
    ).optional(),
    image: matching(/^[^\s]+$/, "is not an image reference; write it as postgres:16", "Container image. Container only.").optional(),
    network_mode: matching(
      /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/,
      "is not a network mode; write host, bridge or a network's name",
      "Container network mode. Default host.",
    ).optional(),
    privileged: flag("Run the container privileged. Default false.").optional(),
    ...processKeys,
  })
  .describe("What runs.");

const network = z
  .strictObject({ port: whole(0, 65535, "Port the service listens on; 0 takes a free one from the host's range.") })
  .describe("The service's port, given to it as PORT.");

const routing = z
  .strictObject({
    hostname: matching(HOSTNAME, "is not a host name; write it as api.example.test", "Host name routed to the service."),
    tls: flag("Route over TLS. Default false.").optional(),
    tls_options: matching(
      /^[A-Za-z0-9._@-]+$/,
      "is not a name of TLS options; use letters, digits, '.', '_', '@', '-'",
      "Name of the proxy's TLS options.",
    ).optional(),
  })
  .describe("Reverse proxy entry of the service.");

const health = z
  .strictObject({
    type: z.enum(["http", "tcp", "exec"]).describe("http: GET answers 2xx. tcp: connects. exec: the command exits 0."),
    path: matching(/^\/\S*$/, 'must start with "/"; write it as /healthz', "Path of the GET request. http only.").optional(),
    port: whole(1, 65535, "Port to check. Default: the service's own port.").optional(),
    command: command("Program and arguments of the check. exec only.").optional(),
    interval: duration("Time between checks. Default 10s.").optional(),
    timeout: duration("A check that takes longer fails. Default 2s.").optional(),
    grace_period: duration("Wait before the first check. Default 0s.").optional(),
    unhealthy_threshold: whole(1, 1000, "Failed checks in a row before the service counts as unhealthy. Default 3.").optional(),
  })
  .describe("How readiness and health are checked.");

const restart = z
  .strictObject({
    policy: z
      .enum(["always", "on-failure", "never", "oneshot"])
      .optional()
      .describe("When a service that ended is started again. Default on-failure."),
    max_attempts: whole(0, 1_000_000, "Restarts since the last stable run before giving up; 0 is unlimited. Default 0.").optional(),
    delay: duration("Wait before the first restart; 0 restarts at once. Default 1s.").optional(),
    backoff: z.enum(["fixed", "exponential"]).optional().describe("exponential doubles the delay at each attempt. Default exponential."),
    max_delay: duration("Longest delay of exponential backoff. Default 30s.").optional(),
    reset_after: duration("A run at least this long is stable and clears the attempts. Default 60s.").optional(),
  })
  .describe("What happens when the service ends or turns unhealthy.");

const variable = matching(VARIABLE, "is not a variable name; use letters, digits and '_', first a letter", "Variable name.");
const dependencyList = (about: string) => z.array(serviceName("A service name.")).describe(about);

export const specDocument = z
  .strictObject({
    service,
    network: network.optional(),
    routing: routing.optional(),
    health: health.optional(),
    restart: restart.optional(),
    env: z
      .record(variable, z.string().meta(ANY_SCALAR))
      .optional()
      .describe("Environment variables. ~, $VAR and ${VAR} are expanded; $$ is a dollar."),
    secrets: z
      .record(
        variable,
        z.strictObject({
          secret: text("Key in the secret store.").optional(),
          keychain: text("Older spelling of secret.").optional(),
        }),
      )
      .optional()
      .describe("Environment variables filled from the secret store."),
    volumes: z
      .record(
        text("Host path or volume name."),
        matching(/^\/.*$/, "must be an absolute path in the container; write it as /data or /data:ro", "Path in the container."),
      )
      .optional()
      .describe("Host path to container path. Container only."),
    args: z.array(words).optional().describe("Arguments of the container. Container only."),
    dependencies: z
      .strictObject({
        after: dependencyList("Start only after these are ready.").optional(),
        requires: dependencyList("Subset of after: when one stops for good, this service is stopped with it.").optional(),
      })
      .optional()
      .describe("Order and hard dependencies."),
    ...processKeys,
  })
  .describe("One service of Aura.");

/** A document that passed the schema. */
export type SpecDocument = z.infer<typeof specDocument>;
export type ProcessKeys = Pick<SpecDocument, "stop" | "success_exit_codes" | "ready_log_line" | "log" | "umask" | "user">;
export const PROCESS_KEYS = Object.keys(processKeys) as readonly (keyof ProcessKeys)[];
