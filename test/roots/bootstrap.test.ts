import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bootstrapRoots } from "../../src/adapters/roots/bootstrap.js";
import { initRoot, readRoot, rootFile } from "../../src/adapters/roots/root-file.js";
import type { AuraError } from "../../src/shared/errors.js";
import type { Log, LogFields } from "../../src/shared/log.js";
import { asNobody, IDENTITY, tempFolders, tree } from "./folders.js";

const temp = tempFolders();

const INIT = {
  root_id: "photos",
  device_id: "laptop",
  mode: "bidirectional",
  remote: { bucket: "bucket", endpoint: "http://127.0.0.1:9000" },
};

function recorder() {
  const records: { level: string; fields: LogFields; message: string }[] = [];
  const at = (level: string) => (fields: LogFields, message: string) => void records.push({ level, fields, message });
  const log: Log = { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { log, records };
}

function failure(act: () => unknown): AuraError {
  try {
    act();
  } catch (error) {
    return error as AuraError;
  }
  throw new Error("nothing was thrown");
}

describe("roots that make themselves", () => {
  it("get the folder and the files that a root made by hand has, and one warning each", () => {
    const dir = temp();
    const { log, records } = recorder();
    const [photos, music] = [join(dir, "deep/photos"), join(dir, "music")];
    mkdirSync(music);
    writeFileSync(join(music, "song"), "la");
    const made = bootstrapRoots(
      [
        { path: photos, init: INIT },
        { path: music, init: { ...INIT, root_id: "music", mode: "push" } },
      ],
      log,
    );
    expect(made).toEqual([photos, music]);
    const byHand = join(dir, "by-hand");
    initRoot(byHand, IDENTITY);
    for (const file of [".aura/root.toml", ".aura/ignore"]) {
      expect(readFileSync(join(photos, file), "utf8")).toBe(readFileSync(join(byHand, file), "utf8"));
    }
    expect(readRoot(photos)).toEqual(IDENTITY);
    expect(tree(music)).toEqual({ song: "la" });
    expect(records).toEqual([
      {
        level: "warn",
        message: "bootstrapped root",
        fields: { root: photos, root_id: "photos", device_id: "laptop", mode: "bidirectional" },
      },
      { level: "warn", message: "bootstrapped root", fields: { root: music, root_id: "music", device_id: "laptop", mode: "push" } },
    ]);
  });

  it("are left to their root.toml once it is there, whatever the entry says, and without entry alone", () => {
    const dir = temp();
    const { log, records } = recorder();
    initRoot(dir, IDENTITY);
    const entries = [{ path: dir, init: { root_id: "another", nonsense: 1 } }, { path: join(dir, "none") }];
    expect(bootstrapRoots(entries, log)).toEqual([]);
    expect(readRoot(dir)).toEqual(IDENTITY);
    expect(existsSync(join(dir, "none"))).toBe(false);
    expect(records).toEqual([]);
    writeFileSync(rootFile(dir), "broken");
    expect(bootstrapRoots(entries, log)).toEqual([]);
    expect(readFileSync(rootFile(dir), "utf8")).toBe("broken");
  });

  it("are all checked before one is made, and every problem is told", () => {
    const dir = temp();
    const { log, records } = recorder();
    const thrown = failure(() =>
      bootstrapRoots(
        [
          { path: join(dir, "good"), init: INIT },
          { path: join(dir, "bad"), init: { ...INIT, root_id: "other", mode: "mirror", remote: { endpoint: "nowhere" } } },
          { path: join(dir, "twin"), init: { ...INIT, device_id: "" } },
          { path: join(dir, "same"), init: INIT },
        ],
        log,
      ),
    );
    expect(thrown.code).toBe("config_invalid");
    expect(thrown.line.split("\n")).toEqual([
      `root ${dir}/bad: roots.init.mode: is not known; choose one of "bidirectional", "push", "pull"`,
      `root ${dir}/bad: roots.init.remote.bucket: is missing; add bucket = …`,
      `root ${dir}/bad: roots.init.remote.endpoint: is not a URL of a server; write for example "https://s3.example.com"`,
      `root ${dir}/twin: roots.init.device_id: is empty; give it a value`,
      `root ${dir}/same: roots.init.root_id: is that of ${dir}/good too; give it another`,
    ]);
    expect(tree(dir)).toEqual({});
    expect(records).toEqual([]);
  });

  it("are all unmade when one cannot be made, but for what was there before", () => {
    const dir = temp();
    const { log, records } = recorder();
    mkdirSync(join(dir, "old/.aura"), { recursive: true });
    writeFileSync(join(dir, "old/.aura/ignore"), "mine");
    mkdirSync(join(dir, "closed"));
    const thrown = asNobody(dir, () => {
      chmodSync(join(dir, "closed"), 0o500);
      return failure(() =>
        bootstrapRoots(
          [
            { path: join(dir, "new/deep"), init: INIT },
            { path: join(dir, "old"), init: { ...INIT, root_id: "old" } },
            { path: join(dir, "closed/root"), init: { ...INIT, root_id: "closed" } },
          ],
          log,
        ),
      );
    });
    chmodSync(join(dir, "closed"), 0o700);
    expect(thrown.code).toBe("bootstrap_failed");
    expect(thrown.message).toMatch(new RegExp(`^root ${dir}/closed/root cannot be made: EACCES`));
    expect(thrown.line).toContain("; no root was made; ");
    expect(existsSync(join(dir, "new"))).toBe(false);
    expect(existsSync(rootFile(join(dir, "old")))).toBe(false);
    expect(readFileSync(join(dir, "old/.aura/ignore"), "utf8")).toBe("mine");
    expect(records).toEqual([]);
  });
});
