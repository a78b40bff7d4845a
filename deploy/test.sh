#!/usr/bin/env bash
# Every test on SQLite, then every test that touches a database again on PostgreSQL (tests/conftest.py says which).
set -euo pipefail
cd "$(dirname "$0")/.."

# What tests write is thrown away, so it lies in memory where there is room: a slow disk then holds up nobody.
memory=/dev/shm
roomy_kib=$((3 * 1024 * 1024))
if [ -w "$memory" ] && [ "$(df --output=avail "$memory" | tail -1)" -gt "$roomy_kib" ]; then
    scratch=$(mktemp -d "$memory/openhpki.XXXXXX")
else
    scratch=$(mktemp -d)
fi
trap 'rm -rf "$scratch"' EXIT
chmod 711 "$scratch" # PostgreSQL runs as a user of its own and has to come by.
export TMPDIR=$scratch
# Hundreds of processes are started: each would compile the whole product anew.
unset PYTHONDONTWRITEBYTECODE

# A file stays with one process, so what it prepares is prepared once.  One process more than processors, since some of
# them always wait: for a browser, for a server, for a child.
spread=(-n "$(($(nproc) + 1))" --dist loadfile --no-loadscope-reorder)

echo "== on SQLite"
.venv/bin/python -m pytest "${spread[@]}" "$@"
echo "== on PostgreSQL"
.venv/bin/python -m tests.postgres .venv/bin/python -m pytest "${spread[@]}" "$@"
