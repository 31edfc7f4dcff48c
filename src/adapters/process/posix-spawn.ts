import { readdirSync } from "node:fs";
import koffi from "koffi";
import type { Child, Spawner, SpawnRequest } from "./spawner.js";

// <spawn.h>, the same on glibc and musl.
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
const WNOHANG = 1;
const O_RDONLY = 0;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** Larger than any posix_spawn_file_actions_t, posix_spawnattr_t or sigset_t. */
const OPAQUE_BYTES = 1024;

/** posix_spawn of this system's C library. Throws where it cannot be loaded; Linux only. */
export function loadPosixSpawn(): Spawner {
  if (process.platform !== "linux") throw new Error(`not used on ${process.platform}`);
  const libc = koffi.load(null);
  const spawn = libc.func(
    "int posix_spawn(_Out_ int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)",
  );
  const initActions = libc.func("int posix_spawn_file_actions_init(void *actions)");
  const freeActions = libc.func("int posix_spawn_file_actions_destroy(void *actions)");
  const addOpen = libc.func("int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, int mode)");
  const addDup = libc.func("int posix_spawn_file_actions_adddup2(void *actions, int from, int to)");
  const wait = libc.func("int waitpid(int pid, _Out_ int *status, int options)");
  const attributes = sessionAttributes(libc);
  closeOnExec(libc);
  const children = new Map<number, { child: { pid: number; status: number | null }; onExit: (child: Child) => void }>();

  // Each child is waited for by pid, so that Node's own children are left to Node.
  const reap = (): void => {
    for (const [pid, { child, onExit }] of children) {
      const status = [0];
      const result = wait(pid, status, WNOHANG) as number;
      if (result === 0) continue;
      children.delete(pid);
      child.status = result === pid ? shellStatus(status[0]!) : null;
      onExit(child);
    }
  };
  process.on("SIGCHLD", reap);

  return {
    spawn(request: SpawnRequest, onExit): Child {
      const actions = Buffer.alloc(OPAQUE_BYTES);
      initActions(actions);
      addOpen(actions, 0, "/dev/null", O_RDONLY, 0);
      addDup(actions, request.output, 1);
      addDup(actions, request.output, 2);
      const pid = [0];
      const env = Object.entries(request.env).map(([key, value]) => `${key}=${value}`);
      const argv = [request.program, ...request.args, null];
      const code = spawn(pid, request.program, actions, attributes, argv, [...env, null]) as number;
      freeActions(actions);
      if (code !== 0) throw new Error(`posix_spawn ${request.program}: errno ${code}`);
      const child = { pid: pid[0]!, status: null };
      children.set(child.pid, { child, onExit });
      return child;
    },
    close: () => void process.off("SIGCHLD", reap),
  };
}

/** What aurad itself was handed (a terminal's, a lock's, a socket's descriptor) is not for services. What it opens later has the mark. */
function closeOnExec(libc: ReturnType<typeof koffi.load>): void {
  const fcntl = libc.func("int fcntl(int fd, int command, ...)");
  for (const fd of readdirSync("/proc/self/fd").map(Number)) if (fd > 2) fcntl(fd, F_SETFD, "int", FD_CLOEXEC);
}

/** A session of its own, no signal blocked, every signal at its default (Node ignores SIGPIPE, which would be inherited). */
function sessionAttributes(libc: ReturnType<typeof koffi.load>): Buffer {
  const attributes = Buffer.alloc(OPAQUE_BYTES);
  const all = Buffer.alloc(OPAQUE_BYTES);
  const none = Buffer.alloc(OPAQUE_BYTES);
  libc.func("int sigfillset(void *set)")(all);
  libc.func("int posix_spawnattr_init(void *attributes)")(attributes);
  libc.func("int posix_spawnattr_setsigdefault(void *attributes, void *set)")(attributes, all);
  libc.func("int posix_spawnattr_setsigmask(void *attributes, void *set)")(attributes, none);
  libc.func("int posix_spawnattr_setflags(void *attributes, short flags)")(
    attributes,
    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
  );
  return attributes;
}

/** A wait status as a shell sees it: the exit code, or 128+n for signal n. */
export function shellStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
