"""A name as glyphs: a character with its variation selector, or the code of a glyph that no character stands for.

文字情報基盤 (MJ) numbers 58,862 glyphs, e.g. MJ026190.  In a stored name `&MJ026190;` stands for the glyph of that number,
so a 外字 survives every file without a private-use character, which another machine would show as another glyph.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from hpki_server.registry.names import mj

# Unicode: VARIATION SELECTOR-1…16 and -17…256.
SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
ITERATION_MARKS = "々ヽヾゝゞ〻"
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
_DROP_SELECTORS = dict.fromkeys(map(ord, SELECTORS))
_MJ_REFERENCE = re.compile(r"&(MJ\d{6});")


@dataclass(frozen=True)
class Glyph:
    """One glyph of a name: `character` with an optional `selector`, or an MJ code that was written in its place."""

    character: str
    selector: str = ""
    mj_reference: str = ""
    # What stands before 々, so that 佐々木 can be laid beside 佐佐木.
    repeats: str = ""

    @property
    def text(self) -> str:
        """As stored."""
        return f"&{self.mj_reference};" if self.mj_reference else self.character + self.selector

    @property
    def shown(self) -> str:
        """As drawn: for a reference the character and selector of that glyph, where Unicode has them."""
        return self.character + self.selector if self.character else f"〓{self.mj_reference}"

    @property
    def base(self) -> str:
        """The character without its selector; a compatibility ideograph is the character it is canonically equal to."""
        return unicodedata.normalize("NFC", self.character)

    @property
    def code_points(self) -> str:
        """U+9089 U+E0101."""
        return " ".join(f"U+{ord(sign):04X}" for sign in self.character + self.selector)

    @property
    def mj_code(self) -> str:
        """The MJ number of exactly this glyph, or empty where character and selector do not name one."""
        return self.mj_reference or mj.code_of(self.character, self.selector)


def without_selectors(text: str) -> str:
    """The whole of what stripping needs; a package for it would bring 16 other transliterations along."""
    return text.translate(_DROP_SELECTORS)


@lru_cache(maxsize=16_384)
def is_plain(sign: str) -> bool:
    """A sign that is a glyph, or a space, whatever stands beside it."""
    return not (
        sign in SELECTORS
        or sign in ITERATION_MARKS
        or sign in _HALF_WIDTH_MARKS
        or sign == "&"
        or unicodedata.combining(sign)
    )


def read_glyphs(text: str) -> tuple[Glyph, ...]:
    """The glyphs of a name without its spaces; marks such as U+3099 join the character before them."""
    glyphs: list[Glyph] = []
    for part in _MJ_REFERENCE.split(text):
        if _MJ_REFERENCE.fullmatch(f"&{part};"):
            character, selector = mj.glyph_of(part)
            glyphs.append(Glyph(character, selector, part))
        else:
            _read_characters(part, glyphs)
    return tuple(glyphs)


def _read_characters(text: str, glyphs: list[Glyph]) -> None:
    for sign in text:
        if sign.isspace():
            continue
        last = glyphs[-1] if glyphs else None
        if sign in SELECTORS and last and not last.mj_reference:
            glyphs[-1] = Glyph(last.character, last.selector + sign)
        elif (
            (unicodedata.combining(sign) or sign in _HALF_WIDTH_MARKS)
            and last
            and not (last.mj_reference or last.selector)
        ):
            glyphs[-1] = Glyph(unicodedata.normalize("NFC", last.character + sign))
        else:
            repeats = (last.repeats or last.base) if last and sign in ITERATION_MARKS else ""
            glyphs.append(Glyph(sign, repeats=repeats))


def shown(text: str) -> str:
    """A stored name as it is drawn: references become their glyphs, spaces stay."""
    return _MJ_REFERENCE.sub(lambda found: read_glyphs(found[0])[0].shown, text)
