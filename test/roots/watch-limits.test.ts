import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compileSources } from "../host/compiled.js";
import { missing } from "../support/components.js";
import { newRoot, tempFolders, write } from "./folders.js";

const temp = tempFolders();

/** Watches the folder that it is given and says what comes of it, one JSON a line; `refresh` on its input has it try again. */
const PROGRAM = `
import { createInterface } from "node:readline";
import { createFolderWatcher } from "./adapters/roots/watcher.js";
const [path, fallback, uid] = process.argv.slice(2);
const say = (record) => console.log(JSON.stringify(record));
if (uid !== undefined) process.setuid(Number(uid));
const log = { trace() {}, debug() {}, info() {}, error() {}, warn: (fields, message) => say({ warning: message, ...fields }) };
const ignored = new Set();
const isIgnored = (path) => path.split("/").some((part) => part === ".aura" || ignored.has(part));
const request = { path, debounceMs: 50, fallback, isIgnored };
try {
  const watching = await createFolderWatcher({ log, pollMs: 100 }).watch(request, (news) => say({ news, mode: watching.mode }));
  say({ mode: watching.mode });
  for await (const line of createInterface({ input: process.stdin })) {
    for (const part of line.split(" ")) ignored.add(part);
    await watching.refresh();
    say({ refreshed: watching.mode });
  }
} catch (error) {
  say({ code: error.code, line: error.line });
}
`;

let compiled: ReturnType<typeof compileSources>;
const children: ChildProcess[] = [];

beforeAll(() => {
  compiled = compileSources();
  writeFileSync(join(compiled.dir, "watching.mjs"), PROGRAM);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => compiled.remove());

type Record = Readonly<{ [key: string]: unknown }>;

/** A watcher with the kernel's limits set for it alone. `unlimited` runs as another user instead. */
function watching(dir: string, fallback: "fail" | "poll", limits: Readonly<{ watches?: number; instances?: number; uid?: number }>) {
  const set = Object.entries({ max_inotify_watches: limits.watches, max_inotify_instances: limits.instances });
  const lines = set.filter(([, value]) => value !== undefined).map(([name, value]) => `echo ${value} > /proc/sys/user/${name}`);
  const args = [
    process.execPath,
    join(compiled.dir, "watching.mjs"),
    dir,
    fallback,
    ...(limits.uid === undefined ? [] : [String(limits.uid)]),
  ];
  const child =
    limits.uid === undefined
      ? spawn("unshare", ["-Ur", "sh", "-c", `${lines.join(" && ")} && exec "$@"`, "sh", ...args], { stdio: ["pipe", "pipe", "inherit"] })
      : spawn(args[0]!, args.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const said = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<Record> => JSON.parse(((await said.next()) as { value: string }).value) as Record;
  const nextWith = async (fits: (record: Record) => boolean): Promise<Record> => {
    for (;;) {
      const record = await next();
      if (fits(record)) return record;
    }
  };
  return { next, nextWith, say: (line: string) => child.stdin!.write(`${line}\n`) };
}

function tells(folder: string): (record: Record) => boolean {
  return ({ news }) => Array.isArray(news) && news.includes(folder);
}

function root(folders: number): string {
  const dir = newRoot(temp());
  for (let n = 0; n < folders; n++) write(dir, `f${n}/a`);
  return dir;
}

describe.skipIf(missing("root"))("when the kernel gives no more watches", () => {
  it("says so in one line with the folder, the limit, the setting and what to do", async () => {
    const dir = root(20);
    expect(await watching(dir, "fail", { watches: 10 }).next()).toEqual({
      code: "watcher_failed",
      line: expect.stringMatching(
        new RegExp(
          `^cannot watch ${dir}/f\\d+: this user's inotify limit is reached \\(fs\\.inotify\\.max_user_watches = 10\\); ` +
            `raise it with: sysctl fs\\.inotify\\.max_user_watches=524288, ignore large folders in \\.aura/ignore, or set watcher_fallback = "poll"$`,
        ),
      ),
    });
  });

  it("names the other limit where that is the one", async () => {
    const dir = root(1);
    expect(await watching(dir, "fail", { instances: 0 }).next()).toEqual({
      code: "watcher_failed",
      line: expect.stringMatching(
        /: this user's inotify limit is reached \(fs\.inotify\.max_user_instances = 0\); raise it with: sysctl fs\.inotify\.max_user_instances=1024, /,
      ),
    });
  });

  it("folders are polled where that is wanted, with one warning, and what happens in them is told", async () => {
    const dir = root(20);
    const { next, nextWith, say } = watching(dir, "poll", { watches: 10 });
    expect(await next()).toMatchObject({
      warning: "folders are polled instead of watched",
      root: dir,
      error: expect.stringContaining("max_user_watches = 10"),
    });
    expect(await next()).toEqual({ mode: "poll" });
    write(dir, "f7/new");
    expect(await nextWith(tells("f7"))).toMatchObject({ mode: "poll" });
    write(dir, "made/deep/a");
    await nextWith(tells("made/deep"));
    rmSync(join(dir, "made/deep/a"));
    await nextWith(tells("made/deep"));
    write(dir, ".aura/ignore", "changed");
    await nextWith(tells(".aura"));
    // Still too many: it goes on as it was, and has warned already.
    say("f0");
    expect(await nextWith(({ warning, refreshed }) => warning !== undefined || refreshed !== undefined)).toEqual({ refreshed: "poll" });
    // Few enough at last.
    say(Array.from({ length: 15 }, (_, n) => `f${n}`).join(" "));
    expect(await nextWith(({ refreshed }) => refreshed !== undefined)).toEqual({ refreshed: "events" });
    await nextWith(({ news }) => news === "all");
    write(dir, "f17/a", "changed, and not made");
    expect(await nextWith(tells("f17"))).toMatchObject({ mode: "events" });
    rmSync(dir, { recursive: true });
    await nextWith(({ news }) => news === "all");
  });

  it.each(["fail", "poll"] as const)("while it runs, folders are polled from then on, with %s", async (fallback) => {
    const dir = root(5);
    const { next, nextWith } = watching(dir, fallback, { watches: 10 });
    expect(await next()).toEqual({ mode: "events" });
    write(dir, "f1/a", "changed");
    await nextWith(tells("f1"));
    for (let n = 0; n < 10; n++) write(dir, `more/${n}/a`);
    expect(await nextWith(({ warning }) => warning !== undefined)).toMatchObject({ warning: "folders are polled instead of watched" });
    await nextWith(({ news, mode }) => news === "all" && mode === "poll");
    write(dir, "more/9/b");
    await nextWith(tells("more/9"));
    rmSync(dir, { recursive: true });
    await nextWith(({ news }) => news === "all");
  });

  it("a folder that may not be read is left out, and taken in once it may", async () => {
    const dir = root(2);
    mkdirSync(join(dir, "closed"));
    write(dir, "closed/in/a");
    chmodSync(dir, 0o755);
    for (const path of ["f0", "f1"]) chownSync(join(dir, path), 65_534, 65_534);
    chmodSync(join(dir, "closed"), 0o700);
    const { next, nextWith } = watching(dir, "fail", { uid: 65_534 });
    expect(await next()).toEqual({ mode: "events" });
    write(dir, "closed/in/a", "unseen");
    chmodSync(join(dir, "closed"), 0o755);
    await nextWith(tells("closed/in"));
    write(dir, "closed/in/a", "seen");
    await nextWith(tells("closed/in"));
  });
});
