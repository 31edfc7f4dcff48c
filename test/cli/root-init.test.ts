import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { currentPlaces } from "../../src/adapters/home/home.js";
import { bootstrapRoots } from "../../src/adapters/roots/bootstrap.js";
import { silentLog } from "../../src/shared/log.js";
import { DEFAULT_IGNORE, rootFileText } from "../../src/sync/root-file.js";
import { parseRoot } from "../../src/sync/parse-root.js";
import { builtCli, type CliResult } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";

let main: string;
let cli: CliHost;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(() => {
  cli = new CliHost(main);
  return () => cli.remove();
});

const init = (...args: string[]): Promise<CliResult> => cli.run("root", "init", ...args);
const identityIn = (folder: string) =>
  parseRoot(getStaticTOMLValue(parseTOML(readFileSync(join(folder, ".aura/root.toml"), "utf8")))).identity;

describe("root init", () => {
  it("makes a folder a root, named after the folder and the host, and says what to add to aura.toml", async () => {
    const folder = join(cli.home, "My photos!");
    const { status, stdout, stderr } = await init(folder, "--bucket", "my-bucket");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const device = hostname().split(".")[0];
    expect(stdout).toBe(
      [
        `root My-photos on device ${device}, bidirectional, in bucket my-bucket`,
        "  ~/My photos!/.aura/root.toml",
        "  ~/My photos!/.aura/ignore",
        "",
        "Add it to ~/config/aura.toml; a running aurad takes it up when that is saved:",
        "",
        "[[roots]]",
        'path = "~/My photos!"',
        "",
        "Credentials: AURA_S3_ACCESS_KEY and AURA_S3_SECRET_KEY in ~/config/env",
        "",
      ].join("\n"),
    );
    expect(identityIn(folder)).toEqual({
      rootId: "My-photos",
      deviceId: device,
      mode: "bidirectional",
      remote: { bucket: "my-bucket", pathStyle: false },
    });
    expect(readFileSync(join(folder, ".aura/ignore"), "utf8")).toBe(DEFAULT_IGNORE);
    expect(readdirSync(join(folder, ".aura")).toSorted()).toEqual(["ignore", "root.toml"]);
    expect(statSync(join(folder, ".aura/root.toml")).mode & 0o777).toBe(0o644);
  });

  it("takes everything from flags, and prints one document with --json", async () => {
    const folder = join(cli.home, "work");
    const flags = ["--root-id", "w", "--device-id", "d", "--mode", "pull", "--endpoint", "http://127.0.0.1:7070", "--region", "auto"];
    const { status, stdout } = await init(folder, "--bucket", "bbb", ...flags, "--no-path-style", "--json");
    expect(status).toBe(0);
    const remote = { bucket: "bbb", endpoint: "http://127.0.0.1:7070", region: "auto", path_style: false };
    const told = { schema_version: 1, root_id: "w", device_id: "d", mode: "pull", path: folder, remote, configured: false };
    expect(JSON.parse(stdout)).toEqual({ ...told, aura_toml: currentPlaces(cli.env).auraToml });
    expect(identityIn(folder)).toMatchObject({ rootId: "w", mode: "pull", remote: { region: "auto", pathStyle: false } });
  });

  it("says so when aura.toml has the folder already, and is silent on credentials that are there", async () => {
    const { configDir, auraToml } = currentPlaces(cli.env);
    mkdirSync(configDir, { recursive: true });
    writeFileSync(auraToml, '[[roots]]\npath = "~/work"\n');
    cli.env["AURA_S3_ACCESS_KEY"] = "key";
    const { stdout } = await init(join(cli.home, "work"), "--bucket", "bbb");
    expect(stdout.trimEnd().split("\n").slice(3)).toEqual(["", "~/config/aura.toml has it."]);
    expect(stdout).not.toContain("Credentials");
  });

  it("leaves a root that is there as it is, with exit 3", async () => {
    const folder = join(cli.home, "work");
    await init(folder, "--bucket", "first");
    const before = readFileSync(join(folder, ".aura/root.toml"), "utf8");
    expect(await init(folder, "--bucket", "second")).toMatchObject({
      status: 3,
      stdout: "",
      stderr: `aura-msg: ${folder} is root work already; nothing was changed; edit its .aura/root.toml, or write it anew with --force\n`,
    });
    expect(readFileSync(join(folder, ".aura/root.toml"), "utf8")).toBe(before);
  });

  it("writes root.toml anew with --force, keeping what no flag says and the ignore file", async () => {
    const folder = join(cli.home, "work");
    await init(
      folder,
      "--bucket",
      "bbb",
      "--root-id",
      "mine",
      "--device-id",
      "d1",
      "--mode",
      "push",
      "--endpoint",
      "https://s3.example.com",
    );
    writeFileSync(join(folder, ".aura/ignore"), "mine\n");
    expect((await init(folder, "--bucket", "ccc", "--device-id", "d2", "--force")).status).toBe(0);
    expect(identityIn(folder)).toEqual({
      rootId: "mine",
      deviceId: "d2",
      mode: "push",
      remote: { bucket: "ccc", endpoint: "https://s3.example.com", pathStyle: true },
    });
    expect(readFileSync(join(folder, ".aura/ignore"), "utf8")).toBe("mine\n");
    writeFileSync(join(folder, ".aura/root.toml"), "not toml [");
    expect((await init(folder, "--bucket", "bbb")).stderr).toContain("has a .aura/root.toml that is not valid");
    expect((await init(folder, "--bucket", "bbb", "--force")).status).toBe(0);
    expect(identityIn(folder)?.rootId).toBe("work");
  });

  it.each([
    [["--bucket", "no spaces"], "--bucket is no bucket name"],
    [["--bucket", "bbb", "--root-id", "a/b"], "--root-id is no name; use 1 to 64 letters"],
    [["--bucket", "bbb", "--device-id", ""], "--device-id is empty"],
    [["--bucket", "bbb", "--mode", "both"], '--mode is not known; choose one of "bidirectional"'],
    [["--bucket", "bbb", "--endpoint", "s3.example.com"], "--endpoint is not a URL"],
    [["--bucket", "bbb", "--endpoint", "https://key:secret@s3.example.com"], "--endpoint holds a user name or a password"],
    [[], "root init needs --bucket <name>"],
    [["--bucket", "bbb", "--host", "desk"], "root init makes a folder of this machine a root"],
  ])("refuses %j with exit 1, and writes nothing", async (args, message) => {
    const folder = join(cli.home, "work");
    const { status, stdout, stderr } = await init(folder, ...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.startsWith(`aura-msg: ${message}`), stderr).toBe(true);
    expect(stderr).not.toContain("secret");
    expect(existsSync(folder)).toBe(false);
  });

  it("asks for an id where the folder's name gives none", async () => {
    const { status, stderr } = await init(join(cli.home, "写真"), "--bucket", "bbb");
    expect([status, stderr]).toEqual([1, 'aura-msg: "写真" gives no id of letters and digits; name one with --root-id\n']);
  });

  it("refuses a folder in a root, a file, and one that cannot be written", async () => {
    const folder = join(cli.home, "work");
    await init(folder, "--bucket", "bbb");
    expect(await init(join(folder, "a/b"), "--bucket", "bbb")).toMatchObject({
      status: 3,
      stderr: `aura-msg: ${folder}/a/b lies in a root already: ${folder}; choose a folder beside it\n`,
    });
    writeFileSync(join(cli.home, "file"), "");
    const file = await init(join(cli.home, "file"), "--bucket", "bbb");
    expect([file.status, file.stderr]).toEqual([3, expect.stringMatching(/file is no folder; name a folder of your own\n$/)]);
  });
});

describe("root.toml", () => {
  it("is bit for bit what aurad writes by [roots.init]", async () => {
    const [byHand, byItself] = [join(cli.home, "hand"), join(cli.home, "self")];
    await init(byHand, "--bucket", "bbb", "--root-id", "r", "--device-id", "d");
    bootstrapRoots(
      [{ path: byItself, init: { root_id: "r", device_id: "d", mode: "bidirectional", remote: { bucket: "bbb" } } }],
      silentLog,
    );
    for (const file of ["root.toml", "ignore"]) {
      expect(readFileSync(join(byItself, ".aura", file))).toEqual(readFileSync(join(byHand, ".aura", file)));
    }
  });

  it("says again what it was made from, whatever that holds", () => {
    for (const remote of [
      { bucket: "bbb", pathStyle: true },
      { bucket: "bbb", pathStyle: false, endpoint: "https://s3.example.com/a%20b", region: "eu-central-1" },
    ]) {
      const identity = { rootId: "a.b-c_d", deviceId: "D1", mode: "push", remote } as const;
      expect(parseRoot(getStaticTOMLValue(parseTOML(rootFileText(identity))))).toEqual({ identity, problems: [] });
    }
  });
});
