"""Names as banks write them: half-width kana, capitals, no small kana, numbers before the name."""

import re
import unicodedata
from typing import Final

_SMALL: Final = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
# Katakana and Latin letters stay; spaces, digits, long-vowel marks and signs are written by some and left out by others.
_NOT_A_LETTER: Final = re.compile(r"[^ァ-ヺA-Z]")


def folded(text: str) -> str:
    """One spelling for 「ﾜﾀﾅﾍﾞ ﾊﾅｺ」, 「ワタナベ　ハナコ」 and 「わたなべ花子」's kana; kanji fall out."""
    wide = unicodedata.normalize("NFKC", text).upper()
    katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in wide)
    return _NOT_A_LETTER.sub("", katakana.translate(_SMALL).replace("ヲ", "オ"))
