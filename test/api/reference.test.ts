import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildApi } from "../../src/api/app.js";
import type { OptionRow } from "../../src/cli/command-row.js";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/cli/command-table.js";
import { ERRORS, type ErrorRow } from "../../src/shared/errors.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";

function page(name: string): string {
  return readFileSync(new URL(`../../docs/reference/${name}.md`, import.meta.url), "utf8");
}

/** Rows of every table in a text, cells without their back quotes. */
function tableRows(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("`", "").replaceAll("\\|", "|")),
    );
}

describe("docs/reference/errors.md", () => {
  it("is the table of errors, row for row", () => {
    const code = Object.entries<ErrorRow>(ERRORS).map(([name, row]) => [
      name,
      String(row.aurad),
      String(row.msg),
      String(row.http),
      row.retryable ? "yes" : "no",
      row.hint,
    ]);
    expect(tableRows(page("errors"))).toEqual(code);
  });
});

describe("docs/reference/cli.md", () => {
  const [intro = "", ...sections] = page("cli").split(/^### `aura-msg /m);
  const optionRows = (options: readonly OptionRow[]): string[][] =>
    options.map(({ flags, summary, preset }) => [flags, preset === undefined ? summary : `${summary} (default ${preset})`]);

  it("has every command in the order of the help, with its arguments, summary and options", () => {
    const documented = sections.map((section) => {
      const [title = ""] = section.split("`");
      const summary = section.split("\n")[2] ?? "";
      return { title, summary, options: tableRows(section) };
    });
    expect(documented).toEqual(
      COMMANDS.map(({ name, args, summary, options = [] }) => ({
        title: args === undefined ? name : `${name} ${args}`,
        summary: `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
        options: optionRows(options),
      })),
    );
  });

  it("has the options that every command takes", () => {
    const rows = tableRows(intro).filter(([flags]) => flags!.startsWith("--"));
    expect(rows).toEqual(optionRows(GLOBAL_OPTIONS));
  });
});

describe("docs/reference/api.md", () => {
  it("has every route there is, and no other", async () => {
    const app = buildApi({ ...fakeDaemon(new FakeHost([])), token: null, mode: "full" });
    await app.ready();
    const documented = tableRows(page("api"))
      .filter(([method]) => method === "GET" || method === "POST")
      .map(([method, path]) => `${method} ${path!.split("?")[0]}`);
    expect(documented.toSorted()).toEqual(routesOf(app.printRoutes({ commonPrefix: false })).toSorted());
    await app.close();
  });
});

/** fastify draws a tree: `│   └── /why (GET, HEAD)`. */
function routesOf(tree: string): string[] {
  const parents: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent, segment, methods = ""] = /^([│ ]*)[└├]── (\S+)(?: \(([^)]+)\))?$/.exec(line) ?? [];
    if (indent === undefined) return [];
    const depth = indent.length / 4;
    parents.length = depth;
    const path = parents.join("") + segment;
    parents.push(segment!);
    return methods
      .split(", ")
      .filter((method) => method !== "HEAD" && method !== "")
      .map((method) => `${method} ${path.replace(":name", "NAME").replace(":id", "ID").replace(":slice", "SLICE")}`);
  });
}
