import koffi from "koffi";

/** `unsupported`: neither this system nor this file system has it. Other failures by their errno name, `EEXIST` and so on. */
export type RenameResult = "done" | "unsupported" | (string & {});

/** The two ways to rename that look and act in one step. Both paths absolute, on one file system. */
export interface RenameCalls {
  /** Swaps what two names stand for. `ENOENT` when there is nothing at one of them. */
  exchange(a: string, b: string): RenameResult;
  /** `EEXIST` when something is at `to`. */
  moveNew(from: string, to: string): RenameResult;
}

/** For where the kernel's own cannot be reached. */
export const noCalls: RenameCalls = { exchange: () => "unsupported", moveNew: () => "unsupported" };

type Flagged = (from: string, to: string, flags: number) => number;

// <linux/fs.h> and <fcntl.h>; the numbers of the call where the C library has no name for it.
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const AT_FDCWD = -100;
const SYS_RENAMEAT2: Readonly<Record<string, number>> = { x64: 316, arm64: 276, riscv64: 276, loong64: 276 };
// <sys/stdio.h> of macOS.
const RENAME_SWAP = 2;
const RENAME_EXCL = 4;

let loaded: RenameCalls | undefined;

/** Loaded once; `noCalls` where it cannot be. */
export function renameCalls(): RenameCalls {
  try {
    loaded ??=
      process.platform === "darwin" ? calls(loadMac(), RENAME_SWAP, RENAME_EXCL) : calls(loadLinux(), RENAME_EXCHANGE, RENAME_NOREPLACE);
  } catch {
    loaded = noCalls;
  }
  return loaded;
}

function loadLinux(): Flagged {
  const libc = koffi.load(null);
  try {
    const rename = libc.func("int renameat2(int fromDir, const char *from, int toDir, const char *to, unsigned int flags)");
    return (from, to, flags) => rename(AT_FDCWD, from, AT_FDCWD, to, flags) as number;
  } catch {
    const number = SYS_RENAMEAT2[process.arch];
    if (number === undefined) throw new Error(`no number of renameat2 for ${process.arch}`);
    const syscall = libc.func("long syscall(long number, ...)");
    const [int, text, flag] = ["int", "const char *", "unsigned int"];
    return (from, to, flags) => syscall(number, int, AT_FDCWD, text, from, int, AT_FDCWD, text, to, flag, flags) as number;
  }
}

function loadMac(): Flagged {
  return koffi.load(null).func("int renamex_np(const char *from, const char *to, unsigned int flags)") as Flagged;
}

function calls(rename: Flagged, exchange: number, excl: number): RenameCalls {
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  const call = (from: string, to: string, flags: number): RenameResult => {
    if (rename(from, to, flags) === 0) return "done";
    const name = names.get(koffi.errno()) ?? "EIO";
    // EINVAL is also what a file system says that knows the call and not the flag.
    return ["ENOSYS", "EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(name) ? "unsupported" : name;
  };
  return { exchange: (a, b) => call(a, b, exchange), moveNew: (from, to) => call(from, to, excl) };
}
