{ lib, system }:
let
  package = name: attrs: derivation ({ inherit name system; builder = "/bin/sh"; args = [ "-c" "exit 1" ]; } // attrs);
  tool = name: package "${name}-0.0.0" { };
  pkgs = {
    inherit lib;
    nodejs = tool "nodejs";
    makeWrapper = tool "make-wrapper";
    temporal-cli = tool "temporal-cli";
    mkShell = { packages }: package "shell" { inherit packages; };
    stdenvNoCC.mkDerivation = attrs: package attrs.name (attrs // { args = [ "-c" attrs.buildPhase ]; });

    # Closed argument lists, as the real ones are: what they do not know is an error here too.
    importNpmLock = {
      npmConfigHook = tool "npm-config-hook";
      __functor = _: { npmRoot ? null, package ? null, packageLock ? null, packageSourceOverrides ? { }, fetcherOpts ? { } }:
        tool "npm-deps" // { inherit packageSourceOverrides; };
    };
    buildNpmPackage = { pname, version, src, nodejs, npmDeps, npmConfigHook, npmFlags, nativeBuildInputs, postInstall, passthru, meta }@args:
      package "${pname}-${version}" { inherit src npmDeps npmConfigHook postInstall; } // passthru // { inherit pname version meta npmFlags; };

    callPackage = file: overrides:
      let make = import file;
      in make (builtins.intersectAttrs (builtins.functionArgs make) pkgs // overrides);
  };
in
pkgs
