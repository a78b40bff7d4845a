#!/usr/bin/env bash
# Creates .venv with the locked dependencies.  Usage: deploy/setup.sh server|dev|fuzz.  Safe to repeat; quick when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-server}
uv_version=0.13.9

say() { printf '%s\n' "$*" >&2; }

# Installs Debian packages when run as root, else prints the exact line and stops.
need_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        say "These Debian packages are missing. Install them and call make again:"
        say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
        exit 1
    fi
    say "Installing Debian packages: ${missing[*]}"
    apt-get update -q >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.11 or newer is needed and was not found."
    exit 1
}

python=$(find_python)
if ! [ -x .venv/bin/uv ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian cuts the venv module in two; the second half is a package of its own.
        need_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "Creating .venv"
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet "uv==$uv_version"
fi
if [ "$what" != server ]; then
    packages=$(sed -e 's/#.*//' deploy/packages.txt)
    # Building pyscard takes Python's headers, which Debian packs apart, one package for each version.
    if ! .venv/bin/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("include"), "Python.h").stat()' 2>/dev/null; then
        packages="$packages $(.venv/bin/python -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])')"
    fi
    # shellcheck disable=SC2086 - a list of words
    need_packages $packages
fi
if grep -q '@index@' uv.lock; then
    .venv/bin/python deploy/lock_addresses.py fill uv.lock
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git config filter.lock-addresses.clean "python3 deploy/lock_addresses.py strip"
        # The filter makes the filled file equal to the committed one; git notices once it looks again.
        git diff --quiet uv.lock && git add uv.lock
    fi
fi
stamp=.venv/.setup-$what
if ! [ "$stamp" -nt uv.lock ] || ! [ "$stamp" -nt pyproject.toml ]; then
    groups=(--extra server)
    [ "$what" = server ] || groups=(--all-extras --group dev)
    [ "$what" = fuzz ] && groups+=(--group fuzz)
    # --inexact: what a wider earlier call has installed stays.
    VIRTUAL_ENV=.venv .venv/bin/uv sync --quiet --locked --inexact "${groups[@]}"
    touch "$stamp"
fi
