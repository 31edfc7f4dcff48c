#!/bin/sh
# Installs what `npm run bench` compares with. None of it is a dependency of aura:
# supervisord, pm2, aws, rclone and versitygw go below .cache/bench of this checkout, runit and s6 come from Debian (needs
# root). process-compose and s5cmd are measured when they are on PATH. Safe to run again; a peer that fails is one line, not an end.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
cache="$here/.cache/bench"
mkdir -p "$cache"

missing() { echo "MISSING $1: $2" >&2; }

if command -v runsvdir >/dev/null && command -v s6-svscan >/dev/null; then
  echo "runit, s6: already installed"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # The packages must not start a service of their own on this machine: runsvdir is only run by the bench.
  apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends runit s6 >"$cache/apt.log" 2>&1 ||
    missing "runit, s6" "apt-get failed, see $cache/apt.log"
else
  missing "runit, s6" "run as root on Debian or Ubuntu: apt-get install --no-install-recommends runit s6"
fi

if [ -x "$cache/supervisor/bin/supervisord" ]; then
  echo "supervisord: already installed"
else
  { python3 -m venv "$cache/supervisor" && "$cache/supervisor/bin/pip" install -q supervisor==4.3.0; } \
    >"$cache/pip.log" 2>&1 || missing supervisord "pip failed, see $cache/pip.log"
fi

if [ -x "$cache/pm2/node_modules/.bin/pm2" ]; then
  echo "pm2: already installed"
else
  mkdir -p "$cache/pm2" && echo '{"private":true}' >"$cache/pm2/package.json"
  npm install --prefix "$cache/pm2" --no-audit --no-fund --silent -E pm2@7.0.4 >"$cache/npm.log" 2>&1 ||
    missing pm2 "npm failed, see $cache/npm.log"
fi

if [ -x "$cache/aws/bin/aws" ]; then
  echo "aws: already installed"
else
  { python3 -m venv "$cache/aws" && "$cache/aws/bin/pip" install -q awscli==1.46.3; } \
    >"$cache/pip-aws.log" 2>&1 || missing aws "pip failed, see $cache/pip-aws.log"
fi

# The S3 server of the sync cases, without which they are left out, and the tool that most people use.
for pair in \
  versitygw=github.com/versity/versitygw/cmd/versitygw@v1.8.0 \
  rclone=github.com/rclone/rclone@v1.75.1; do
  program=${pair%%=*}
  if [ -x "$cache/bin/$program" ] || command -v "$program" >/dev/null || [ -x "$here/.cache/s3/$program" ]; then
    echo "$program: already installed"
  elif command -v go >/dev/null; then
    GOBIN="$cache/bin" GOFLAGS=-buildvcs=false CGO_ENABLED=0 go install -ldflags='-s -w' "${pair#*=}" >"$cache/$program.log" 2>&1 ||
      missing "$program" "go install failed, see $cache/$program.log"
  else
    missing "$program" "install it, or go to build it with"
  fi
done

command -v s5cmd >/dev/null || missing s5cmd "not on PATH; it is left out of the tables"
command -v process-compose >/dev/null || missing process-compose "not on PATH; it is left out of the tables"
