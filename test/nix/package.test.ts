import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing } from "../support/components.js";

const ROOT = resolve(import.meta.dirname, "../..");
const NIXPKGS = join(import.meta.dirname, "nixpkgs");
const SYSTEMS = ["x86_64-linux", "aarch64-linux"];

interface Package {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: Record<string, { integrity?: string }> };

let checkout: string;

/** The value of an expression in which `package` is nix/package.nix on the stand-in for nixpkgs. */
function evaluate(expression: string, system = SYSTEMS[0]): unknown {
  const text = `let pkgs = import ${NIXPKGS}/pkgs.nix { lib = import ${NIXPKGS}/lib.nix; system = "${system}"; }; package = pkgs.callPackage ${checkout}/nix/package.nix { }; in ${expression}`;
  return JSON.parse(nix("nix-instantiate", ["--eval", "--read-write-mode", "--strict", "--json", "-E", text]));
}

function evaluateFlake(attribute: string): unknown {
  const features = ["--extra-experimental-features", "nix-command", "--extra-experimental-features", "flakes"];
  const inputs = ["--override-input", "nixpkgs", `path:${NIXPKGS}`, "--no-write-lock-file"];
  return JSON.parse(nix("nix", [...features, "eval", "--json", ...inputs, `path:${checkout}#${attribute}`]));
}

/** With a store of its own: no user, no daemon and no /nix is needed for that, and no network. */
function nix(program: string, args: readonly string[]): string {
  const at = (folder: string): string => join(checkout, ".store", folder);
  const store = {
    NIX_STORE_DIR: at("store"),
    NIX_STATE_DIR: at("state"),
    NIX_LOG_DIR: at("log"),
    NIX_CONF_DIR: at("conf"),
    NIX_REMOTE: "",
    HOME: checkout,
  };
  const config = { NIX_CONFIG: "build-users-group =\nsandbox = false\nsubstitute = false" };
  return execFileSync(program, args, {
    encoding: "utf8",
    // It asks who it runs as, and ends where neither the system nor this tells.
    env: { USER: "aura", ...process.env, ...store, ...config },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 26,
  });
}

describe.skipIf(missing("nix"))("the nix package", () => {
  beforeAll(() => {
    checkout = mkdtempSync(join(tmpdir(), "aura-nix-"));
    for (const part of ["nix", "flake.nix", "package.json", "package-lock.json", "tsconfig.json"])
      cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
    for (const folder of ["src", "node_modules/left-over", ".aura"]) mkdirSync(join(checkout, folder), { recursive: true });
    writeFileSync(join(checkout, "src/a.ts"), "");
  });
  afterAll(() => {
    // What lies in a store is read-only, folders included.
    execFileSync("chmod", ["-R", "u+w", checkout]);
    rmSync(checkout, { recursive: true, force: true });
  });

  it.each(SYSTEMS)("is the package of package.json on %s", (system) => {
    expect(evaluate("{ inherit (package) name pname version; }", system)).toEqual({
      name: `aura-${manifest.version}`,
      pname: manifest.name,
      version: manifest.version,
    });
  });

  it("runs aura-msg, one of the programs that package.json names", () => {
    expect(Object.keys(manifest.bin).sort()).toEqual(["aura-msg", "aurad"]);
    expect(Object.keys(manifest.bin)).toContain(evaluate("package.meta.mainProgram"));
  });

  it("takes every package that the lock has a checksum for, held to that checksum", () => {
    const expected = Object.entries(lock.packages).flatMap(([place, { integrity }]) =>
      integrity === undefined ? [] : [[place, integrity]],
    );
    expect(expected.length).toBeGreaterThan(200);
    expect(evaluate("builtins.mapAttrs (_: source: source.outputHash) package.sources")).toEqual(Object.fromEntries(expected));
  });

  it("asks npm for a scoped and for a renested package by the right name", () => {
    const script = (place: string): unknown => evaluate(`builtins.elemAt package.sources."${place}".args 1`);
    expect(script("node_modules/@temporalio/worker")).toContain("npm pack --silent --ignore-scripts '@temporalio/worker@");
    const nested = Object.keys(lock.packages).find((place) => place.lastIndexOf("node_modules/") > 0)!;
    expect(script(nested)).toContain(`'${nested.slice(nested.lastIndexOf("node_modules/") + "node_modules/".length)}@`);
  });

  it("is built from the sources alone, whatever else lies in the checkout", () => {
    expect(evaluate("builtins.attrNames (builtins.readDir package.src)")).toEqual([
      "package-lock.json",
      "package.json",
      "src",
      "tsconfig.json",
    ]);
  });

  it("is what the flake offers, for both systems, as package and as overlay", () => {
    expect(evaluateFlake("packages.x86_64-linux.default.name")).toBe(`aura-${manifest.version}`);
    expect(evaluateFlake("packages.aarch64-linux.aura.system")).toBe("aarch64-linux");
  });
});
