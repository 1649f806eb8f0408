#!/bin/sh
# Runs a script of this repository on Node 24, whatever `node` the machine has: installs the npm packages when
# they are missing or older than the lockfile, then uses the Node binary that came with them.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
missing() { [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; }

install() {
  command -v npm >/dev/null || { echo "npm is missing: install Node.js (any version that brings npm 10 or newer)" >&2; exit 1; }
  began=$(date +%s)
  echo "  > npm packages      installing what package-lock.json names" >&2
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || {
    echo "  x npm packages      npm says above what is in the way; run this again when it is gone" >&2
    exit 1
  }
  touch node_modules/.package-lock.json
  echo "  + npm packages      installed in $(($(date +%s) - began)) s" >&2
}

if missing; then
  # Two installations at once would take each other's files away. A lock whose holder has died counts for nothing.
  lock=.npm-install.lock
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || true)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$lock"; else sleep 1; fi
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT
  if missing; then install; fi
  rm -rf "$lock"
  trap - EXIT
fi
for binary in node_modules/node-linux-*/bin/node; do
  [ -x "$binary" ] && PATH="$root/$(dirname "$binary"):$PATH"
done
export PATH="$root/node_modules/.bin:$PATH"
case "$(node --version 2>/dev/null)" in
  v2[4-9].* | v[3-9][0-9].*) exec node "$@" ;;
  *) echo "Node 24 or newer is needed and no package of it exists for this platform: install it from your package manager" >&2; exit 1 ;;
esac
