import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acquireHome, currentPlaces, ensureFolders, runningPid, runningPlaces } from "../../src/adapters/home/home.js";
import { readDaemonFile, removeRunFiles, writeApiToken, writeDaemonFile } from "../../src/adapters/home/run-files.js";
import { bootId, identify } from "../../src/adapters/process/identity.js";
import { compileSources } from "./compiled.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-home-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const at = (home: string) => currentPlaces({ HOME: dir, AURA_HOME: home });
const mode = (path: string): number => statSync(path).mode & 0o777;

describe("a home", () => {
  it("has every folder, for its owner only", async () => {
    const own = at(join(dir, "h"));
    const home = await acquireHome(own);
    for (const folder of [own.configDir, own.servicesDir, own.journalDir, own.processesDir, own.specsDir, own.serviceLogDir, own.runDir]) {
      expect([folder, mode(folder)]).toEqual([folder, 0o700]);
    }
    expect(mode(own.lockFile)).toBe(0o600);
    home.release();
    expect(existsSync(own.lockFile)).toBe(false);
  });

  it("keeps its identity over runs, and gets a new one when the file was torn", async () => {
    const own = at(join(dir, "h"));
    const ids: string[] = [];
    for (const torn of [false, false, true]) {
      if (torn) writeFileSync(own.homeJson, '{"id":');
      const home = await acquireHome(own);
      ids.push(home.homeId);
      home.release();
    }
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(JSON.parse(readFileSync(own.homeJson, "utf8"))).toEqual({ schema_version: 1, id: ids[2] });
  });

  it("makes an open run folder private", () => {
    const own = at(join(dir, "h"));
    mkdirSync(own.runDir, { recursive: true });
    chmodSync(own.runDir, 0o777);
    ensureFolders(own);
    expect(mode(own.runDir)).toBe(0o700);
  });

  it("does not follow a link where its shared socket folder should be", () => {
    const own = { ...at(join(dir, "h")), sockDir: join(dir, "link") };
    symlinkSync(tmpdir(), own.sockDir);
    expect(() => ensureFolders(own)).toThrowError(`folder ${own.sockDir} belongs to somebody else`);
  });

  it("says which folder cannot be made", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => ensureFolders(at(join(dir, "file")))).toThrowError(
      expect.objectContaining({ code: "file_write", message: expect.stringContaining(join(dir, "file/config")) as string }) as Error,
    );
  });

  it("is refused to a second daemon, naming the first's pid", async () => {
    const own = at(join(dir, "h"));
    const home = await acquireHome(own);
    await expect(acquireHome(own)).rejects.toMatchObject({
      code: "home_in_use",
      message: `another aurad (pid ${process.pid}) runs on ${own.stateDir}`,
    });
    expect(runningPid(own)).toBe(process.pid);
    home.release();
    expect(runningPid(own)).toBeNull();
  });

  const stale: [title: string, content: () => string][] = [
    ["a reused pid", () => JSON.stringify({ ...identify(process.pid), startTime: "1" })],
    ["an earlier boot", () => JSON.stringify({ ...identify(process.pid), bootId: "00000000-0000-0000-0000-000000000000" })],
    ["a dead pid", () => JSON.stringify({ pid: 2 ** 22 + 1, startTime: "1", bootId: bootId() })],
    ["a torn file", () => '{"pid": 1'],
    ["an empty file", () => ""],
  ];
  it.each(stale)("is taken over from %s", async (_title, content) => {
    const own = at(join(dir, "h"));
    mkdirSync(own.stateDir, { recursive: true });
    writeFileSync(own.lockFile, content());
    const home = await acquireHome(own);
    expect(runningPid(own)).toBe(process.pid);
    home.release();
    expect(readdirSync(own.stateDir).filter((name) => name.startsWith("aurad.lock"))).toEqual([]);
  });

  it("is taken over even when somebody died while taking it over", async () => {
    const own = at(join(dir, "h"));
    mkdirSync(own.stateDir, { recursive: true });
    for (const suffix of ["", "~", "~~"])
      writeFileSync(`${own.lockFile}${suffix}`, JSON.stringify({ pid: 2 ** 22 + 1, startTime: "1", bootId: bootId() }));
    const home = await acquireHome(own);
    expect(runningPid(own)).toBe(process.pid);
    home.release();
  });

  it("tells clients the run folder that its daemon uses", async () => {
    const withRuntime = (runtime: string) => currentPlaces({ HOME: dir, XDG_RUNTIME_DIR: runtime });
    const home = await acquireHome(withRuntime(join(dir, "run")));
    const client = runningPlaces(currentPlaces({ HOME: dir }));
    expect(client).toEqual(withRuntime(join(dir, "run")));
    home.release();
    expect(runningPlaces(currentPlaces({ HOME: dir })).runDir).toBe(join(dir, ".local/state/aura/run"));
  });

  it("hands clients its address and token in private files, and takes them back", () => {
    const own = at(join(dir, "h"));
    ensureFolders(own);
    const content = { pid: 7, url: "http://127.0.0.1:1", token: "t", started_at: "2026-05-28T10:30:00.000Z" };
    writeDaemonFile(own, content);
    writeApiToken(own, "secret");
    expect(readDaemonFile(own)).toEqual({ schema_version: 1, ...content });
    expect(readFileSync(own.apiToken, "utf8")).toBe("secret\n");
    expect([mode(own.daemonJson), mode(own.apiToken)]).toEqual([0o600, 0o600]);
    removeRunFiles(own);
    expect(readDaemonFile(own)).toBeNull();
    expect(readdirSync(own.runDir)).toEqual([]);
  });
});

