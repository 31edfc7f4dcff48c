import { phaseOf } from "../phases.js";
import { broken, senderRole, type Breach, type Checked, type Constraint } from "./constraint.js";

/** Of how agents go about it, and what they ask people. */
export const CONDUCT: readonly Constraint[] = [
  {
    id: "C-supervisor-no-impl",
    given: "a supervisor",
    when: "impl phases",
    must: "spawn workers",
    not: "write code",
    check: (step) =>
      step.command.kind === "slice_progress" && step.refused.length === 0 && senderRole(step) === "supervisor"
        ? [broken(step, `a supervisor works on a leaf of slice ${step.command.message.slice_id} itself`)]
        : [],
    note: "progress of a leaf that a supervisor reports as its own work",
  },
  {
    id: "C-supervisor-explore-ephemeral",
    given: "a supervisor that needs to look at code",
    when: "p8",
    must: "short-lived explorers",
    not: "standing team, own exploring",
    check: null,
    note: "how an agent looks at code happens inside the agent",
  },
  {
    id: "C-autonomous-progression",
    given: "an agent that decides",
    when: "outside of p1, p2, p5, p11",
    must: "go on without asking",
    not: "extra gates",
    check: (step) =>
      step.command.kind === "answer" && step.refused.length === 0 && !ASKED.includes(step.before.phase)
        ? [broken(step, `a person was asked in ${step.before.phase} (${phaseOf(step.before.phase).name}), which has no user gate`)]
        : [],
    note: "an answer recorded in a phase that asks nobody",
  },
  {
    id: "C-handoff-skill-invocation",
    given: "an agent's launch",
    when: "its prompt is written",
    must: "it begins with the role's skill",
    not: "launch bare",
    check: null,
    note: "prompts are the business of the agents' own programs",
  },
];

/** The depth of research is asked in p1; the others are the user gates. */
const ASKED: readonly string[] = ["p1", "p2", "p5", "p11"];

export const VERBATIM: Constraint = {
  id: "C-ure-verbatim",
  given: "an interview or a person's decision",
  when: "it is recorded",
  must: "full question, all options, exact answer",
  not: "summarise",
  check: verbatim,
  note: "leaving a user gate without a person's answer is refused; a recorded answer without its question is noted",
};

function verbatim(step: Checked): readonly Breach[] {
  const unanswered = step.command.kind === "advance" ? step.refused.filter((line) => line.startsWith("user gate")) : [];
  if (step.command.kind !== "answer" || step.refused.length > 0) return unanswered.map((line) => broken(step, line));
  const { question = "", answer } = step.command.message;
  const kept = step.after.answers.at(-1);
  return [
    ...(question.trim() === "" ? [broken(step, "an answer was recorded without its question")] : []),
    ...(kept?.answer === answer && kept.question === question ? [] : [broken(step, "an answer was not recorded word for word")]),
  ];
}

/** Follow-ups are epochs or tasks of their own. */
export const FOLLOW_UPS: readonly Constraint[] = [
  {
    id: "C-followup-timing",
    given: "IMPORTANT or MINOR findings",
    when: "the round ends",
    must: "make the follow-up now",
    not: "wait for blockers",
    check: null,
    note: "a follow-up is an epoch of its own; nothing ties it to the one that it follows",
  },
  {
    id: "C-followup-lifecycle",
    given: "a follow-up",
    when: "it starts",
    must: "it runs all phases",
    not: "flat list",
    check: null,
    note: "every epoch runs all phases; that one is a follow-up is known to the task tracker alone",
  },
  {
    id: "C-followup-leaf-adoption",
    given: "a slice of a follow-up",
    when: "it takes leaves",
    must: "add a second parent",
    not: "drop the first",
    check: null,
    note: "parents of tasks are kept in the task tracker, which Aura does not read",
  },
];
