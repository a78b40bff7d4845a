"""A PDF as pictures of its pages, and what it holds besides them; the file itself is opened in a bounded process."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial, Denied
from hpki_server.signing.preview import pdf_process
from hpki_server.signing.preview.text import seen

PAGES_AT_ONCE: Final = 5
WIDTH: Final = pdf_process.WIDTH
LARGE: Final = 2400
_READABLE: Final = 120
_SECONDS_MOST: Final = 15
# As many files are opened at the same time, whoever asks; the others wait a little.
_PLACES: Final = threading.BoundedSemaphore(2)
_PNG: Final = b"\x89PNG\r\n\x1a\n"

LOCKED: Final = Denial(
    "locked", _("暗証（パスワード）で閉じられた PDF です。開くことができないため、ここには映せません。")
)
UNREADABLE: Final = Denial("unreadable", _("この PDF は壊れているか、大きすぎるため、ここには映せません。"))
NO_SUCH_PAGE: Final = Denial("no_such_page", _("そのページはありません。"))
BUSY: Final = Denial("busy", _("ほかの文書を映しています。少し待ってから、もう一度お試しください。"))


class Trait(StrEnum):
    """Something that a PDF has besides its pages, and that the pictures cannot show in full."""

    SCRIPT = "script"
    FILES = "files"
    FORM = "form"
    XFA = "xfa"
    LAYERS = "layers"
    MEDIA = "media"
    LAUNCH = "launch"
    TYPEFACE = "typeface"


TRAIT_WORDS: Final[Mapping[Trait, str | Promise]] = {
    Trait.SCRIPT: _(
        "動作するプログラム（スクリプト）が入っています。下の画像は、何も動かさずに映したものです。ほかのソフトでは、表示が変わることがあります。"
    ),
    Trait.FILES: _(
        "ほかのファイルが添付されています。添付の中身は、下の画像には映りません。署名は添付にも及びます。"
    ),
    Trait.FORM: _("記入欄があります。下の画像は、いま記入されている内容です。"),
    Trait.XFA: _("特別な形式の記入欄（XFA）があります。下の画像には、記入の内容が映らないことがあります。"),
    Trait.LAYERS: _("表示を切り替えられる層があります。下の画像は、初めの表示です。"),
    Trait.MEDIA: _("音声・動画などが入っています。下の画像では再生されません。"),
    Trait.LAUNCH: _("ほかのファイルや宛先を開く仕掛けがあります。下の画像では動きません。"),
    Trait.TYPEFACE: _(
        "書体がファイルに入っていないため、別の書体で映しています。文字の形が少し違うことがあります。"
    ),
}


@dataclass(frozen=True)
class ShownPage:
    """One page: its number from 1, the size of its picture, and the text that the file says stands on it."""

    number: int
    width: int
    height: int
    text: str

    @property
    def is_readable(self) -> bool:
        """An endless strip shrinks until nobody can read it."""
        return min(self.width, self.height) >= _READABLE


@dataclass(frozen=True)
class PdfView:
    """`signatures` are fields that hold one already."""

    pages: int
    signatures: int
    traits: tuple[Trait, ...]
    shown: tuple[ShownPage, ...]

    @property
    def warnings(self) -> list[str | Promise]:
        """What to know about the file, in sentences."""
        return [TRAIT_WORDS[trait] for trait in self.traits]


def view_of_pdf(pdf: bytes, *, first: int = 1) -> PdfView:
    """The pages from `first` on, some at once.  Raises `Denied`: locked, unreadable, no_such_page, busy."""
    last = first + PAGES_AT_ONCE - 1
    try:
        said: dict[str, Any] = json.loads(_asked(pdf, "survey", first, last))
    except ValueError as error:
        raise Denied([UNREADABLE]) from error
    if not said["shown"]:
        raise Denied([NO_SUCH_PAGE if said["pages"] else UNREADABLE])
    return PdfView(
        pages=said["pages"],
        signatures=said["signatures"],
        traits=tuple(trait for trait in Trait if trait in said["traits"]),
        shown=tuple(_page(each) for each in said["shown"]),
    )


def _page(said: Mapping[str, Any]) -> ShownPage:
    width, height = said["size"]
    return ShownPage(said["number"], width, height, seen(said["text"].replace("\r\n", "\n")).strip())


def picture_of_page(pdf: bytes, number: int, width: int = WIDTH) -> bytes:
    """One page as PNG.  Raises `Denied`: locked, unreadable, busy."""
    picture = _asked(pdf, "draw", number, width)
    if not picture.startswith(_PNG):
        raise Denied([UNREADABLE])
    return picture


def _asked(pdf: bytes, *words: str | int) -> bytes:
    if not _PLACES.acquire(timeout=_SECONDS_MOST):
        raise Denied([BUSY])
    try:
        # A file, whose size the process has bounded: a pipe would take whatever comes.
        with TemporaryFile() as answer:
            done = subprocess.run(
                [sys.executable, "-I", Path(pdf_process.__file__), *map(str, words)],
                input=pdf,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS_MOST,
                check=False,
                env={},
            )
            answer.seek(0)
            said = answer.read()
    except subprocess.TimeoutExpired as late:
        raise Denied([UNREADABLE]) from late
    finally:
        _PLACES.release()
    if done.returncode:
        raise Denied([LOCKED if done.returncode == pdf_process.LOCKED else UNREADABLE])
    return said
