"""uv.lock with and without the addresses of a package registry.

The committed lock names packages, versions and hashes, not where to fetch them: that belongs to the
machine (a hospital's mirror, the public index).  `fill` writes this machine's addresses in, taken from
pip's own default or from UV_DEFAULT_INDEX; `strip` takes them out again and is git's clean filter, so
a filled lock never shows as a change.  The hashes guard what is fetched either way.
"""

import os
import pathlib
import re
import sys

INDEX_MARK = "@index@"
FILES_MARK = "@files@/"


def strip(text: str) -> str:
    """The lock without addresses."""
    text = re.sub(r'registry = "https?://[^"]+"', f'registry = "{INDEX_MARK}"', text)
    return re.sub(r'url = "https?://[^"]+?/packages/', f'url = "{FILES_MARK}packages/', text)


def fill(text: str) -> str:
    """The lock with this machine's addresses; unchanged where it has them already."""
    from pip._internal.models.index import PyPI  # pip is the one place that knows its own default

    index = os.environ.get("UV_DEFAULT_INDEX", PyPI.simple_url).rstrip("/")
    return text.replace(f'"{INDEX_MARK}"', f'"{index}"').replace(
        f'"{FILES_MARK}', f'"https://{PyPI.file_storage_domain}/'
    )


def main(action: str) -> None:
    """`fill PATH` works in place; `strip` is a filter from standard input to standard output."""
    if action == "strip":
        sys.stdout.write(strip(sys.stdin.read()))
        return
    lock = pathlib.Path(sys.argv[2])
    before = lock.read_text(encoding="utf-8")
    after = fill(before)
    if after != before:
        lock.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
