#!/usr/bin/env bash
# Style, types, import contracts, translations, migrations: nothing here changes a file.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/lint-imports
.venv/bin/hpki-server makemigrations --check --dry-run
