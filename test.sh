#!/usr/bin/env bash
# Runs every test. Installs what the browser tests need where it can (Debian: Chromium by apt).
# Ends with one line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

reference="$(cd .. && pwd)/shared/reference"
if [ -z "${ECODRIX_REFERENCE:-}" ] && [ -d "$reference" ]; then
  export ECODRIX_REFERENCE="$reference"
fi

install() { # install <command> <debian package>
  command -v "$1" >/dev/null 2>&1 && return
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null 2>&1
  fi
  command -v "$1" >/dev/null 2>&1 || echo "test.sh: $1 is not here and could not be installed; tests that need it are skipped by name"
}
install chromium chromium
install ffmpeg ffmpeg
install redis-server redis-server

# The API reference's own TypeScript helper is run against the product where Node is here.
if [ -z "${ECODRIX_TYPESCRIPT:-}" ] && command -v npm >/dev/null 2>&1; then
  tools="${TMPDIR:-/tmp}/ecodrix-test-tools"
  [ -f "$tools/node_modules/s3rver/bin/s3rver.js" ] || npm install --prefix "$tools" --no-audit --no-fund --silent typescript@5 axe-core@4 s3rver@3 >/dev/null 2>&1
  [ -f "$tools/node_modules/typescript/lib/typescript.js" ] && export ECODRIX_TYPESCRIPT="$tools/node_modules/typescript/lib/typescript.js"
  [ -f "$tools/node_modules/s3rver/bin/s3rver.js" ] && export ECODRIX_S3RVER="$tools/node_modules/s3rver/bin/s3rver.js"
  [ -f "$tools/node_modules/axe-core/axe.min.js" ] && export ECODRIX_AXE="$tools/node_modules/axe-core/axe.min.js"
fi

dotnet build --nologo -v quiet || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
status=0
for project in tests/Ecodrix.Tests tests/Ecodrix.E2E; do
  dotnet test "$project" --no-build --nologo --logger "trx;LogFileName=$(basename "$project").trx" \
    --results-directory "$results" --blame-hang-timeout 5m "$@" || status=1
done

sum() { local total=0 n; for n in $(cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*' | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n'); do total=$((total + n)); done; echo "$total"; }
total=$(sum total) executed=$(sum executed) passed=$(sum passed)
failed=$((executed - passed))
[ "$total" -gt 0 ] || { failed=1; status=1; }
[ "$failed" -eq 0 ] || status=1
echo "$passed passed, $failed failed, $((total - executed)) skipped"
exit "$status"
