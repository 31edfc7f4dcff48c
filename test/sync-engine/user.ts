import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "../support/random.js";
import type { Device } from "./rig.js";

/** Where somebody works. */
export type Place = Pick<Device, "name" | "root" | "path">;

const NAMES = ["a", "b.txt", "c.tar.gz", ".hidden", "d", "E", "ü", "new\nline", "🎉", "dots.."];
const FOLDERS = ["", "", "", "sub", "sub", "sub/deep", "other", "other/d"];

/** Somebody who works with files on several devices, and what must not be lost of it. */
export class User {
  /** Contents that were written and neither overwritten nor deleted by a person where they were seen. */
  readonly kept = new Set<string>();
  readonly log: string[] = [];
  private written = 0;

  constructor(private readonly random: Random) {}

  /** Does something on a device. Gives the folders in which something happened. */
  act(device: Place): string[] {
    const dice = this.random.below(100);
    const isChange = dice >= 45 && dice < 82;
    const path = isChange || this.random.below(4) === 0 ? this.knownPath(device) : this.anyPath();
    const before = this.log.length;
    const touched = this.does(device, path, device.path(path), dice);
    if (this.log.length === before) this.log.push(`${device.name}: nothing at ${JSON.stringify(path)}`);
    return touched;
  }

  private does(device: Place, path: string, at: string, dice: number): string[] {
    if (dice < 45) return this.write(device, path, at);
    if (dice < 60) return this.remove(device, path, at);
    if (dice < 75) return this.rename(device, path, at);
    if (dice < 82) return this.chmod(device, path, at);
    if (dice < 88) return this.link(device, path, at);
    if (dice < 94) return this.makeDir(device, path, at);
    return this.ignore(device);
  }

  /** Saves a file, whatever was there. */
  save(device: Place, path: string, content: string): void {
    const at = device.path(path);
    if (!this.makeRoom(device, at)) return;
    this.release(at);
    rmSync(at, { recursive: true, force: true });
    writeFileSync(at, content);
    this.kept.add(content);
    this.did(device, "save", path);
  }

  private anyPath(): string {
    return join(this.random.pick(FOLDERS), this.random.pick(NAMES));
  }

  private knownPath(device: Place): string {
    const known = pathsOf(device.root);
    return known.length === 0 ? this.anyPath() : this.random.pick(known);
  }

  private write(device: Place, path: string, at: string): string[] {
    if (!this.makeRoom(device, at)) return [];
    const content = `content ${++this.written}${"x".repeat(this.random.below(4) === 0 ? 2000 : 0)}`;
    this.release(at);
    if (isDir(at)) rmSync(at, { recursive: true });
    if (existsAt(at) && lstatSync(at).isSymbolicLink()) rmSync(at);
    writeFileSync(at, content);
    this.kept.add(content);
    return this.did(device, `write ${content.slice(0, 12)} to`, path);
  }

  private remove(device: Place, path: string, at: string): string[] {
    if (!existsAt(at)) return [];
    this.release(at);
    rmSync(at, { recursive: true });
    return this.did(device, "remove", path);
  }

  private rename(device: Place, path: string, at: string): string[] {
    const to = this.anyPath();
    const target = device.path(to);
    if (!existsAt(at) || target === at || target.startsWith(`${at}/`) || at.startsWith(`${target}/`)) return [];
    if (!this.makeRoom(device, target) || !existsAt(at)) return [];
    this.release(target);
    rmSync(target, { recursive: true, force: true });
    renameSync(at, target);
    return [...this.did(device, `rename ${JSON.stringify(path)} to`, to), folderOf(path)];
  }

  private chmod(device: Place, path: string, at: string): string[] {
    if (!existsAt(at) || !lstatSync(at).isFile()) return [];
    chmodSync(at, (lstatSync(at).mode & 0o100) === 0 ? 0o755 : 0o644);
    return this.did(device, "chmod", path);
  }

  private link(device: Place, path: string, at: string): string[] {
    if (!this.makeRoom(device, at)) return [];
    this.release(at);
    rmSync(at, { recursive: true, force: true });
    symlinkSync(`nowhere ${++this.written}`, at);
    return this.did(device, "link", path);
  }

  private makeDir(device: Place, path: string, at: string): string[] {
    if (existsAt(at) || !this.makeRoom(device, at)) return [];
    mkdirSync(at);
    return this.did(device, "mkdir", path);
  }

  private ignore(device: Place): string[] {
    const at = device.path(".aura", "ignore");
    const text = this.random.pick(["", "b.txt\n", "sub/\n", "*.gz\nE\n"]);
    writeFileSync(at, text);
    this.log.push(`${device.name}: ignore ${JSON.stringify(text)}`);
    return [".aura"];
  }

  /** Makes the folders above a path; false where something else is in the way. */
  private makeRoom(device: Place, at: string): boolean {
    for (let folder = dirname(at); folder !== device.root; folder = dirname(folder)) if (existsAt(folder) && !isDir(folder)) return false;
    mkdirSync(dirname(at), { recursive: true });
    return true;
  }

  /** A person saw what is there, and does away with it. */
  private release(at: string): void {
    if (!existsAt(at)) return;
    if (isDir(at)) for (const name of readdirSync(at)) this.release(join(at, name));
    else if (lstatSync(at).isFile()) this.kept.delete(readFileSync(at, "utf8"));
  }

  private did(device: Place, what: string, path: string): string[] {
    this.log.push(`${device.name}: ${what} ${JSON.stringify(path)}`);
    return [folderOf(path)];
  }
}

function pathsOf(root: string): string[] {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => path !== ".aura" && !path.startsWith(".aura/")).toSorted();
}

/** Null also where a file is in the place of a folder above it. */
function lookAt(at: string): Stats | null {
  try {
    return lstatSync(at);
  } catch {
    return null;
  }
}

function existsAt(at: string): boolean {
  return lookAt(at) !== null;
}

function isDir(at: string): boolean {
  return lookAt(at)?.isDirectory() === true;
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === "." ? "" : folder;
}
