# `nix run github:OWNER/aura -- status` looks here; everything else is in nix/. A flake's inputs have to be written out.
{
  description = "Aura: keeps the services of a host alive, durably and visibly, on Temporal";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = inputs: (import ./nix/flake.nix).outputs inputs;
}
