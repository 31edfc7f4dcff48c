import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Step } from "../../src/adapters/roots/open-root.js";
import { noCalls, renameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { RenameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { Placed, RootFolder } from "../../src/sync/ports.js";
import { leftovers, opened, put, putOther, tempFolders, trash, tree, write } from "./folders.js";

/*
 * Somebody works on the very path that is being changed, at the moments when it is decided: each thing that can be done
 * there, at each of those moments, and each pair of them. Whatever comes of it, nothing that anybody wrote is lost.
 */

const temp = tempFolders();

const WAYS: readonly (readonly [string, RenameCalls])[] = [
  ["with the kernel's renames", renameCalls()],
  ["with plain renames", noCalls],
];

/** What a person or a program does to a path. Each writes a text that nobody else writes. */
const ACTS: Readonly<Record<string, (path: string, text: string) => void>> = {
  "saves by renaming": (path, text) => {
    rmSync(path, { recursive: existsSync(path) && lstatSync(path).isDirectory(), force: true });
    writeFileSync(`${path}~`, text);
    renameSync(`${path}~`, path);
  },
  "saves over it": (path, text) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isFile()) writeFileSync(path, text);
  },
  "deletes it": (path) => rmSync(path, { recursive: true, force: true }),
  "makes it a folder with a file": (path, text) => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    writeFileSync(join(path, "inside"), text);
  },
  "makes it a link": (path, text) => {
    rmSync(path, { recursive: true, force: true });
    symlinkSync(text, path);
  },
};

interface Operation {
  readonly title: string;
  readonly prepare: (dir: string) => void;
  readonly run: (folder: RootFolder) => Placed;
  /** Where somebody steps in. */
  readonly path: string;
  readonly steps: readonly Step[];
}

const OPERATIONS: readonly Operation[] = [
  {
    title: "placing a file over a file",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => put(folder, "a", "new"),
    path: "a",
    steps: ["checked", "swapped", "undoing"],
  },
  {
    title: "placing a link over a file",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => putOther(folder, "a", { type: "link", target: "new" }),
    path: "a",
    steps: ["checked", "swapped", "undoing"],
  },
  {
    title: "placing a folder over a file",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => putOther(folder, "a", { type: "dir" }),
    path: "a",
    steps: ["checked", "swapped", "undoing"],
  },
  {
    title: "placing a file over a link",
    prepare: (dir) => symlinkSync("old", join(dir, "a")),
    run: (folder) => put(folder, "a", "new"),
    path: "a",
    steps: ["checked", "swapped", "undoing"],
  },
  {
    title: "placing a file over a folder",
    prepare: (dir) => mkdirSync(join(dir, "a")),
    run: (folder) => put(folder, "a", "new"),
    path: "a",
    steps: ["checked", "swapped", "undoing"],
  },
  {
    title: "placing a file where nothing is",
    prepare: () => {},
    run: (folder) => put(folder, "a", "new", null),
    path: "a",
    steps: ["checked"],
  },
  {
    title: "placing a link where nothing is",
    prepare: () => {},
    run: (folder) => putOther(folder, "a", { type: "link", target: "new" }, null),
    path: "a",
    steps: ["checked"],
  },
  {
    title: "placing a folder where nothing is",
    prepare: () => {},
    run: (folder) => putOther(folder, "a", { type: "dir" }, null),
    path: "a",
    steps: ["checked"],
  },
  {
    title: "removing a file",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => folder.remove("a", folder.stat("a")!),
    path: "a",
    steps: ["checked", "swapped"],
  },
  {
    title: "removing a link",
    prepare: (dir) => symlinkSync("old", join(dir, "a")),
    run: (folder) => folder.remove("a", folder.stat("a")!),
    path: "a",
    steps: ["checked", "swapped"],
  },
  {
    title: "removing a folder",
    prepare: (dir) => mkdirSync(join(dir, "a")),
    run: (folder) => folder.remove("a", folder.stat("a")!),
    path: "a",
    steps: ["checked"],
  },
  {
    title: "renaming a file that changes",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => folder.rename("a", "b", folder.stat("a")!),
    path: "a",
    steps: ["checked", "swapped"],
  },
  {
    title: "renaming a file to where something comes to be",
    prepare: (dir) => write(dir, "a", "old"),
    run: (folder) => folder.rename("a", "b", folder.stat("a")!),
    path: "b",
    steps: ["checked", "swapped"],
  },
  {
    title: "renaming a folder that changes",
    prepare: (dir) => write(dir, "a/in", "old"),
    run: (folder) => folder.rename("a", "b", folder.stat("a")!),
    path: "a",
    steps: ["checked", "swapped"],
  },
  {
    title: "renaming a link that changes",
    prepare: (dir) => symlinkSync("old", join(dir, "a")),
    run: (folder) => folder.rename("a", "b", folder.stat("a")!),
    path: "a",
    steps: ["checked", "swapped"],
  },
];

