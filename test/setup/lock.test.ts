import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}
interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const lock = JSON.parse(read("package-lock.json")) as Lock;
const { completed } = (await import(new URL("../../scripts/complete-lock.mjs", import.meta.url).href)) as {
  completed: (lock: Lock) => Lock;
};

describe("package-lock.json", () => {
  it("has every optional package of every platform, without which npm ci refuses it", () => {
    const missing = Object.keys(completed(lock).packages).filter((place) => !(place in lock.packages));
    expect(missing, "run: node scripts/complete-lock.mjs").toEqual([]);
  });

  it("names no registry, so that npm asks the one it is set up for", () => {
    expect(read("package-lock.json")).not.toContain('"resolved"');
  });

  it("needs no newer Node than package.json promises", () => {
    const newer = Object.entries(lock.packages).filter(
      ([, { engines, os }]) => os === undefined && /^(>=|\^|>)\s*v?2[2-9]/.test(engines?.node?.split("||")[0]?.trim() ?? ""),
    );
    expect(newer.map(([place, { engines }]) => `${place}: ${engines?.node}`)).toEqual([]);
  });

  it("has all Temporal packages in one version", () => {
    const versions = Object.entries(lock.packages)
      .filter(([place]) => /^node_modules.@temporalio.[^/]+$/.test(place))
      .map(([, { version }]) => version);
    expect(new Set(versions).size).toBe(1);
  });
});

describe("a lock without the packages of other platforms", () => {
  const only = (optionalDependencies: Record<string, string>): Lock => ({
    packages: { "": {}, "node_modules/tool": { dev: true, optionalDependencies } },
  });

  it.each([
    ["@tool/linux-x64-musl", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }],
    ["@tool/core-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"], libc: ["glibc"] }],
    ["@tool/darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
    ["tool-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
  ])("gets %s for the platform of its name", (name, platform) => {
    expect(completed(only({ [name]: "1.2.3" })).packages[`node_modules/${name}`]).toEqual({
      version: "1.2.3",
      dev: true,
      optional: true,
      ...platform,
    });
  });

  it("keeps what it has, nested packages included", () => {
    const packages = {
      "": {},
      "node_modules/tool": { optionalDependencies: { "tool-linux-x64": "1.0.0" } },
      "node_modules/tool/node_modules/tool-linux-x64": { version: "1.0.0" },
    };
    expect(completed({ packages }).packages).toEqual(packages);
  });

  it("is not guessed at when a name tells no platform", () => {
    expect(() => completed(only({ fsevents: "2.3.3" }))).toThrow("fsevents: its name does not tell for which platform it is");
  });
});
