#!/bin/sh
# Two devices in step through a local S3 server, with one command: a file of one turns up on the other, both edit the same
# file, and a deleted one comes back. Everything it starts is its own, and is gone at the end. Takes about half a minute.
#
#   examples/sync/two-devices.sh
#
# Needs node, and versitygw: on PATH, in .cache/s3 of the checkout, or built there when go is there.
# KEEP=1 leaves the folders. AURAD, AURA_MSG: the commands to use, such as "node dist/worker/main.js"; without them those on
# PATH, or those that were built in this checkout.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/aura-two-devices-XXXXXX")
work=$(cd "$work" && pwd -P)
pids=

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'two-devices: %s\n' "$*" >&2; exit 1; }

# What was started is ended, by its pid; an aurad that is asked to stop stops its Temporal server too.
finish() {
  status=$?
  trap - EXIT INT TERM
  for pid in $pids; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  if [ "$status" -ne 0 ]; then for log in "$work"/*.log; do [ -f "$log" ] && { echo "--- $log"; tail -n 20 "$log"; }; done >&2; fi
  if [ "${KEEP:-}" = 1 ]; then echo "everything is in $work"; else rm -rf "$work"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Waits until a file has a line with the words in it.
until_in() {
  file=$1 words=$2 pid=$3 n=0
  until grep -q "$words" "$file" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || fail "$(basename "$file" .log) has ended"
    n=$((n + 1))
    # The first start may have to fetch or build the Temporal CLI.
    [ $((n % 150)) -ne 0 ] || tail -n 1 "$file"
    [ "$n" -lt 6000 ] || fail "$(basename "$file" .log) takes too long"
    sleep 0.1
  done
}

# Waits for a file of that content and says how long it took.
until_there() {
  node - "$@" <<'JS'
const { readFileSync } = require("node:fs");
const [file, content] = process.argv.slice(2);
const from = performance.now();
const there = () => {
  try {
    return readFileSync(file, "utf8") === content;
  } catch {
    return false;
  }
};
const timer = setInterval(() => {
  const ms = Math.round(performance.now() - from);
  if (there()) {
    console.log(`it is there after ${ms} ms`);
    clearInterval(timer);
  } else if (ms > 60_000) {
    console.error("two-devices: the file did not come");
    process.exit(1);
  }
}, 10);
JS
}

command_of() { # NAME FILE: the command on PATH, else the one of the checkout
  if command -v "$1" >/dev/null 2>&1; then echo "$1"
  elif [ -f "$here/dist/$2" ]; then echo "node $here/dist/$2"
  else fail "there is no $1: build it with npm ci, or name it in $3"; fi
}
AURAD=${AURAD:-$(command_of aurad worker/main.js AURAD)}
AURA_MSG=${AURA_MSG:-$(command_of aura-msg cli/main.js AURA_MSG)}

# Shows the command as a person on that device types it, then runs it.
on() {
  device=$1; shift
  printf '%s$ aura-msg' "$device"
  for word in "$@"; do
    case $word in *[!A-Za-z0-9._/=:@-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
  # shellcheck disable=SC2086
  (cd "$work/$device/work" && HOME=$work/$device AURA_HOME=$work/$device/.aura-home $AURA_MSG "$@")
}

find_versitygw() {
  if command -v versitygw >/dev/null 2>&1; then command -v versitygw; return; fi
  cached=$here/.cache/s3/versitygw
  if [ ! -x "$cached" ]; then
    command -v go >/dev/null 2>&1 || fail "there is no versitygw; install it, or go to build it with"
    echo "building versitygw with go; this takes a minute or two" >&2
    GOBIN=$here/.cache/s3 GOFLAGS=-buildvcs=false CGO_ENABLED=0 go install -ldflags '-s -w' github.com/versity/versitygw/cmd/versitygw@v1.8.0 >&2 \
      || fail "versitygw cannot be built"
  fi
  echo "$cached"
}

ports=$(node -e '
const { createServer } = require("node:net");
const open = [1, 2, 3].map(() => createServer().listen(0, "127.0.0.1"));
Promise.all(open.map((one) => new Promise((resolve) => one.once("listening", resolve)))).then(() => {
  console.log(open.map((one) => one.address().port).join(" "));
  for (const one of open) one.close();
});')
# shellcheck disable=SC2086
set -- $ports
s3_port=$1 temporal_port=$2 ui_port=$3
export AURA_S3_ACCESS_KEY=example AURA_S3_SECRET_KEY=example-secret

say "An S3 server, with an empty bucket"
mkdir -p "$work/s3/example-bucket"
versitygw=$(find_versitygw)
ROOT_ACCESS_KEY=$AURA_S3_ACCESS_KEY ROOT_SECRET_KEY=$AURA_S3_SECRET_KEY \
  "$versitygw" --port "127.0.0.1:$s3_port" posix "$work/s3" >"$work/s3.log" 2>&1 &
pids="$! $pids"
echo "versitygw at http://127.0.0.1:$s3_port, its bucket in $work/s3/example-bucket"

say "Two devices: an aurad each, in homes of their own, on one Temporal server"
for device in laptop desk; do
  mkdir -p "$work/$device/.aura-home/config" "$work/$device/work"
  # Quicker than by default, so that there is little to wait for.
  cat >"$work/$device/.aura-home/config/aura.toml" <<TOML
log_format = "text"
watcher_debounce = "100ms"
head_poll_interval = "1s"

[temporal]
ui_port = $ui_port

[[roots]]
path = "~/work"
TOML
  on "$device" root init . --bucket example-bucket --endpoint "http://127.0.0.1:$s3_port" --device-id "$device"
done

start() { # DEVICE FLAG
  # shellcheck disable=SC2086
  HOME=$work/$1 AURA_HOME=$work/$1/.aura-home $AURAD --host "$1" "$2" --server-address "127.0.0.1:$temporal_port" >"$work/$1.log" 2>&1 &
  pid=$!
  pids="$pid $pids"
  until_in "$work/$1.log" "Worker running" "$pid"
  echo "aurad of $1 runs (pid $pid)"
}
start laptop --embedded
start desk --no-embedded

say "A file that is made on laptop turns up on desk"
mkdir "$work/laptop/work/docs"
printf 'hello from laptop\n' >"$work/laptop/work/docs/hello.txt"
until_there "$work/desk/work/docs/hello.txt" 'hello from laptop
'

say "Both edit the same file before they have heard of each other: nothing is lost"
on laptop sync wait >/dev/null
on desk sync wait >/dev/null
printf 'edited on laptop\n' >"$work/laptop/work/docs/hello.txt"
printf 'edited on desk\n' >"$work/desk/work/docs/hello.txt"
for device in laptop desk laptop desk; do on "$device" sync wait; done
(cd "$work/desk/work" && head docs/*)

say "A file that was deleted comes back"
before=$(node -e 'console.log(new Date().toISOString())')
rm "$work/desk/work/docs/hello.txt"
on desk sync wait
on desk sync log -n 5
on desk sync restore docs/hello.txt --at "$before"
on desk sync wait

say "How they are"
on laptop sync wait
on laptop root list
on laptop root list --host desk
printf 'laptop$ aurad status\n'
# shellcheck disable=SC2086
HOME=$work/laptop AURA_HOME=$work/laptop/.aura-home $AURAD status
on desk sync verify
diff -r -x .aura "$work/laptop/work" "$work/desk/work" && echo "both folders hold the same"
