import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_IGNORE } from "../../src/sync/root-file.js";
import { initRoot, readRoot, rootFile } from "../../src/adapters/roots/root-file.js";
import { AuraError } from "../../src/shared/errors.js";
import type { RootIdentity } from "../../src/sync/root.js";
import { asNobody, IDENTITY, tempFolders } from "./folders.js";

const temp = tempFolders();
const UMASK = process.umask();

function failure(act: () => unknown): AuraError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AuraError);
    return error as AuraError;
  }
  throw new Error("nothing was thrown");
}

function said(text: string): string {
  const dir = temp();
  mkdirSync(join(dir, ".aura"));
  writeFileSync(rootFile(dir), text);
  const thrown = failure(() => readRoot(dir));
  expect(thrown.code).toBe("root_missing");
  return thrown.line.replaceAll(rootFile(dir), "FILE");
}

const GOOD = `root_id = "photos"\ndevice_id = "laptop"\nmode = "push"\n\n[remote]\nbucket = "bucket"\n`;

describe("a new root", () => {
  it("has an identity that is read as it was written, and rules to ignore", () => {
    const dir = join(temp(), "new/root");
    const identities: RootIdentity[] = [
      IDENTITY,
      { rootId: "a.B-c_9", deviceId: "9", mode: "push", remote: { bucket: "b2", pathStyle: false } },
      {
        rootId: "x".repeat(64),
        deviceId: "d",
        mode: "pull",
        remote: { bucket: "my.bucket", endpoint: "https://s3.example.com/path", region: "auto", pathStyle: true },
      },
    ];
    for (const identity of identities) {
      initRoot(dir, identity, { force: true });
      expect(readRoot(dir)).toEqual(identity);
    }
    expect(readFileSync(join(dir, ".aura/ignore"), "utf8")).toBe(DEFAULT_IGNORE);
    expect(statSync(dir).mode & 0o777).toBe(0o755 & ~UMASK);
    expect(statSync(rootFile(dir)).mode & 0o777).toBe(0o644 & ~UMASK);
  });

  it("is not made of one that is there, unless by force, which keeps the rules to ignore", () => {
    const dir = temp();
    initRoot(dir, IDENTITY);
    writeFileSync(join(dir, ".aura/ignore"), "mine");
    const thrown = failure(() => initRoot(dir, { ...IDENTITY, rootId: "other" }));
    expect(thrown.code).toBe("refused");
    expect(thrown.line).toBe(
      `${dir} is a root already: ${rootFile(dir)} is there; use it as it is, edit that file, or write it anew with --force`,
    );
    expect(readRoot(dir)).toEqual(IDENTITY);
    initRoot(dir, { ...IDENTITY, rootId: "other" }, { force: true });
    expect(readRoot(dir).rootId).toBe("other");
    expect(readFileSync(join(dir, ".aura/ignore"), "utf8")).toBe("mine");
  });

  it("that cannot be written is told with the file", () => {
    const dir = temp();
    asNobody(dir, () => {
      chmodSync(dir, 0o500);
      const thrown = failure(() => initRoot(dir, IDENTITY));
      expect(thrown.code).toBe("file_write");
      expect(thrown.message).toContain(`${rootFile(dir)} cannot be written: EACCES`);
    });
    chmodSync(dir, 0o700);
    writeFileSync(join(dir, "file"), "");
    expect(failure(() => initRoot(join(dir, "file"), IDENTITY)).code).toBe("file_write");
    expect(existsSync(join(dir, ".aura"))).toBe(false);
  });
});

