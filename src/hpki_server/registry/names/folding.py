"""Keys to find a name by, in whatever way it was written: never shown, never stored in place of the name."""

import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice, product

from hpki_server.registry.names.glyphs import read_glyphs
from hpki_server.registry.names.near import fold_kana, partners
from hpki_server.registry.names.variants import index_keys

# Five characters with two keys each make 32; no name of a register has six of the 161 such characters.
MOST_KEYS = 32
_MARKS = frozenset("・.,'’`‐-–−=゠_/")


def folded_keys(text: str) -> tuple[str, ...]:
    """The keys of a name; the first is the usual one.

    Two names that agree glyph by glyph up to variants have a key in common.  Two names that do not have none; only
    kana, width, marks, 々 and what near.tsv overrules are folded further than the rule.
    """
    return _products(text, index_keys)


def search_keys(text: str) -> tuple[str, ...]:
    """What to look under: also the keys of near characters (桧 for 檜), which a person then judges."""
    return _products(text, _also_near)


def _also_near(character: str) -> tuple[str, ...]:
    near = (key for other in sorted(partners(character)) for key in index_keys(other))
    return tuple(dict.fromkeys((*index_keys(character), *near)))


def _products(text: str, keys_of: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    choices = [keys_of(character) for character in _characters(text)]
    return tuple(islice(("".join(chosen) for chosen in product(*choices)), MOST_KEYS))


def _characters(text: str) -> Iterator[str]:
    """Folded characters: no selectors, spaces or marks; kana in one writing; 々 as the character it repeats."""
    for glyph in read_glyphs(text):
        for sign in _plain(glyph.repeats or glyph.base or glyph.mj_reference):
            if sign not in _MARKS and not sign.isspace():
                yield sign


def _plain(text: str) -> str:
    folded = fold_kana(text)
    if folded.isascii() or not any("\u00c0" <= sign <= "\u024f" for sign in folded):
        return folded
    # Ō, é: romaji is looked for without its marks.
    return "".join(sign for sign in unicodedata.normalize("NFD", folded) if not unicodedata.combining(sign))