describe("daemons that start at once", () => {
  let compiled: { dir: string; remove: () => void };
  const contenders: ChildProcess[] = [];
  beforeAll(() => {
    compiled = compileSources();
  });
  afterAll(() => {
    for (const { pid } of contenders) if (pid !== undefined && identify(pid) !== null) process.kill(pid, "SIGKILL");
    compiled.remove();
  });

  /** Tries to take the home named by each line of its input, keeps it, and answers `taken` or the refusal. */
  function contender(): { ask: (home: string) => Promise<string>; process: ChildProcess } {
    const program = `
      import { createInterface } from "node:readline";
      import { acquireHome, currentPlaces } from ${JSON.stringify(join(compiled.dir, "adapters/home/home.js"))};
      for await (const home of createInterface({ input: process.stdin })) {
        const answer = await acquireHome(currentPlaces({ AURA_HOME: home, HOME: home })).then(() => "taken", (error) => error.message);
        console.log(answer);
      }`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
    contenders.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (home: string): Promise<string> => {
      child.stdin.write(`${home}\n`);
      const { value } = (await lines.next()) as { value?: string };
      return value ?? "ended";
    };
    return { ask, process: child };
  }

  it("share no home: one of four has it, the others name that one, in fifty races over a dead holder's lock", async () => {
    const racers = [contender(), contender(), contender(), contender()];
    for (let round = 0; round < 50; round++) {
      const own = at(join(dir, `race-${round}`));
      ensureFolders(own);
      if (round % 5 !== 0) writeFileSync(own.lockFile, JSON.stringify({ pid: 2 ** 22 + 1, startTime: "1", bootId: bootId() }));
      const answers = await Promise.all(racers.map(({ ask }) => ask(join(dir, `race-${round}`))));
      const winner = racers[answers.indexOf("taken")]?.process.pid;
      const others = answers.filter((answer) => answer !== "taken");
      expect(others).toEqual(Array(3).fill(`another aurad (pid ${winner}) runs on ${own.stateDir}`));
    }
  });

  it("find a home free at once when its daemon was killed with -9", async () => {
    const [first, second] = [contender(), contender()];
    const home = join(dir, "killed");
    expect(await first.ask(home)).toBe("taken");
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    expect(await second.ask(home)).toBe("taken");
  });
});
