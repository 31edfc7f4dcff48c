{
  description = "Aura: keeps the services of a host alive, durably and visibly, on Temporal";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { nixpkgs, ... }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      perSystem = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = perSystem (pkgs: rec {
        aura = pkgs.callPackage ./package.nix { };
        default = aura;
      });

      overlays.default = final: _previous: { aura = final.callPackage ./package.nix { }; };

      devShells = perSystem (pkgs: { default = pkgs.mkShell { packages = [ pkgs.nodejs pkgs.temporal-cli ]; }; });
    };
}
