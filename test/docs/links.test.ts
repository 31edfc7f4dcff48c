import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/cli/command-table.js";
import { anchors, calls, links, pages, ROOT, text } from "./markdown.js";

const PROGRAM = readFileSync(join(ROOT, "src/worker/program.ts"), "utf8");
const AURAD_COMMANDS = [...PROGRAM.matchAll(/\.command\("(\w+)/g)].map((match) => match[1]!);
const AURAD_OPTIONS = [...PROGRAM.matchAll(/(?:\.option|new Option)\("([^"]+)", "[^"]+"/g)].map((match) => match[1]!);
const GUIDES = pages().filter((page) => page === "README.md" || page.startsWith("docs/guides/"));

/** `-n, --lines <n>` -> -n, --lines. */
function names(options: readonly string[]): Set<string> {
  return new Set(options.flatMap((option) => option.match(/--?[a-z][a-z-]*/g) ?? []).concat("--help", "--version"));
}

function problemOf({ program, args }: { readonly program: string; readonly args: readonly string[] }): string | null {
  if (program === "aurad") {
    const command = args.find((arg) => /^[a-z]+$/.test(arg) && args[args.indexOf(arg) - 1]?.startsWith("--") !== true);
    if (command !== undefined && !AURAD_COMMANDS.includes(command)) return `aurad has no command ${command}`;
    return unknownOption(args, AURAD_OPTIONS);
  }
  const global = GLOBAL_OPTIONS.map(({ flags }) => flags);
  const command = commandOf(args);
  if (command === undefined) return args.length === 0 ? null : `aura-msg has no such command: ${args.join(" ")}`;
  return unknownOption(args, [...global, ...(command.options ?? []).map(({ flags }) => flags)]);
}

/** The command that the words begin, or that follows options: `--host desk status`, `audit verify`. */
function commandOf(args: readonly string[]): (typeof COMMANDS)[number] | undefined {
  const starts = (words: readonly string[]): boolean => args.some((_, at) => words.every((word, i) => args[at + i] === word));
  const found = COMMANDS.filter(({ name }) => starts(name.split(" ")));
  return found.toSorted((a, b) => b.name.split(" ").length - a.name.split(" ").length)[0];
}

function unknownOption(args: readonly string[], options: readonly string[]): string | null {
  const unknown = args.find((arg) => /^--?[a-z]/.test(arg) && !names(options).has(arg));
  return unknown === undefined ? null : `there is no option ${unknown}`;
}

describe("the pages", () => {
  it("are found", () => {
    expect(pages()).toEqual(expect.arrayContaining(["README.md", "docs/README.md", "docs/design/services.md"]));
    expect(GUIDES.length).toBeGreaterThanOrEqual(4);
  });

  it.each(pages())("%s links to files and headings that exist", (page) => {
    const broken = links(page).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), decodeURI(path)));
      if (target.startsWith("..") || !existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("name every page of docs/ in its index, or in the index of its folder", () => {
    const listed = new Set(
      ["docs/README.md", "docs/decisions/README.md"].flatMap((index) => links(index).map((link) => normalize(join(dirname(index), link)))),
    );
    const unlisted = pages().filter((page) => page.startsWith("docs/") && !listed.has(page) && page !== "docs/README.md");
    expect(unlisted).toEqual([]);
  });
});

describe("the commands in README and guides", () => {
  it.each(GUIDES)("of %s exist, with their options", (page) => {
    const found = calls(page);
    expect(found.length).toBeGreaterThan(0);
    expect(found.map((call) => ({ line: call.line, problem: problemOf(call) })).filter(({ problem }) => problem !== null)).toEqual([]);
  });

  it("would be caught when they did not", () => {
    expect(problemOf({ program: "aura-msg", args: ["statuss"] })).not.toBeNull();
    expect(problemOf({ program: "aura-msg", args: ["--host", "desk", "status", "--wath"] })).toBe("there is no option --wath");
    expect(problemOf({ program: "aura-msg", args: ["audit", "verify", "--phase", "p4"] })).toBe("there is no option --phase");
    expect(problemOf({ program: "aura-msg", args: ["epoch", "begin"] })).not.toBeNull();
    expect(problemOf({ program: "aurad", args: ["install"] })).toBe("aurad has no command install");
  });
});

describe("docs/reference/aurad.md", () => {
  it("has every command and option of aurad, and no other", () => {
    const page = text("docs/reference/aurad.md");
    for (const command of AURAD_COMMANDS) expect(page).toMatch(new RegExp(`^## .aurad (${command}|\\[${command}\\])`, "m"));
    const documented = [...page.matchAll(/^\| `(-[^`]+)`/gm)].map((match) => match[1]!);
    expect(documented.toSorted()).toEqual(AURAD_OPTIONS.toSorted());
  });
});
