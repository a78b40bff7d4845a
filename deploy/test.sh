#!/usr/bin/env bash
# Every test on SQLite, then every test that can touch a database again on PostgreSQL.
# The library knows no database (`make lint` holds that), so tests/hpki and the judges of what it makes run once.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "== on SQLite"
.venv/bin/python -m pytest -n 2 "$@"
echo "== on PostgreSQL"
once=(--ignore=tests/hpki)
for judges in cms xades pades asic; do
    once+=("--ignore=tests/interop/test_${judges}_judges.py")
done
once+=(--ignore=tests/interop/test_report_schema.py --ignore=tests/interop/test_signature_matrix.py
    --ignore=tests/interop/test_pkits.py --ignore=tests/interop/test_limbo.py --ignore=tests/interop/test_differential.py)
.venv/bin/python -m tests.postgres .venv/bin/python -m pytest -n 2 "${once[@]}" "$@"
