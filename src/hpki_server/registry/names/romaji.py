"""Do these Latin letters spell these kana?  Hepburn as in passports, with the long vowels as people write them.

Both sides are folded to one skeleton, so every usual spelling of a reading agrees and a slip of a letter does not.
A hint for a person, never a decision: a passport may bear another spelling.
"""

import re
import unicodedata
from typing import Final

_ROWS: Final = {
    "": "ア イ ウ エ オ",
    "k": "カ キ ク ケ コ",
    "s": "サ . ス セ ソ",
    "t": "タ . . テ ト",
    "n": "ナ ニ ヌ ネ ノ",
    "h": "ハ ヒ . ヘ ホ",
    "m": "マ ミ ム メ モ",
    "y": "ヤ . ユ . ヨ",
    "r": "ラ リ ル レ ロ",
    "w": "ワ . . . .",
    "g": "ガ ギ グ ゲ ゴ",
    "z": "ザ . ズ ゼ ゾ",
    "d": "ダ . . デ ド",
    "b": "バ ビ ブ ベ ボ",
    "p": "パ ピ プ ペ ポ",
}
_VOWELS: Final = "aiueo"
_SYLLABLES: Final = {
    kana: onset + vowel
    for onset, row in _ROWS.items()
    for kana, vowel in zip(row.split(), _VOWELS, strict=True)
    if kana != "."
} | {
    "シ": "shi",
    "チ": "chi",
    "ツ": "tsu",
    "フ": "fu",
    "ジ": "ji",
    "ヂ": "ji",
    "ヅ": "zu",
    "ヰ": "i",
    "ヱ": "e",
    "ヲ": "o",
    "ヴ": "vu",
}
_SMALL: Final = {
    "ァ": "a",
    "ィ": "i",
    "ゥ": "u",
    "ェ": "e",
    "ォ": "o",
    "ャ": "ya",
    "ュ": "yu",
    "ョ": "yo",
    "ヮ": "wa",
}
_HIRAGANA: Final = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
# Between parts of a name, and never spelled.
_MARKS: Final = re.compile(r"[\s・=゠‐-]")
# Other ways of writing one sound, to Hepburn; in this order.
_SPELLINGS: Final = (
    (r"jy", "j"),
    (r"sy", "sh"),
    (r"ty", "ch"),
    (r"zy", "j"),
    (r"dy", "j"),
    (r"si", "shi"),
    (r"ti", "chi"),
    (r"tu", "tsu"),
    (r"zi", "ji"),
    (r"di", "ji"),
    (r"d[uz]u?", "zu"),
    (r"hu", "fu"),
    (r"tch", "cch"),
    (r"l", "r"),
    (r"v", "b"),
    (r"wo", "o"),
    (r"m(?=[bmp])", "n"),
    # Ohno, Satoh, and every other way of a long o and u.
    (r"oh(?![aiueoy])", "o"),
    (r"uh(?![aiueoy])", "u"),
    (r"o[ou]+", "o"),
    (r"uu+", "u"),
)


def spells(kana: str, romaji: str) -> bool | None:
    """None: the kana or the letters hold what we cannot read, so nothing is said."""
    read, typed = usual_spelling(kana), _letters(romaji)
    if read is None or not typed:
        return None
    return _skeleton(read) == _skeleton(typed)


def usual_spelling(kana: str) -> str | None:
    """Hepburn with the long vowels of o and u left out, in small letters; None for what is no kana."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", kana)).translate(_HIRAGANA)
    spelled = ""
    double = False
    for character in text:
        if character == "ッ":
            double = True
            continue
        if character in _SMALL:
            if not spelled:
                return None
            spelled = _joined(spelled, _SMALL[character])
            continue
        sound = _sound(character)
        if sound is None:
            return None
        spelled += ("t" if sound.startswith("ch") else sound[:1]) + sound if double else sound
        double = False
    return re.sub(r"n(?=[bmp])", "m", _short(spelled)) or None


def _sound(character: str) -> str | None:
    if character == "ン":
        return "n"
    # The bar of a long vowel is not spelled.
    return "" if character == "ー" else _SYLLABLES.get(character)


def _joined(before: str, small: str) -> str:
    """シ and ャ are sha, キ and ャ kya, フ and ァ fa, テ and ィ ti."""
    onset = before[:-1]
    if small.startswith("y") and onset.endswith(("sh", "ch", "j")):
        return onset + small[1:]
    return onset + small


def _short(text: str) -> str:
    return re.sub(r"uu+", "u", re.sub(r"o[ou]+", "o", text))


def _letters(romaji: str) -> str:
    plain = unicodedata.normalize("NFKD", romaji).casefold()
    return re.sub(r"[^a-z]", "", plain)


def _skeleton(spelled: str) -> str:
    for pattern, folded in _SPELLINGS:
        spelled = re.sub(pattern, folded, spelled)
    return spelled
