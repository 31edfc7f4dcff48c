/** POSIX path arithmetic without node:path, so that specs can be parsed anywhere. All results are absolute. */

/** `/a/b.yaml` -> `/a`. */
export function folderOf(file: string): string {
  const cut = file.lastIndexOf("/");
  return cut <= 0 ? "/" : file.slice(0, cut);
}

/** Last part of a path. */
export function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

/** `path` itself when absolute, else seen from `base`; `.` and `..` are resolved by text. */
export function resolveFrom(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
