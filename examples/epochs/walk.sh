#!/bin/sh
# Walks an epoch through all twelve phases with aura-msg, as a person and a few agents would, in under a minute and without
# any model. Its slices do real work in a temporary git repository. Needs a running aurad, node and git.
#
#   examples/epochs/walk.sh [EPOCH_ID]
#
# AURA_MSG: the command to use instead of aura-msg, such as "node dist/cli/main.js".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
epoch=${1:-walk-$(date +%Y%m%d-%H%M%S)}
work=$(mktemp -d "${TMPDIR:-/tmp}/aura-epoch-XXXXXX")

say() { printf '\n== %s\n' "$*"; }
# Shows the command as a person types it, then runs it.
aura() {
  printf '$ aura-msg'
  for word in "$@"; do
    case $word in *[!A-Za-z0-9._/=:-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
  ${AURA_MSG:-aura-msg} "$@"
}
on() { group=$1 verb=$2; shift 2; aura "$group" "$verb" --epoch-id "$epoch" "$@"; }
advance() { to=$1; shift; on phase advance --to-phase "$to" "$@"; }
votes() {
  for axis in correctness test_quality elegance; do on signal vote --axis "$axis" --vote ACCEPT --reviewer-id "reviewer-$axis"; done
}
# An advance that has to be refused: exit status 3, with the reasons.
refused() {
  status=0
  advance "$@" || status=$?
  [ "$status" -eq 3 ] || { echo "walk: that advance was to be refused with status 3, not $status" >&2; exit 1; }
}
# Waits until every slice has ended, and insists that all succeeded.
slices() {
  node - "$@" <<'JS'
const { execFileSync } = require("node:child_process");
const [program, ...args] = process.argv.slice(2);
const states = () => JSON.parse(execFileSync(program, args, { encoding: "utf8" })).slices.map(({ state }) => state);
const over = new Set(["succeeded", "failed", "timed_out", "cancelled"]);
const until = Date.now() + 300_000;
let now = states();
while (!now.every((state) => over.has(state))) {
  if (Date.now() > until) throw new Error(`the slices take too long: ${now.join(", ")}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  now = states();
}
process.exitCode = now.every((state) => state === "succeeded") ? 0 : 1;
JS
}

say "A repository to work in: $work"
cp -R "$here/project/." "$work"
git -C "$work" init -q
echo dist/ >"$work/.git/info/exclude"
# Somebody was in a hurry: there is something for the formatter to do.
for file in src/words.mjs test/words.test.mjs; do printf '// checked by hand  \n\n\n' >>"$work/$file"; done
git -C "$work" add -A
git -C "$work" -c user.name=Aura -c user.email=aura@example.invalid commit -q -m "A small project"
git -C "$work" log --oneline

say "p1 Request: an epoch starts, with the plan of its slices"
aura epoch start --epoch-id "$epoch" --description "Format the sources and ship the word counter" --slices "$work/slices.yaml"
on session register --session-id "architect-of-$epoch" --role architect --model-harness shell --pid $$
advance p2 --triggered-by architect --condition "single-file, low complexity, internal-only, familiar"

say "p2 Elicit: leaving it is a person's answer, so without one it is refused"
refused p3
on epoch answer --question "Which sources?" --option "src only" --option "src and test" --answer "src and test" --triggered-by owner
advance p3 --triggered-by owner

say "p3 Propose, p4 Review: nobody goes on without three votes"
advance p4 --triggered-by architect --condition "PROPOSAL-1 is written"
refused plan-uat --triggered-by reviewer
votes
advance plan-uat --triggered-by reviewer --condition "three ACCEPT"

say "p5 Plan UAT to p9 Worker Slices"
advance ratify --triggered-by owner --condition "Yes, do it like that"
advance handoff --triggered-by architect --condition ratified
advance impl-plan --triggered-by architect --condition "handed over to the supervisor"
advance worker-slices --triggered-by supervisor --condition "six slices with owners and needs"

say "The slices work: two side by side where their needs allow it"
# shellcheck disable=SC2086
slices ${AURA_MSG:-aura-msg} slice list --epoch-id "$epoch" --json || { on slice list; echo "walk: a slice failed" >&2; exit 1; }
on slice list
on slice logs --slice-id tests -n 8
on slice logs --slice-id commit

say "p10 Code Review: a BLOCKER keeps the gate shut until it is resolved"
advance code-review --triggered-by supervisor --condition "all slices are done"
on signal blocker --add "The build names a commit that is older than the change" --slice-id build
votes
refused impl-uat --triggered-by reviewer
on signal blocker --resolve
advance impl-uat --triggered-by reviewer --condition "three ACCEPT, no open BLOCKER"

say "p11 Impl UAT, p12 Landing"
advance landing --triggered-by owner --condition "I ran it; it counts my words"
on session end --session-id "architect-of-$epoch" --reason "the work is done"
advance complete --triggered-by supervisor --condition "pushed, tasks closed"

say "What was left behind"
on query state
aura audit verify --epoch-id "$epoch"
aura audit --epoch-id "$epoch" --type gate_answered
aura epoch export --epoch-id "$epoch" --output "$work/$epoch.json"
git -C "$work" log --oneline
say "Epoch $epoch is complete. Its repository and its export are in $work"
