"""MJ numbers of glyphs, from 文字情報技術促進協議会's MJ文字一覧表 (CC BY-SA 2.1 JP).

The table comes with jntajis-python, in the source it compiles its own from; its Python functions do not give it out.  It
is read when a page first asks for a code (60 ms), and nothing is copied into this project.  Where that source is
missing, codes are left out and a reference stands for itself.
"""

import re
from functools import cache
from importlib.resources import files

_ROW = re.compile(r"\{(\d+), \{((?:\{[^{}]*\},? ?)+)\}\}")
_WRITING = re.compile(r"\{(\d+), 1, ([01]), (\d+)\}")
_FIRST_TABLE, _AFTER_TABLES = "static const MJMappingSet", "static const URangeToMJMappings"
Writing = tuple[str, str]
_UNKNOWN: Writing = ("", "")


def code_of(character: str, selector: str) -> str:
    """The MJ number of the one glyph that this writing means; a character alone may stand for several, then empty."""
    return _codes().get((character, selector), "")


def glyph_of(code: str) -> Writing:
    """Character and selector of an MJ number, two empty texts where Unicode has none."""
    return _writings().get(code, _UNKNOWN)


@cache
def _writings() -> dict[str, Writing]:
    found: dict[str, Writing] = {}
    for number, character, selector in _rows():
        code = f"MJ{number:06d}"
        # With its selector a writing means one glyph only.
        if selector or code not in found:
            found[code] = (character, selector)
    return found


@cache
def _codes() -> dict[Writing, str]:
    found: dict[Writing, str] = {}
    several: set[Writing] = set()
    for number, character, selector in _rows():
        writing, code = (character, selector), f"MJ{number:06d}"
        if found.setdefault(writing, code) != code:
            several.add(writing)
    return {writing: code for writing, code in found.items() if writing not in several}


@cache
def _rows() -> tuple[tuple[int, str, str], ...]:
    try:
        source = (files("jntajis") / "_jntajis.h").read_text("ascii")
    except FileNotFoundError:
        return ()
    begin, end = source.find(_FIRST_TABLE), source.find(_AFTER_TABLES)
    return tuple(
        (int(number), chr(int(character)), _selector(int(index)) if has_selector == "1" else "")
        for number, writings in _ROW.findall(source[begin:end])
        for character, has_selector, index in _WRITING.findall(writings)
    )


def _selector(index: int) -> str:
    """The table counts selectors from 0: the first 16 are standardised ones, the others ideographic ones."""
    return chr(0xFE00 + index) if index < 16 else chr(0xE0100 + index)
