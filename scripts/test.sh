#!/usr/bin/env bash
# The whole suite in two halves side by side, each on a PostgreSQL of its own; with arguments, just what they name.
set -uo pipefail
cd "$(dirname "$0")/.."
if [ $# -gt 0 ]; then exec .venv/bin/pytest "$@"; fi
log=$(mktemp)
.venv/bin/pytest -q tests/bank > "$log" 2>&1 &
rooms=$!
trap 'kill "$rooms" 2>/dev/null; rm -f "$log"' EXIT
.venv/bin/pytest -q --ignore=tests/bank tests
rest=$?
echo "The rooms (tests/bank), run beside it:"
wait "$rooms"
rooms_end=$?
cat "$log"
[ "$rest" -eq 0 ] && [ "$rooms_end" -eq 0 ]
