/** Slash paths as plain text: the pure part of the host knows no file system. */

/** `path` made absolute against `base` (absolute), with `.`, `..` and doubled slashes resolved. */
export function absolutePath(path: string, base: string): string {
  const whole = path.startsWith("/") ? path : `${base}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The folder a path lies in. */
export function folderOf(path: string): string {
  return absolutePath("..", path);
}

/** A leading `~` or `~/` as the home directory; anything else unchanged. */
export function expandTilde(path: string, home: string): string {
  if (path === "~") return home;
  return path.startsWith("~/") ? `${home}${path.slice(1)}` : path;
}
