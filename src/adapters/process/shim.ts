/**
 * The shim: a few lines of POSIX shell between aurad and each service, so that the exit status of a service
 * is known even when it ended while no aurad was there to wait for it. It costs one small `sh` a service
 * (about 0.1 MB of its own memory) and 0.4 ms a start.
 *
 * Arguments: CLAIM STATUS UMASK DIRECTORY PROGRAM [ARG...]
 * - It claims its run by creating CLAIM with O_EXCL: a run that a later aurad has declared void never starts.
 * - Creating needs no free block: on a full disk the claim is made but stays blank, and the program runs all the same.
 * - CLAIM receives the line of /proc/self/stat of the process that becomes the program (exec keeps pid and start time).
 * - STATUS receives the exit status as the shell sees it (128+n for signal n); the shim ends with it too.
 * - It ignores, by doing nothing, the signals meant for the group, so that it lives to write the status;
 *   the program itself starts with default signal dispositions.
 */
const LINUX = `claim=$1 status=$2
umask "$3"
cd -- "$4" || exit 126
shift 4
trap : HUP INT QUIT TERM USR1 USR2 ALRM
exec 3>&2 2>/dev/null
(
  read -r line </proc/self/stat; set -C
  echo "$line" >"$claim" || [ ! -s "$claim" ] || exit 125
  exec "$@" 2>&3 3>&-
)
code=$?
echo $code >"$status"
exit $code`;

// Without /proc a second shell is needed to learn the pid.
const OTHER = `claim=$1 status=$2
umask "$3"
cd -- "$4" || exit 126
shift 4
trap : HUP INT QUIT TERM USR1 USR2 ALRM
exec 3>&2 2>/dev/null
sh -c 'set -C; echo "$$ (sh) S" >"$0" || [ ! -s "$0" ] || exit 125; exec "$@" 2>&3 3>&-' "$claim" "$@"
code=$?
echo $code >"$status"
exit $code`;

export interface ShimArguments {
  readonly claim: string;
  readonly status: string;
  /** Octal, e.g. "022". */
  readonly umask: string;
  readonly workingDir: string;
  readonly command: readonly string[];
}

/** Program and arguments that run `command` under the shim. */
export function shimCommand(args: ShimArguments, platform: NodeJS.Platform = process.platform): [string, string[]] {
  const script = platform === "linux" ? LINUX : OTHER;
  return ["/bin/sh", ["-c", script, "aura-shim", args.claim, args.status, args.umask, args.workingDir, ...args.command]];
}

/** Exit status of a shim that found its run already claimed. */
export const CLAIM_LOST = 125;
