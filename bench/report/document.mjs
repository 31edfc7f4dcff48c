/** docs/performance.md: each case owns the text between its markers; the rest belongs to people. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdownTable } from "./table.mjs";

const path = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const preface = `# Performance

Measured by \`npm run bench\` (see \`bench/\`); \`npm run bench -- --write\` rewrites the parts between the markers.
All tools are measured in one run, side by side, in interleaved rounds, each at its quickest settings.
Compare figures within a run: other machines give others, the ratios hold better.
`;

/**
 * @typedef {object} CaseResult
 * @property {string} title
 * @property {string} how  what was measured, in sentences
 * @property {{head: string[], rows: string[][]}[]} tables
 * @property {import("./verdict.mjs").Verdict[]} verdicts
 * @property {string[]} [notes]
 * @property {unknown} raw  samples, for the JSON file
 */

/** @param {CaseResult} result */
export function caseText(result) {
  const parts = [`## ${result.title}`, result.how];
  for (const { head, rows } of result.tables) parts.push(markdownTable(head, rows));
  if (result.notes?.length) parts.push(result.notes.map((note) => `- ${note}`).join("\n"));
  if (result.verdicts.length > 0) {
    parts.push(result.verdicts.map(({ aim, measured, verdict }) => `- **${verdict}** — aim: ${aim}. Measured: ${measured}.`).join("\n"));
  }
  return parts.join("\n\n");
}

function replaceSection(document, name, text) {
  const [start, stop] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const section = `${start}\n${text}\n${stop}`;
  const from = document.indexOf(start);
  const to = document.indexOf(stop);
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${section}\n`;
  return document.slice(0, from) + section + document.slice(to + stop.length);
}

/** @param {readonly {name: string, text: string}[]} sections in the order in which new ones are appended */
export function writeDocument(sections) {
  let document = existsSync(path) ? readFileSync(path, "utf8") : preface;
  for (const { name, text } of sections) document = replaceSection(document, name, text);
  writeFileSync(path, document);
  return path;
}
