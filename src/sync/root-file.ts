import type { RootIdentity } from "./root.js";

/** `.aura/ignore` of a new root. Only what no person wants on another device; the rest is theirs to add. */
export const DEFAULT_IGNORE = `# What is not synced. The syntax is that of .gitignore; a change counts at once.
# The folder .aura is never synced.

# Left by desktops
.DS_Store
._*
.Spotlight-V100/
.Trashes/
.fseventsd/
.Trash-*/
Thumbs.db
ehthumbs.db
desktop.ini
$RECYCLE.BIN/

# Left by programs that are at work on a file
*.swp
*.swo
*~
.~lock.*#
~$*
.#*
*.crdownload
.nfs*
.fuse_hidden*

# Made anew from what is synced: remove the # where that holds
#node_modules/
#target/
#dist/
#.venv/
#__pycache__/
`;

/** `.aura/root.toml` of a root. */
export function rootFileText({ rootId, deviceId, mode, remote }: RootIdentity): string {
  const lines = [
    "# Makes this folder a sync root of Aura. Once it is here, it counts, and not [roots.init] of aura.toml.",
    "",
    "# The same on every device.",
    `root_id = ${toml(rootId)}`,
    "# Another on every device.",
    `device_id = ${toml(deviceId)}`,
    '# "bidirectional"; "push": nothing of others is taken; "pull": nothing of here is told.',
    `mode = ${toml(mode)}`,
    "",
    "[remote]",
    `bucket = ${toml(remote.bucket)}`,
    ...(remote.endpoint === undefined ? [] : [`endpoint = ${toml(remote.endpoint)}`]),
    ...(remote.region === undefined ? [] : [`region = ${toml(remote.region)}`]),
    `path_style = ${remote.pathStyle}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** A basic string of TOML: it escapes as JSON does, and DEL too. */
function toml(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", String.raw`\u007f`);
}
