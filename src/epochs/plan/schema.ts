import { z } from "zod";
import { SLICE_ID } from "../ids.js";
import { SLICE_MODES } from "../slice.js";

/**
 * The shape of a slice plan as a person writes it; editors get it as JSON Schema. Messages are `what; fix`.
 * Rules between slices are in rules.ts. Never imported by workflows: zod schemas there exhaust worker memory.
 */

export const MOST_SLICES = 500;
export const MOST_COMMAND = 32 * 1024;
const HOST_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const DURATION = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
/** Accepted by editors as numbers and booleans too; the parser takes them as the text that was written. */
const ANY_SCALAR = { type: ["string", "number", "boolean"] };

const text = (most: number, about: string) =>
  z
    .string()
    .regex(/\S/, "must not be empty; write a value or remove the key")
    .max(most, `is longer than ${most} characters; shorten it`)
    .describe(about);
const matching = (pattern: RegExp, message: string, about: string) => z.string().regex(pattern, message).describe(about);
const whole = (min: number, max: number, about: string) => {
  const message = `must be ${min} to ${max}; write a number in that range`;
  return z.int().min(min, message).max(max, message).describe(about);
};
const NOT_A_DURATION = "is not a duration; write it as 90s, 5m, 1h30m or a number of seconds";
const duration = (about: string) =>
  z.union([z.number(), z.string().regex(DURATION, NOT_A_DURATION)], { error: NOT_A_DURATION }).describe(about);
const list = <T extends z.ZodType>(item: T, most: number, about: string) =>
  z.array(item).max(most, `has more than ${most} entries; remove some`).describe(about);
const sliceId = (about: string) =>
  matching(SLICE_ID, "is not a slice id; use letters, digits, '.', '_' and '-', at most 64, first a letter or digit", about);

const slice = z.strictObject({
  id: sliceId("Unique in the plan; names the log file and the tmux window."),
  title: text(200, "What it is about, for people. Default: the id.").optional(),
  command: z
    .union([z.string(), z.array(z.string().meta(ANY_SCALAR)).min(1)], {
      error: "must be text or a list of texts; write: command: npm test",
    })
    .optional()
    .describe("A text runs under sh -c, a list is executed as it is. Needed unless mode is mock."),
  working_dir: text(4096, "Where it runs: absolute, ~/…, or seen from the plan's folder. Default: the plan's folder.").optional(),
  mode: z
    .enum(SLICE_MODES)
    .optional()
    .describe(
      "subprocess: in the background. tmux: in a window that a person can look at. mock: nothing runs, it succeeds. Default subprocess.",
    ),
  timeout: duration("It is ended when it runs longer. A duration or seconds. Default 300s.").optional(),
  heartbeat: duration("It counts as lost when its host is not heard of for so long. A duration or seconds. Default 30s.").optional(),
  needs: list(sliceId("The id of a slice."), MOST_SLICES, "Slices that have to succeed first.").optional(),
  retries: whole(0, 100, "How many times a failed attempt is repeated. Default 0.").optional(),
  resources: list(
    matching(NAME, "is not a name; use letters, digits, '.', '_', '-', ':' and '/', at most 64", "A name."),
    50,
    "Two slices that share one never run side by side.",
  ).optional(),
  host: matching(
    HOST_NAME,
    "is not a host name; use letters, digits, '.', '_' and '-'",
    "The host it runs on. Default: the epoch's.",
  ).optional(),
  path: text(1024, "The production code path it owns; no two slices share one.").optional(),
  leaves: list(text(200, "A leaf task."), 100, "Its leaf tasks, such as L1, L2, L3.").optional(),
});

export const planDocument = z
  .strictObject({
    max_parallel: whole(1, 100, "At most so many slices run side by side. Default 4.").optional(),
    fail_fast: z.boolean().optional().describe("The first slice that fails for good cancels the others. Default false."),
    slices: z
      .array(slice)
      .min(1, "has no slice; add one, or start the epoch without a plan")
      .max(MOST_SLICES, `has more than ${MOST_SLICES} slices; split the work into several epochs`)
      .describe("The slices, in any order."),
  })
  .describe("The slices of an epoch.");

/** A document that passed the schema. */
export type PlanDocument = z.infer<typeof planDocument>;
export const PLAN_KEYS = Object.keys(planDocument.shape);
export const SLICE_KEYS = Object.keys(slice.shape);
