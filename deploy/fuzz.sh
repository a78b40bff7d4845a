#!/usr/bin/env bash
# Coverage-guided fuzzing of every target in tests/fuzz, FUZZ_SECONDS (60) each; corpus and findings stay in var/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
for target in tests/fuzz/fuzz_*.py; do
    name=$(basename "$target" .py)
    echo "== $name"
    .venv/bin/python -m "tests.fuzz.$name"
done
