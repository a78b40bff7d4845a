"""A PDF that somebody sent, as one picture: the browser of an officer never opens the file itself.

The file is hostile until shown otherwise.  Its pages are drawn by typst's own reader (memory-safe, knows no scripts, no
links, no network), in a process of its own with bounded time and memory; what leaves it is a PNG and nothing else.
"""

import json
import resource
import subprocess
import sys
import threading
from io import BytesIO

PAGES_MOST = 6
SECONDS_MOST = 20
# As many files are drawn at the same time by one process of the server: each may take the memory below.
PLACES = threading.BoundedSemaphore(2)
_WAIT_SECONDS = 20
_CPU_SECONDS = 15
_MEMORY_OCTETS = 2 * 1024**3
_PICTURE_MOST = 60 * 1024 * 1024
_DOTS_PER_INCH = 130
_LAYOUT = b"""
#let sheet = json("sheet.json")
#set page(width: 210mm, height: auto, margin: 0pt, fill: white)
#set block(spacing: 0pt)
#for number in range(sheet.first, sheet.last + 1) { image(bytes(sheet.pdf), format: "pdf", page: number, width: 210mm) }
"""


class SheetUnreadable(Exception):
    """The file could not be drawn within its bounds."""


class SheetsBusy(Exception):
    """Others are being drawn; in a moment there is a place again."""


def sheet_png(pdf: bytes, *, first: int = 1, seconds: float = SECONDS_MOST) -> bytes:
    """`PAGES_MOST` pages from the `first` on, below each other as one PNG.  Raises SheetUnreadable, SheetsBusy."""
    if not PLACES.acquire(timeout=_WAIT_SECONDS):
        raise SheetsBusy
    try:
        drawn = subprocess.run(
            [sys.executable, "-I", __file__, str(first)],
            input=pdf,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired as late:
        raise SheetUnreadable("too slow") from late
    finally:
        PLACES.release()
    if drawn.returncode or not drawn.stdout.startswith(b"\x89PNG\r\n\x1a\n"):
        raise SheetUnreadable(drawn.stderr[-200:].decode(errors="replace"))
    return drawn.stdout


def _draw(pdf: bytes, first: int) -> bytes:
    """Inside the bounded process."""
    import typst
    from pypdf import PdfReader

    last = min(len(PdfReader(BytesIO(pdf)).pages), first + PAGES_MOST - 1)
    facts = {"pdf": list(pdf), "first": first, "last": last}
    files = {"main.typ": _LAYOUT, "sheet.json": json.dumps(facts).encode()}
    compiler = typst.Compiler(ignore_system_fonts=True)
    picture = compiler.compile(files, format="png", ppi=_DOTS_PER_INCH)  # type: ignore[type-var]  # takes a dict of files; its stub does not say so
    if not isinstance(picture, bytes) or len(picture) > _PICTURE_MOST:
        raise ValueError("no single picture of a fair size")
    return picture


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_OCTETS, _MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(_draw(sys.stdin.buffer.read(), int(sys.argv[1])))


if __name__ == "__main__":
    _main()
