import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { typed, writeCommands } from "../../src/worker/trial/commands.js";
import { placeExample } from "../../src/worker/trial/example.js";

const STACK = resolve(import.meta.dirname, "../../examples/stack");
let home: string;
let servicesDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aura trial-"));
  servicesDir = join(home, "config/services");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const workingDirOf = (file: string): string =>
  (parse(readFileSync(file, "utf8")) as { service: { working_dir: string } }).service.working_dir;

describe("the example stack of a trial", () => {
  it("is copied into a home without services, comments included, and runs where its programs are", () => {
    expect(placeExample({ servicesDir }, STACK)).toBe(true);
    expect(readdirSync(servicesDir).sort()).toEqual(["api.yaml", "store.yaml", "worker.yaml"]);
    expect(readFileSync(join(servicesDir, "api.yaml"), "utf8")).toContain("# An HTTP API that uses the store");
    for (const file of readdirSync(servicesDir)) expect(workingDirOf(join(servicesDir, file))).toBe(STACK);
  });

  it("is found from a home inside the checkout wherever the checkout is moved", () => {
    const checkout = join(home, "checkout");
    mkdirSync(join(checkout, "examples/stack/services"), { recursive: true });
    writeFileSync(join(checkout, "examples/stack/services/one.yaml"), "service:\n  name: one\n  working_dir: ..\n");
    const inside = join(checkout, ".aura/config/services");
    placeExample({ servicesDir: inside }, join(checkout, "examples/stack"));
    expect(workingDirOf(join(inside, "one.yaml"))).toBe("../../../examples/stack");
  });

  it("is left alone once it is there, with what was changed and what was removed", () => {
    placeExample({ servicesDir }, STACK);
    writeFileSync(join(servicesDir, "api.yaml"), "mine");
    rmSync(join(servicesDir, "worker.yaml"));
    expect(placeExample({ servicesDir }, STACK)).toBe(false);
    expect(readdirSync(servicesDir).sort()).toEqual(["api.yaml", "store.yaml"]);
    expect(readFileSync(join(servicesDir, "api.yaml"), "utf8")).toBe("mine");
  });
});

describe("the commands of a trial", () => {
  it("mean its home, whatever the environment says, with their arguments as given", () => {
    const dist = join(home, "dist");
    mkdirSync(join(dist, "cli"), { recursive: true });
    writeFileSync(
      join(dist, "cli/main.js"),
      "console.log(JSON.stringify([process.env.AURA_HOME, process.env.TEMPORAL_ADDRESS ?? null, ...process.argv.slice(2)]));",
    );
    writeCommands(home, dist);
    const env = { PATH: process.env["PATH"], AURA_HOME: "/elsewhere", TEMPORAL_ADDRESS: "cluster:7233" };
    const answer = execFileSync(join(home, "bin/aura-msg"), ["logs", "a b"], { encoding: "utf8", env });
    expect(JSON.parse(answer)).toEqual([home, null, "logs", "a b"]);
  });

  it("are typed the short way from the checkout and quoted where a shell needs it", () => {
    expect(typed("/checkout/.aura", "aura-msg", "/checkout")).toBe(".aura/bin/aura-msg");
    expect(typed("/elsewhere", "aura-msg", "/checkout")).toBe("/elsewhere/bin/aura-msg");
    expect(typed("/my home", "aura-msg", "/checkout")).toBe("'/my home/bin/aura-msg'");
  });
});
