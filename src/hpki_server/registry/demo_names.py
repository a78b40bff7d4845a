"""Invented people with names of natural frequency, for demonstrations and measurements.

Surnames are drawn by how many people in Japan bear them; for given names no such numbers are published, so a reading
counts the more the more ways of writing it are in use, and a way of writing the more usual its characters are.  Some
surnames are written with a variant of their character, as in a family register.  The same seed gives the same people
on every machine.

Source: PyPI japanese-personal-name-dataset (MIT).
"""

import itertools
import random
import re
from bisect import bisect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from japanese_personal_name_dataset import load_dataset

# 医師・歯科医師・薬剤師統計 2024: 84,971 of 347,772 physicians are women.
WOMEN: Final = 84_971 / 347_772
# Of the surnames that hold one of these characters, so many are written with the variant: about 4 % of all.
WRITTEN_AS_VARIANT: Final = 0.28
VARIANTS: Final[Mapping[str, str]] = {
    "高": "髙",
    "辺": "邉邊",
    "斎": "齋",
    "崎": "﨑",
    "浜": "濵濱",
    "吉": "𠮷",
    "沢": "澤",
    "広": "廣",
    "桜": "櫻",
    "島": "嶋",
    "富": "冨",
    "柳": "栁",
    "真": "眞",
    "国": "國",
    "竜": "龍",
    "恵": "惠",
    "徳": "德",
    # The register's glyphs, told apart by a variation selector only.
    "辻": "辻󠄀",
    "葛": "葛󠄀",
}
_HIRAGANA_TO_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
# 旅券法施行規則 別表: ヘボン式.  Rows of the syllabary by their vowels; small ャュョ come after.
_ROWS: Final = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "s": "サシスセソ",
    "t": "タチツテト",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "g": "ガギグゲゴ",
    "z": "ザジズゼゾ",
    "d": "ダヂヅデド",
    "b": "バビブベボ",
    "p": "パピプペポ",
}
_SYLLABLES: Final[Mapping[str, str]] = {
    **{kana: row + vowel for row, signs in _ROWS.items() for kana, vowel in zip(signs, "aiueo", strict=True)},
    **dict(zip("ヤユヨワヲンヴ", ("ya", "yu", "yo", "wa", "o", "n", "b"), strict=True)),
    **dict(zip("シチツフジヂヅ", ("shi", "chi", "tsu", "fu", "ji", "ji", "zu"), strict=True)),
}
_SMALL: Final = {"ャ": "a", "ュ": "u", "ョ": "o"}
_CONTRACTED: Final = {"shi": "sh", "chi": "ch", "ji": "j"}
# Long vowels are not written (さとう SATO, ゆうき YUKI); the o and u of いのうえ are two syllables.
_LONG_VOWEL: Final = re.compile(r"ou(?!e)|oo|uu")


@dataclass(frozen=True)
class DemoName:
    """A person's names: glyphs, full-width katakana, romaji as in a passport."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str
    is_woman: bool


@dataclass(frozen=True)
class _Name:
    glyphs: str
    kana: str
    romaji: str


@dataclass(frozen=True)
class _Lot:
    """Names to draw from, with the running sum of their weights."""

    names: Sequence[_Name]
    sums: Sequence[float]

    def draw(self, rng: random.Random) -> _Name:
        return self.names[bisect(self.sums, rng.random() * self.sums[-1], hi=len(self.names) - 1)]


class NameSource:
    """Draws one invented person after another; equal seeds draw equal people."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - invented people, nothing secret
        self._surnames, self._men, self._women = _lots()

    def draw(self) -> DemoName:
        rng = self._rng
        is_woman = rng.random() < WOMEN
        family = self._surnames.draw(rng)
        given = (self._women if is_woman else self._men).draw(rng)
        return DemoName(
            family=self._written(family.glyphs),
            given=given.glyphs,
            family_kana=family.kana,
            given_kana=given.kana,
            family_romaji=family.romaji,
            given_romaji=given.romaji,
            is_woman=is_woman,
        )

    def _written(self, surname: str) -> str:
        for sign in surname:
            if sign in VARIANTS:
                if self._rng.random() >= WRITTEN_AS_VARIANT:
                    return surname
                return surname.replace(sign, self._variant_of(sign))
        return surname

    def _variant_of(self, sign: str) -> str:
        found = VARIANTS[sign]
        # A variation selector belongs to the character before it.
        choices = [found] if len(found) == 2 and ord(found[1]) > 0xE0000 else list(found)
        return choices[int(self._rng.random() * len(choices))]


@cache
def _lots() -> tuple[_Lot, _Lot, _Lot]:
    men, women, surnames = load_dataset(kind="opti", include_last_names=True)
    families = [
        (_name(glyphs, entry["reading"]), float(entry["count"])) for glyphs, entry in surnames.items()
    ]
    return (
        _lot(families),
        _given({reading: entry["kanji"] for reading, entry in men.items()}),
        _given({reading: entry["kanji"] for reading, entry in women.items()}),
    )


def _given(readings: Mapping[str, Sequence[str]]) -> _Lot:
    usual = Counter(sign for spellings in readings.values() for name in spellings for sign in name)
    weighted = []
    for reading, spellings in readings.items():
        weights = [min(usual[sign] for sign in name) ** 2 / (9 if len(name) > 2 else 1) for name in spellings]
        share = len(spellings) ** 2 / sum(weights)
        weighted += [
            (_name(name, reading), weight * share) for name, weight in zip(spellings, weights, strict=True)
        ]
    return _lot(weighted)


def _lot(weighted: Sequence[tuple[_Name, float]]) -> _Lot:
    return _Lot(
        [name for name, _weight in weighted], list(itertools.accumulate(weight for _name, weight in weighted))
    )


def _name(glyphs: str, reading: str) -> _Name:
    kana = reading.translate(_HIRAGANA_TO_KATAKANA)
    return _Name(glyphs, kana, _passport(kana))


def _passport(kana: str) -> str:
    """「サトウ」 → Sato; 「シンペイ」 → Shimpei; 「ハッチョウ」 → Hatcho."""
    syllables: list[str] = []
    for sign in kana:
        if sign in _SMALL:
            before = syllables.pop()
            syllables.append(_CONTRACTED.get(before, before[:-1] + "y") + _SMALL[sign])
        else:
            syllables.append(_SYLLABLES.get(sign, sign))
    written = re.sub(r"ッ(?=(.))", lambda found: "t" if found[1] == "c" else found[1], "".join(syllables))
    short = _LONG_VOWEL.sub(lambda found: found[0][0], written)
    return re.sub(r"n(?=[bmp])", "m", short).capitalize()
