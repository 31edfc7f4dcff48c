import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SOCKET_PATH_MAX } from "../../host/places.js";
import { AuraError } from "../../shared/errors.js";

/**
 * A slice in tmux is two processes. The holder is what aurad supervises: it opens the window, waits for the pane and ends
 * with its status; it outlives aurad. The pane runs the command, with the run's mark, so that a stop finds its whole tree.
 *
 * - DIR/env (fifo) hands over the environment and the command: on no command line, in no file, and of any length.
 * - DIR/end (fifo) is held open by the pane and by what writes the log: its end is seen however they end, and the last
 *   line of output is in the log before the holder goes.
 * - DIR/pane is made once: however often a window has to be asked for, one command runs.
 * - The tmux server starts without the mark of the run that happens to need it first: it must outlive that one.
 *
 * Arguments: TMUX SOCKET DIR SESSION WINDOW LOGGER GO PANE
 */
const HOLDER = `tmux=$1 socket=$2 dir=$3 session=$4 window=$5 logger=$6 go=$7 script=$8
mark=$AURA_INSTANCE
t() { (
  unset AURA_INSTANCE AURA_EPOCH_ID AURA_SLICE_ID AURA_PHASE AURA_ROLE AURA_ATTEMPT
  cd / && exec "$tmux" -S "$socket" -f /dev/null "$@"
) }
mkfifo -m 600 "$dir/env" "$dir/end" || exit 125
set -- -d -P -F '#{pane_id}' -n "$window"
run() { t "$@" /usr/bin/env "AURA_INSTANCE=$mark" /bin/sh -c "$script" aura-pane "$dir" "$tmux"; }
pane=$(run new-window "$@" -t "=$session:" 2>/dev/null) ||
pane=$(run new-session "$@" -s "$session" -x 200 -y 50 2>/dev/null) ||
pane=$(run new-window "$@" -t "=$session:") || { echo 'aura: tmux opened no window'; exit 125; }
t pipe-pane -t "$pane" "$logger" || { echo 'aura: the window was closed at once'; exit 129; }
{ export -p; printf '%s\\n' "$go"; } >"$dir/env" &
status=$(cat "$dir/end")
kill $! 2>/dev/null
[ -n "$status" ] || echo 'aura: the tmux window was closed'
exit "\${status:-129}"`;

/**
 * Arguments: DIR TMUX. A round trip to the server follows the command: by then it has read what the command wrote last.
 * A hangup (the window was closed) ends it, and with it, as the leader of the terminal's session, the command.
 */
const PANE = `mkdir "$1/pane" 2>/dev/null || exit 0
aura_go=$(cat "$1/env") || exit 125
exec 3>"$1/end"
aura_tmux=$2
trap : INT QUIT TERM
eval "$aura_go"
unset aura_go
"$@" 3>&-
aura_status=$?
"$aura_tmux" display-message -p . >/dev/null 2>&1; "$aura_tmux" display-message -p . >/dev/null 2>&1
echo "$aura_status" >&3`;

export interface TmuxWindow {
  readonly socket: string;
  readonly session: string;
  readonly window: string;
  /** What a person types to look at it. */
  readonly attach: string;
}

export interface HolderArguments {
  readonly window: TmuxWindow;
  /** A folder of its own, fresh. */
  readonly dir: string;
  readonly log: string;
  readonly workingDir: string;
  readonly command: readonly string[];
}

export function tmuxWindow(socket: string, epochId: string, sliceId: string): TmuxWindow {
  const session = `aura-${tmuxName(epochId)}`;
  return { socket, session, window: tmuxName(sliceId), attach: `tmux -S ${shellWord(socket)} attach -t ${session}` };
}

/** The command that Runs starts. */
export function holderCommand({ window, dir, log, workingDir, command }: HolderArguments): readonly string[] {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const logger = tmuxText(`exec 3>${quoted(join(dir, "end"))}; exec cat >>${quoted(log)}`);
  const go = `umask 022; cd -- ${quoted(workingDir)} || { echo 126 >&3; exit; }; set -- ${command.map(quoted).join(" ")}`;
  const { socket, session } = window;
  return ["/bin/sh", "-c", HOLDER, "aura-tmux", "tmux", socket, dir, session, window.window, logger, go, PANE];
}

/** A pane has a terminal of its own; what aurad's environment says of its terminal is not true there. */
export function paneEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const of = new Set(["TERM", "COLORTERM", "TMUX", "TMUX_PANE", "TMUX_TMPDIR", "COLUMNS", "LINES"]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !of.has(name)));
}

/** `DIR/tmux.sock`, which lasts as long as the home; where that is too long for a socket, one in the temporary folder. */
export function socketPath(dir: string): string {
  const own = join(dir, "tmux.sock");
  if (Buffer.byteLength(own) <= SOCKET_PATH_MAX) return own;
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `aura-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid) {
    throw new AuraError("file_write", `folder ${folder} belongs to somebody else`, { fix: "remove it, or set a shorter AURA_HOME" });
  }
  return join(folder, `${createHash("sha256").update(dir).digest("hex").slice(0, 16)}-tmux.sock`);
}

/** In names of tmux `.` and `:` separate windows and panes. */
function tmuxName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** tmux expands `#` and `%` in a command that it hands to the shell. */
function tmuxText(text: string): string {
  return text.replaceAll("#", "##").replaceAll("%", "%%");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : quoted(word);
}
