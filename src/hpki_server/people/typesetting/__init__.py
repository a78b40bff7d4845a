"""Facts → typst → bytes, for the papers of every room.

Facts reach a template as one JSON file beside it, never as markup: a name that looks like typst code stays a name.
All pages are tagged PDF/A-2a and PDF/UA-1: the archive of an office keeps them, and a screen reader reads them.
"""

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import typst

from hpki_server.people.typesetting.glyphs import UnprintableText, font_file, missing_glyphs

Value: TypeAlias = "str | int | bool | bytes | list[Value] | dict[str, Value] | None"
Payload: TypeAlias = "dict[str, Value]"

_BASE = Path(__file__).with_name("base.typ")
CARD_DPI = 600


def typeset_pdf(template: Path, payload: Payload, *, at: dt.datetime) -> bytes:
    """The template, which may import base.typ, with `payload` as its data, as one PDF.

    Raises UnprintableText when a text holds a character the typeface cannot draw.
    """
    return _compile("pdf", template, payload, at)


def typeset_png(template: Path, payload: Payload, *, at: dt.datetime) -> bytes:
    """The same as one picture of 600 dots per inch; the template has a single page."""
    return _compile("png", template, payload, at)


def _compile(form: Literal["pdf", "png"], template: Path, payload: Payload, at: dt.datetime) -> bytes:
    printed = _compiler().compile(
        _project(template, payload),  # type: ignore[type-var]  # takes a dict of files; its stub does not say so
        format=form,
        ppi=CARD_DPI,
        timestamp=int(at.timestamp()),
        pdf_standards=["a-2a", "ua-1"] if form == "pdf" else [],
    )
    if not isinstance(printed, bytes):
        raise TypeError(
            f"{template.name}: one file was expected"
        )  # several come back for a picture of several pages
    return printed


def _project(template: Path, payload: Payload) -> dict[str, bytes]:
    if missing := [character for text in _texts(payload) for character in missing_glyphs(text)]:
        raise UnprintableText(dict.fromkeys(missing))
    return {
        "main.typ": _source(template),
        "base.typ": _source(_BASE),
        "data.json": json.dumps(payload, default=list, ensure_ascii=False).encode(),
    }


def _texts(value: Value) -> Iterator[str]:
    """Every text a payload holds; pictures (bytes) are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


@cache
def _source(template: Path) -> bytes:
    return template.read_bytes()


@cache
def _fonts() -> typst.Fonts:
    # No system fonts: the same facts give the same bytes on every machine.
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font_file().parent)]
    )


def _compiler() -> typst.Compiler:
    # One per document: a compiler refuses a second thread ("Already borrowed"), and costs a millisecond;
    # the fonts, which cost more, are shared.
    return typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
