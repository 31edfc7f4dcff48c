# Stands in for nixpkgs, so that our own nix files can be evaluated without a network: the same names and argument lists,
# and packages that are real derivations, of which none can be built.
{
  outputs = { self }:
    let
      lib = import ./lib.nix;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: import ./pkgs.nix { inherit lib system; });
    };
}
