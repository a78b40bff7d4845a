#!/usr/bin/env bash
# Collects the Japanese sentences of every room and compiles its English translation.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
for room in "$root"/src/hpki_server/*/locale; do
    (cd "$(dirname "$room")" && "$root/.venv/bin/python" -m django makemessages -l en --no-location --no-wrap && "$root/.venv/bin/python" -m django compilemessages -l en)
done
