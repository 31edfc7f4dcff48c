# The helpers of nixpkgs' lib that our nix files use.
let
  inherit (builtins) attrNames elemAt filter isString length listToAttrs map replaceStrings stringLength substring;
in
rec {
  importJSON = path: builtins.fromJSON (builtins.readFile path);
  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  last = list: elemAt list (length list - 1);
  splitString = separator: text: filter isString (builtins.split (replaceStrings [ "." "+" "*" ] [ "\\." "\\+" "\\*" ] separator) text);
  escapeShellArg = text: "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  genAttrs = names: make: listToAttrs (map (name: { inherit name; value = make name; }) names);
  filterAttrs = keep: set: genAttrs (filter (name: keep name set.${name}) (attrNames set)) (name: set.${name});
  makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
  licenses.mit.spdxId = "MIT";
  platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
}
