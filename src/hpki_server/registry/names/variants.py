"""Variants by the family register's notices (戸籍法関連通達), and the keys that find exactly them.

Rule: two characters are variants when their *direct* sets — the candidates that the notices give, and the character
itself — have a member in common.  Following candidates of candidates would join 克 with 充 and 奏 with 秦.

For an index every character gets the fewest members of its own set such that two characters share one exactly when
their sets do.  One is enough for all but 161 of the 102,771 ideographs; so equal keys are the rule itself, and nothing
that the rule does not say is found.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from jntajis import MJShrinkSchemeCombo, mj_shrink_candidates

_NOTICES = int(MJShrinkSchemeCombo.MOJ_FAMILY_REGISTER_ACT_RELATED_NOTICE)
# 々〆〇, extension A, the unified block, compatibility ideographs, planes 2 and 3.
_IDEOGRAPHS = ((0x3005, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x323B0))
Sets = dict[str, frozenset[str]]


def direct_set(character: str) -> frozenset[str]:
    """The character and its candidates; a character that the notices do not name is alone."""
    return _sets().get(character) or frozenset({character})


def are_variants(one: str, other: str) -> bool:
    return not direct_set(one).isdisjoint(direct_set(other))


def index_keys(character: str) -> tuple[str, ...]:
    """Members of the direct set; two characters have one in common exactly when they are variants."""
    return _keys().get(character, (character,))


@cache
def _sets() -> Sets:
    found: Sets = {}
    for first, behind in _IDEOGRAPHS:
        for code in range(first, behind):
            character = chr(code)
            # A character without candidates is given back as it is.
            candidates = mj_shrink_candidates(character, _NOTICES)
            if len(candidates) > 1 or candidates[0] != character:
                found[character] = frozenset({character, *candidates})
    return found


@cache
def _keys() -> dict[str, tuple[str, ...]]:
    sets = _sets()
    kept = {character: set(members) for character, members in sets.items()}
    holders: dict[str, set[str]] = defaultdict(set)
    for character, members in sets.items():
        for member in members:
            holders[member].add(character)
    # A member that is alone in its own set (the target of a notice) still shares its key with those who name it.
    for member, those in holders.items():
        if member not in sets:
            kept[member] = {member}
            those.add(member)
    for member in sorted(holders, key=_commonness, reverse=True):
        _drop_if_spare(member, holders[member], kept)
    return {
        character: tuple(sorted(members, key=_commonness))
        for character, members in kept.items()
        if members != {character}
    }


def _drop_if_spare(member: str, holders: Iterable[str], kept: dict[str, set[str]]) -> None:
    """Take a member out of all sets when every two of its holders still meet elsewhere and none is left empty."""
    holding = sorted(character for character in holders if member in kept[character])
    if all(_meet(kept[one] & kept[other], member) for one, other in _pairs(holding)):
        for character in holding:
            kept[character].discard(member)


def _meet(common: set[str], member: str) -> bool:
    return not common <= {member}


def _pairs(characters: list[str]) -> Iterator[tuple[str, str]]:
    """Every two, and each with itself: a set may not become empty."""
    for place, one in enumerate(characters):
        for other in characters[place:]:
            yield one, other


def _commonness(character: str) -> tuple[int, bytes]:
    """JIS level 1 before level 2 before all others: keys look like the names that most systems write."""
    try:
        octets = character.encode("euc_jp")
    except UnicodeEncodeError:
        octets = b""
    return (0, octets) if len(octets) == 2 else (1, character.encode("utf-32-be"))
