# aurad and aura-msg. Needs no hash that somebody would have to keep up to date: the checksums are in package-lock.json.
{
  lib,
  buildNpmPackage,
  importNpmLock,
  stdenvNoCC,
  nodejs,
  makeWrapper,
  temporal-cli,
}:
let
  root = ../.;
  package = lib.importJSON (root + "/package.json");
  lock = lib.importJSON (root + "/package-lock.json");

  # Only what the build reads: neither a checkout's node_modules nor its .aura.
  parts = [ "src" "scripts" "examples" "docs" "package.json" "package-lock.json" "tsconfig.json" "README.md" "LICENSE" "CHANGELOG.md" ];
  src = builtins.path {
    name = "${package.name}-source";
    path = root;
    filter = path: _: builtins.any (part: part == path || lib.hasPrefix "${part}/" path) (map (part: "${toString root}/${part}") parts);
  };

  # The lock names no registry; npm knows which one is meant. What it brings has to have the lock's checksum.
  fetch = place: module:
    let name = module.name or (lib.last (lib.splitString "node_modules/" place));
    in stdenvNoCC.mkDerivation {
      name = "${builtins.replaceStrings [ "@" "/" ] [ "" "-" ] name}-${module.version}.tgz";
      nativeBuildInputs = [ nodejs ];
      dontUnpack = true;
      buildPhase = ''
        export HOME=$TMPDIR
        npm pack --silent --ignore-scripts ${lib.escapeShellArg "${name}@${module.version}"}
        mv *.tgz "$out"
      '';
      dontInstall = true;
      dontFixup = true;
      impureEnvVars = [ "http_proxy" "https_proxy" "no_proxy" "npm_config_registry" ];
      outputHashMode = "flat";
      outputHash = module.integrity;
    };

  # Packages of other platforms are in the lock without a checksum; npm passes them over here.
  sources = builtins.mapAttrs fetch (lib.filterAttrs (_: module: module ? integrity) lock.packages);
in
buildNpmPackage {
  pname = package.name;
  inherit (package) version;
  inherit src nodejs;

  npmDeps = importNpmLock {
    npmRoot = src;
    inherit package;
    packageLock = lock;
    packageSourceOverrides = sources;
  };
  inherit (importNpmLock) npmConfigHook;
  npmFlags = [ "--ignore-scripts" ];

  # Found on PATH, the Temporal CLI is never downloaded; one of the person's own goes before.
  nativeBuildInputs = [ makeWrapper ];
  postInstall = ''
    wrapProgram $out/bin/aurad --suffix PATH : ${lib.makeBinPath [ temporal-cli ]}
  '';

  passthru = { inherit sources; };

  meta = {
    inherit (package) description;
    license = lib.licenses.mit;
    mainProgram = "aura-msg";
    platforms = lib.platforms.linux;
  };
}
