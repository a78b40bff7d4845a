"""Characters that are no variants by the notices, but that people take for each other: a person has to look.

The pairs, each with its source, stand in data/near.tsv.  Some of them the table of the notices does join; where the two
are separate characters in law, or have separate meanings, that is overruled here.
"""

import unicodedata
from functools import cache
from importlib.resources import files

_KATAKANA_FROM_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_SMALL_KANA = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")


def are_near(one: str, other: str) -> bool:
    return other in partners(one) or fold_kana(one) == fold_kana(other)


def partners(character: str) -> frozenset[str]:
    return _partners().get(character, frozenset())


def fold_kana(character: str) -> str:
    """One writing for ハ and は and half-width ﾊ, ヶ and ケ; width of Latin letters and their case do not count."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    return plain.translate(_KATAKANA_FROM_HIRAGANA).translate(_SMALL_KANA)


@cache
def _partners() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    lines = (files("hpki_server.registry.names") / "data" / "near.tsv").read_text("utf-8").splitlines()
    for line in lines:
        if line.startswith("#") or not line:
            continue
        characters = line.split("\t")[0].split()
        for character in characters:
            found.setdefault(character, set()).update(set(characters) - {character})
    return {character: frozenset(others) for character, others in found.items()}
