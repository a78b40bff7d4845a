"""Which characters the typeface can draw.

A name printed with a box, or with another person's variant of a character, is worse than no print at all:
the typesetter would do both silently, so every text is compared with the font's own tables first.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

TYPEFACE = "Noto Sans CJK JP"
SPACES = frozenset("\n\r\t")  # set as a space, never drawn


class UnprintableText(ValueError):
    """A text holds characters the typeface has no glyph for; `characters` names them (U+XXXX each)."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters = tuple(characters)
        named = "、".join(f"「{c}」({code_points(c)})" for c in self.characters)
        super().__init__(f"印刷用の書体に字形がありません: {named}")


@dataclass(frozen=True)
class Coverage:
    """The characters of one font, and the variation sequences (base, selector) it knows."""

    characters: frozenset[int]
    variants: frozenset[tuple[int, int]]


def font_file() -> Path:
    """The one typeface of all documents (SIL Open Font License), from its own package."""
    return Path(str(files("noto_cjk_sans_jp_regular").joinpath("NotoSansCJKjp-Regular.otf")))


def missing_glyphs(text: str) -> tuple[str, ...]:
    """Characters of `text` that cannot be printed as written, each once, in order; empty when all can."""
    coverage = font_coverage()
    missing: dict[str, None] = {}
    for base, selector in _clusters(text):
        if selector and (ord(base), ord(selector)) not in coverage.variants:
            missing[base + selector] = None
        elif base not in SPACES and (_is_invisible(base) or ord(base) not in coverage.characters):
            missing[base] = None
    return tuple(missing)


def code_points(text: str) -> str:
    """`U+845B U+E0101`: how a character is named where it cannot be shown."""
    return " ".join(f"U+{ord(character):04X}" for character in text)


def _clusters(text: str) -> Iterator[tuple[str, str]]:
    """Characters with the variation selector that follows them, if any."""
    at = 0
    while at < len(text):
        follows = text[at + 1 : at + 2]
        selector = follows if follows and _is_selector(ord(follows)) else ""
        yield text[at], selector
        at += 1 + len(selector)


def _is_invisible(character: str) -> bool:
    """Controls and direction overrides: the font maps some of them, and they would re-order a name."""
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}


def _is_selector(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


@cache
def font_coverage() -> Coverage:
    """Read the typeface's `cmap` once (OpenType: subtable formats 12 and 14)."""
    font = font_file().read_bytes()
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", cmap, 2)
    characters: set[int] = set()
    variants: set[tuple[int, int]] = set()
    for index in range(count):
        (offset,) = struct.unpack_from(">I", cmap, 8 + 8 * index)
        (layout,) = struct.unpack_from(">H", cmap, offset)
        if layout == 12:
            characters.update(_segmented(cmap, offset))
        elif layout == 14:
            variants.update(_variations(cmap, offset))
    return Coverage(frozenset(characters), frozenset(variants))


def _table(font: bytes, tag: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        name, _sum, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if name == tag:
            return font[offset : offset + length]
    raise ValueError(f"the typeface has no {tag.decode('ascii')} table")


def _segmented(cmap: bytes, offset: int) -> Iterator[int]:
    """Format 12: groups of (first character, last character, glyph of the first)."""
    (groups,) = struct.unpack_from(">I", cmap, offset + 12)
    for first, last, glyph in struct.iter_unpack(">III", cmap[offset + 16 : offset + 16 + 12 * groups]):
        yield from range(first if glyph else first + 1, last + 1)  # glyph 0 is the box


def _variations(cmap: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Format 14: per selector, ranges that keep the usual glyph and single mappings to another."""
    (records,) = struct.unpack_from(">I", cmap, offset + 6)
    for index in range(records):
        record = cmap[offset + 10 + 11 * index : offset + 21 + 11 * index]
        selector = int.from_bytes(record[:3], "big")
        usual, other = struct.unpack(">II", record[3:])
        if usual:
            for first, more in _entries(cmap, offset + usual, "3sB"):
                start = int.from_bytes(first, "big")
                yield from ((code, selector) for code in range(start, start + more + 1))
        if other:
            for code, _glyph in _entries(cmap, offset + other, "3sH"):
                yield int.from_bytes(code, "big"), selector


def _entries(cmap: bytes, at: int, layout: str) -> Iterator[tuple[bytes, int]]:
    (count,) = struct.unpack_from(">I", cmap, at)
    size = struct.calcsize(">" + layout)
    yield from struct.iter_unpack(">" + layout, cmap[at + 4 : at + 4 + size * count])
