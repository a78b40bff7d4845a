#!/usr/bin/env bash
# Every test on SQLite, then every test again on PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "== on SQLite"
.venv/bin/python -m pytest -n 2 "$@"
echo "== on PostgreSQL"
.venv/bin/python -m tests.postgres .venv/bin/python -m pytest -n 2 "$@"