/** Every text at and below a path. */
function textsAt(path: string): string[] {
  if (!existsSync(path) && !isLink(path)) return [];
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return [readlinkSync(path)];
  return stats.isDirectory() ? readdirSync(path).flatMap((name) => textsAt(join(path, name))) : [readFileSync(path, "utf8")];
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function keptTexts(dir: string): string[] {
  const inTree = Object.values(tree(dir)).map((text) => text.replace(/^-> /, ""));
  const inTrash = Object.values(trash(dir)).flatMap((texts) => texts.map((text) => text.replace(/^-> /, "")));
  return [...inTree, ...inTrash];
}

/** Who does what when; in the order of the steps. */
type Plan = readonly (readonly [Step, string])[];

function run(operation: Operation, calls: RenameCalls, plan: Plan): void {
  const dir = temp();
  const at = join(dir, operation.path);
  const waiting = [...plan];
  const texts = new Set<string>();
  let last: string | null = null;
  const onStep = (step: Step): void => {
    while (waiting[0]?.[0] === step) {
      const [, act] = waiting.shift()!;
      const text = `text ${plan.length - waiting.length}`;
      const before = textsAt(at);
      ACTS[act]!(at, text);
      const after = textsAt(at);
      // Somebody's own doing: what stood there then.
      for (const gone of before.filter((each) => !after.includes(each))) texts.delete(gone);
      if (act === "deletes it") last = null;
      if (!after.includes(text)) continue;
      texts.add(text);
      last = text;
    }
  };
  const folder = opened(dir, { calls, onStep });
  operation.prepare(dir);
  if (textsAt(dir).includes("old")) texts.add("old");
  const { result } = operation.run(folder);
  const story = `${plan.map(([step, act]) => `${act} (${step})`).join(", then ")}: ${result}`;
  expect(keptTexts(dir), story).toEqual(expect.arrayContaining([...texts]));
  // What is refused has not come in between somebody and what was done last.
  const places = operation.path === "b" ? ["a", "b"] : [operation.path];
  if (last !== null && result !== "done" && waiting.length === 0) {
    expect(
      places.flatMap((path) => textsAt(join(dir, path))),
      story,
    ).toContain(last);
  }
  expect(leftovers(dir), story).toEqual([]);
}

describe.each(WAYS)("nothing is lost %s", (_, calls) => {
  describe.each(OPERATIONS)("while $title", (operation) => {
    const { steps } = operation;
    const moments = steps.flatMap((step) => Object.keys(ACTS).map((act) => [step, act] as const));

    it.each(moments.map(([step, act]) => [act, step] as const))("somebody %s (%s)", (act, step) => {
      run(operation, calls, [[step, act]]);
    });

    if (steps.length === 1) return;
    it("somebody does two of these things, one after the other", () => {
      for (const one of moments) {
        for (const two of moments) if (steps.indexOf(two[0]) > steps.indexOf(one[0])) run(operation, calls, [one, two]);
      }
    });
  });
});

describe("what is told of a place that is changed at once", () => {
  it.each(Object.keys(ACTS))("is not what the next scan finds when somebody %s", (act) => {
    const dir = temp();
    let placed = false;
    const calls: RenameCalls = {
      ...renameCalls(),
      moveNew: (from, to) => {
        const result = renameCalls().moveNew(from, to);
        if (to === join(dir, "a")) ACTS[act]!(to, "text");
        placed = true;
        return result;
      },
    };
    const folder = opened(dir, { calls });
    const told = put(folder, "a", "new", null);
    expect(placed).toBe(true);
    expect(told).toMatchObject({ result: "done" });
    expect(folder.stat("a")).not.toEqual((told as { stat: unknown }).stat);
  });
});
