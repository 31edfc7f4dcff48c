import { distance } from "fastest-levenshtein";
import { AXES, VOTES, type Axis, type Vote } from "./messages.js";
import { COMPLETE, PHASES, type PhaseId } from "./phases.js";

/** What a person wrote, understood, or the line that says what could have been meant. */
export type Parsed<K extends string, T> = Readonly<Record<K, T>> | { readonly suggestion: string };

const FORMS: readonly (readonly [form: string, phase: PhaseId])[] = [
  ...PHASES.flatMap(({ id, slug, name }) => [id, id.slice(1), slug, `${id}-${slug}`, plain(name)].map((form) => [form, id] as const)),
  ["complete", COMPLETE.id],
];

/** `3`, `p3`, `p3-propose`, `propose`, `code_review`, `Plan UAT`: case, dash, underscore and blank do not matter. */
export function parsePhase(text: string): Parsed<"phase", PhaseId> {
  const word = plain(text);
  const phase = FORMS.find(([form]) => form === word)?.[1];
  if (phase !== undefined) return { phase };
  if (word === "uat") return { suggestion: "uat is two phases: plan-uat (p5) or impl-uat (p11)" };
  const near = nearest(
    word,
    FORMS.map(([form]) => form).filter((form) => /[a-z]{2}/.test(form)),
  );
  return { suggestion: near === undefined ? "a phase is p1 to p12, its name such as propose, or complete" : `did you mean ${near}?` };
}

const AXIS_LETTERS: readonly string[] = ["a", "b", "c"];

/** An axis by its name or its letter. */
export function parseAxis(text: string): Parsed<"axis", Axis> {
  const word = plain(text);
  const axis = AXES[AXIS_LETTERS.indexOf(word)] ?? AXES.find((candidate) => plain(candidate) === word);
  if (axis !== undefined) return { axis };
  const near = nearest(word, AXES.map(plain));
  return { suggestion: `${meant(near?.replaceAll("-", "_"))}an axis is ${AXES.join(", ")}, or A, B, C` };
}

export function parseVote(text: string): Parsed<"vote", Vote> {
  const word = plain(text);
  const vote = VOTES.find((candidate) => candidate.toLowerCase() === word);
  if (vote !== undefined) return { vote };
  const near = nearest(
    word,
    VOTES.map((candidate) => candidate.toLowerCase()),
  );
  return { suggestion: `${meant(near?.toUpperCase())}a vote is ACCEPT or REVISE` };
}

function meant(word: string | undefined): string {
  return word === undefined ? "" : `did you mean ${word}? `;
}

function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, "-");
}

/** The form nearest to a mistyped one, when it is near enough to be meant. */
function nearest(word: string, forms: readonly string[]): string | undefined {
  const ranked = forms.map((form) => ({ form, away: distance(word, form) })).sort((a, b) => a.away - b.away);
  const best = ranked[0];
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.form.length / 3)) ? best.form : undefined;
}