describe("an identity that does not load", () => {
  it("is told when the folder, or the file, is not there or cannot be read", () => {
    const dir = temp();
    expect(failure(() => readRoot(dir)).line).toBe(
      `root ${dir}: there is no ${rootFile(dir)}; mount or restore it; a new root is made with: aura-msg root init`,
    );
    expect(failure(() => readRoot(join(dir, "none"))).code).toBe("root_missing");
    initRoot(dir, IDENTITY);
    asNobody(dir, () => {
      chmodSync(rootFile(dir), 0o000);
      expect(failure(() => readRoot(dir)).line).toMatch(/root\.toml: EACCES.*; make it readable$/);
    });
    rmSync(rootFile(dir));
    mkdirSync(rootFile(dir));
    expect(failure(() => readRoot(dir)).code).toBe("root_missing");
  });

  it.each([
    ["what is no TOML", `root_id = "a"\nmode =\n`, /^FILE:2: not valid TOML: .*; correct the line$/],
    [
      "an empty file",
      "",
      /^FILE:1: root_id: is missing; add root_id = …\nFILE:1: device_id: is missing; .*\nFILE:1: mode: .*\nFILE:1: remote: is missing; add \[remote\]$/,
    ],
    [
      "an unknown key, with the nearest known one",
      GOOD.replace("mode", "modus"),
      /^FILE:1: mode: is missing; add mode = …\nFILE:3: modus: unknown key; did you mean mode\?$/,
    ],
    ["an unknown key of the remote", `${GOOD}pathstyle = true\n`, /^FILE:7: remote\.pathstyle: unknown key; did you mean path_style\?$/],
    ["an id that is no name", GOOD.replace("photos", "my photos"), /^FILE:1: root_id: is no name; use 1 to 64 letters/],
    ["an id that would lead elsewhere", GOOD.replace("laptop", "../up"), /^FILE:2: device_id: is no name/],
    ["an id that is too long", GOOD.replace("photos", "x".repeat(65)), /^FILE:1: root_id: is no name/],
    ["a variable that nobody fills in", GOOD.replace("laptop", "$AURA_DEVICE_ID"), /^FILE:2: device_id: is no name/],
    ["an unknown mode", GOOD.replace("push", "mirror"), /^FILE:3: mode: is not known; choose one of "bidirectional", "push", "pull"$/],
    ["text where none is", GOOD.replace(`"laptop"`, "7"), /^FILE:2: device_id: must be text; write it in quotes$/],
    ["an empty text", GOOD.replace("laptop", ""), /^FILE:2: device_id: is empty; give it a value$/],
    [
      "a remote that is no table",
      `remote = "s3"\n${GOOD.split("\n[")[0]}`,
      /^FILE:1: remote: must be a table; write \[remote\] and its keys below it$/,
    ],
    ["a bucket that is none", GOOD.replace(`"bucket"`, `"a/b"`), /^FILE:6: remote\.bucket: is no bucket name/],
    [
      "an endpoint that is no URL",
      `${GOOD}endpoint = "s3.example.com"\n`,
      /^FILE:7: remote\.endpoint: is not a URL of a server; write for example "https:/,
    ],
    ["an endpoint of another kind", `${GOOD}endpoint = "file:///etc"\n`, /^FILE:7: remote\.endpoint: is not a URL/],
    ["a region with spaces", `${GOOD}region = "eu central"\n`, /^FILE:7: remote\.region: is no region/],
    [
      "a word for a flag",
      `${GOOD}path_style = "yes"\n`,
      /^FILE:7: remote\.path_style: must be true or false; write one of them, without quotes$/,
    ],
  ])("is told for %s, with file, line, key and fix", (_, text, line) => {
    expect(said(text)).toMatch(line);
  });

  it("never shows a password that was put into the endpoint", () => {
    const line = said(`${GOOD}endpoint = "https://key:hunter2@s3.example.com"\n`);
    expect(line).toBe("FILE:7: remote.endpoint: holds a user name or a password; remove it; credentials come from the environment");
  });
});

describe("path_style", () => {
  it("is on with an endpoint and off without, unless it is written", () => {
    const dir = temp();
    mkdirSync(join(dir, ".aura"));
    const read = (more: string) => {
      writeFileSync(rootFile(dir), `\uFEFF${GOOD}${more}`);
      return readRoot(dir).remote;
    };
    expect(read("")).toEqual({ bucket: "bucket", pathStyle: false });
    expect(read(`endpoint = "http://127.0.0.1:9000"`)).toEqual({ bucket: "bucket", endpoint: "http://127.0.0.1:9000", pathStyle: true });
    expect(read(`endpoint = "http://127.0.0.1:9000"\npath_style = false`).pathStyle).toBe(false);
    expect(read(`path_style = true\nregion = "eu-central-1"`)).toEqual({ bucket: "bucket", region: "eu-central-1", pathStyle: true });
  });
});
