"""Keys to find a name by, in whatever way it was written: never shown, never stored in place of the name."""

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice, product

from hpki_server.registry.names.glyphs import Glyph, is_plain, read_glyphs
from hpki_server.registry.names.near import fold_kana, partners
from hpki_server.registry.names.variants import index_keys

# Five characters with two keys each make 32; no name of a register has six of the 161 such characters.
MOST_KEYS = 32
_MARKS = frozenset("・.,'’`‐-–−=゠_/")
# All of them that a register needs stay in memory.
_CHARACTERS_KEPT = 16_384
Choices = tuple[tuple[str, ...], ...]


def folded_keys(text: str) -> tuple[str, ...]:
    """The keys of a name; the first is the usual one.

    Two names that agree glyph by glyph up to variants have a key in common.  Two names that do not have none; only
    kana, width, marks, 々 and what near.tsv overrules are folded further than the rule.
    """
    return _products(text, _choices)


def search_keys(text: str) -> tuple[str, ...]:
    """What to look under: also the keys of near characters (桧 for 檜), which a person then judges."""
    return _products(text, _wider_choices)


def _products(text: str, choices_of: Callable[[str], Choices]) -> tuple[str, ...]:
    choices = [choice for character in _characters(text) for choice in choices_of(character)]
    if all(len(choice) == 1 for choice in choices):
        return ("".join(choice[0] for choice in choices),)
    return tuple(islice(("".join(chosen) for chosen in product(*choices)), MOST_KEYS))


def _characters(text: str) -> Iterator[str]:
    """What each glyph is looked for under: no selectors; 々 as the character it repeats."""
    if all(map(is_plain, text)):
        return iter(text)
    return (_searched(glyph) for glyph in read_glyphs(text))


def _searched(glyph: Glyph) -> str:
    return glyph.repeats or glyph.base or glyph.mj_reference


@lru_cache(maxsize=_CHARACTERS_KEPT)
def _choices(character: str) -> Choices:
    return tuple(index_keys(sign) for sign in _signs(character))


@lru_cache(maxsize=_CHARACTERS_KEPT)
def _wider_choices(character: str) -> Choices:
    return tuple(_also_near(sign) for sign in _signs(character))


def _also_near(character: str) -> tuple[str, ...]:
    near = (key for other in sorted(partners(character)) for key in index_keys(other))
    return tuple(dict.fromkeys((*index_keys(character), *near)))


def _signs(character: str) -> list[str]:
    """Folded: kana in one writing, Latin without its marks; spaces and the marks within names fall away."""
    folded = fold_kana(unicodedata.normalize("NFC", character))
    if any("\u00c0" <= sign <= "\u024f" for sign in folded):
        decomposed = unicodedata.normalize("NFD", folded)
        folded = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return [sign for sign in folded if sign not in _MARKS and not sign.isspace()]
