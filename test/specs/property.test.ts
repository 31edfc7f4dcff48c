import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { specDocument } from "../../src/services/spec/schema.js";
import { fillStartVariables } from "../../src/services/spec/start-variables.js";
import { good } from "./host.js";

const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,12}$/);
const tricky = fc.constantFrom(
  "$",
  "$$",
  "{",
  "}",
  "a",
  "B",
  " ",
  "'",
  '"',
  "\\",
  "~",
  "/",
  ":",
  "#",
  "\n",
  "\t",
  "é",
  "-",
  "1",
  ",",
  "&",
  "*",
  "!",
  "|",
);
const word = fc.oneof(
  fc.string({ unit: tricky, minLength: 1, maxLength: 8 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => !text.includes("\0")),
);
const ms = fc.integer({ min: 1, max: 600_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** A value as a person writes it beside what the supervisor must get from it. */
const model = fc
  .record({
    name,
    program: fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/),
    args: fc.array(word, { maxLength: 4 }),
    port: maybe(fc.integer({ min: 0, max: 65535 })),
    env: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), word, { maxKeys: 4 }),
    health: maybe(
      fc.record({
        port: fc.integer({ min: 1, max: 65535 }),
        interval: ms,
        timeout: ms,
        grace: fc.nat(9999),
        threshold: fc.integer({ min: 1, max: 1000 }),
      }),
    ),
    restart: maybe(
      fc.record({
        policy: fc.constantFrom("always", "on-failure", "never", "oneshot"),
        attempts: fc.nat(100),
        delay: fc.nat(9999),
        backoff: fc.constantFrom("fixed", "exponential"),
        max: fc.integer({ min: 10_000, max: 99_999 }),
        reset: ms,
      }),
    ),
    stop: maybe(fc.record({ signal: fc.constantFrom("SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL"), timeout: fc.nat(99_999) })),
    codes: fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
    log: maybe(fc.record({ size: fc.integer({ min: 1024, max: 2 ** 40 }), keep: fc.nat(1000) })),
    umask: maybe(fc.integer({ min: 0, max: 0o777 })),
    after: fc.uniqueArray(name, { maxLength: 4 }),
  })
  .filter((m) => !m.after.includes(m.name));

type Model = typeof model extends fc.Arbitrary<infer T> ? T : never;

/** Literal text as it must be written where dollars mean something. */
const literal = (text: string): string => text.replaceAll("$", "$$$$");

function written(m: Model): Record<string, unknown> {
  return {
    service: { name: m.name, type: "native", command: [m.program, ...m.args] },
    ...(m.port === undefined ? {} : { network: { port: m.port } }),
    ...(m.health === undefined
      ? {}
      : {
          health: {
            type: "tcp",
            port: m.health.port,
            interval: `${m.health.interval}ms`,
            timeout: `${m.health.timeout}ms`,
            grace_period: `${m.health.grace}ms`,
            unhealthy_threshold: m.health.threshold,
          },
        }),
    ...(m.restart === undefined
      ? {}
      : {
          restart: {
            policy: m.restart.policy,
            max_attempts: m.restart.attempts,
            delay: `${m.restart.delay}ms`,
            backoff: m.restart.backoff,
            max_delay: `${m.restart.max}ms`,
            reset_after: `${m.restart.reset}ms`,
          },
        }),
    ...(m.stop === undefined ? {} : { stop: { signal: m.stop.signal, timeout: `${m.stop.timeout}ms` } }),
    ...(m.log === undefined ? {} : { log: { max_size: m.log.size, keep: m.log.keep } }),
    ...(m.umask === undefined ? {} : { umask: m.umask.toString(8).padStart(3, "0") }),
    success_exit_codes: m.codes,
    env: Object.fromEntries(Object.entries(m.env).map(([key, value]) => [key, literal(value)])),
    dependencies: { after: m.after, requires: m.after.slice(1) },
  };
}

const untilde = (text: string): string => (text === "~" || text.startsWith("~/") ? `/home/ann${text.slice(1)}` : text);

it("any valid spec written as YAML is read back as it was meant", () => {
  fc.assert(
    fc.property(model, fc.constantFrom<"PLAIN" | "QUOTE_DOUBLE" | "QUOTE_SINGLE">("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"), (m, style) => {
      const document = written(m);
      expect(specDocument.safeParse({ ...document, log: undefined }).success).toBe(true);
      const text = stringify(document, { defaultStringType: style, defaultKeyType: "PLAIN", blockQuote: false, lineWidth: 0 });
      const spec = fillStartVariables(good(text), { port: m.port ?? null, name: m.name });
      expect(spec.command).toEqual([m.program, ...m.args]);
      expect(spec.env).toEqual(Object.fromEntries(Object.entries(m.env).map(([key, value]) => [key, untilde(value)])));
      expect(spec).toMatchObject({
        name: m.name,
        after: m.after,
        requires: m.after.slice(1),
        successExitCodes: m.codes.toSorted((a, b) => a - b),
      });
      expect([spec.port, spec.umask]).toEqual([m.port, m.umask]);
      if (m.health !== undefined)
        expect(spec.health).toEqual({
          type: "tcp",
          port: m.health.port,
          intervalMs: m.health.interval,
          timeoutMs: m.health.timeout,
          gracePeriodMs: m.health.grace,
          unhealthyThreshold: m.health.threshold,
        });
      if (m.restart !== undefined)
        expect(spec.restart).toEqual({
          policy: m.restart.policy,
          maxAttempts: m.restart.attempts,
          delayMs: m.restart.delay,
          backoff: m.restart.backoff,
          maxDelayMs: m.restart.max,
          resetAfterMs: m.restart.reset,
        });
      if (m.stop !== undefined) expect(spec.stop).toEqual({ signal: m.stop.signal, timeoutMs: m.stop.timeout });
      if (m.log !== undefined) expect(spec.log).toEqual({ maxSizeBytes: m.log.size, keep: m.log.keep });
    }),
    { numRuns: 300 },
  );
});
