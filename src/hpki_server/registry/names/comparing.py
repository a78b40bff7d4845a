"""Two names glyph beside glyph, and a sentence why each pair counts as the same or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.registry.names.glyphs import Glyph, read_glyphs
from hpki_server.registry.names.near import are_near, partners
from hpki_server.registry.names.variants import are_variants


class Relation(IntEnum):
    """How far two glyphs are apart, from the same to different."""

    SAME = 0
    SELECTOR = 1
    VARIANT = 2
    NEAR = 3
    DIFFERENT = 4
    # A glyph that Unicode does not have: only eyes can compare it.
    UNKNOWN = 5

    @property
    def label(self) -> Promise:
        return _LABELS[self]

    @property
    def why(self) -> Promise:
        """A sentence for whoever decides."""
        return _WHY[self]


_LABELS: dict[Relation, Promise] = {
    Relation.SAME: _("同じ"),
    Relation.SELECTOR: _("字形だけ違う"),
    Relation.VARIANT: _("異体字"),
    Relation.NEAR: _("似た別字"),
    Relation.DIFFERENT: _("別字"),
    Relation.UNKNOWN: _("比べられない字"),
}
_WHY: dict[Relation, Promise] = {
    Relation.SAME: _("同じ字です。"),
    Relation.SELECTOR: _("字は同じで、字形の指定（異体字セレクタ）だけが違います。"),
    Relation.VARIANT: _("戸籍法関連の通達で異体字とされている字です。"),
    Relation.NEAR: _("よく取り違えられますが、別の字です。書類で確かめてください。"),
    Relation.DIFFERENT: _("別の字です。"),
    Relation.UNKNOWN: _("文字コードのない字です。書類の字形を目で比べてください。"),
}
# What a missing glyph costs an alignment: more than any pair that is related at all.
_GAP_COST = 3
_PAIR_COST = {
    Relation.SAME: 0,
    Relation.SELECTOR: 0,
    Relation.VARIANT: 1,
    Relation.NEAR: 2,
    Relation.DIFFERENT: 5,
    Relation.UNKNOWN: 4,
}


@dataclass(frozen=True)
class GlyphPair:
    """One glyph of each name; None where one of them has no glyph in this place."""

    one: Glyph | None
    other: Glyph | None
    relation: Relation


@dataclass(frozen=True)
class NameComparison:
    pairs: tuple[GlyphPair, ...]

    @property
    def relation(self) -> Relation:
        """Of the pair that is farthest apart."""
        return max((pair.relation for pair in self.pairs), default=Relation.SAME)

    @property
    def is_same_name(self) -> bool:
        """Glyph for glyph the same, variation selectors apart."""
        return self.relation <= Relation.SELECTOR

    @property
    def differing(self) -> tuple[GlyphPair, ...]:
        return tuple(pair for pair in self.pairs if pair.relation is not Relation.SAME)


def same_person_name(one: str, other: str) -> NameComparison:
    """Spaces, and where they stand, do not count; everything else does, and says how much."""
    return NameComparison(_aligned(read_glyphs(one), read_glyphs(other)))


def glyph_relation(one: Glyph, other: Glyph) -> Relation:
    """Symmetric; a glyph that Unicode does not have is related to itself only."""
    if not one.base or not other.base:
        return Relation.SAME if one.mj_reference == other.mj_reference else Relation.UNKNOWN
    if one.base == other.base:
        is_same = one.character == other.character and one.selector == other.selector
        return Relation.SAME if is_same else Relation.SELECTOR
    # near.tsv comes first: it overrules the table of the notices.
    if other.base not in partners(one.base) and are_variants(one.base, other.base):
        return Relation.VARIANT
    repeated = one.repeats == other.base or other.repeats == one.base
    return Relation.NEAR if repeated or are_near(one.base, other.base) else Relation.DIFFERENT


def _aligned(one: Sequence[Glyph], other: Sequence[Glyph]) -> tuple[GlyphPair, ...]:
    """The pairing with the least cost; equal lengths without a gap are paired place by place at once."""
    if len(one) == len(other):
        pairs = tuple(GlyphPair(a, b, glyph_relation(a, b)) for a, b in zip(one, other, strict=True))
        if sum(pair.relation is Relation.DIFFERENT for pair in pairs) < 2:
            return pairs
    return _cheapest(one, other)


def _cheapest(one: Sequence[Glyph], other: Sequence[Glyph]) -> tuple[GlyphPair, ...]:
    Way = tuple[int, tuple[GlyphPair, ...]]  # noqa: N806 - a type, for this function alone
    row: list[Way] = [(0, ())]
    for glyph in other:
        cost, pairs = row[-1]
        row.append((cost + _GAP_COST, (*pairs, GlyphPair(None, glyph, Relation.DIFFERENT))))
    for a in one:
        cost, pairs = row[0]
        fresh: list[Way] = [(cost + _GAP_COST, (*pairs, GlyphPair(a, None, Relation.DIFFERENT)))]
        for place, b in enumerate(other):
            fresh.append(_best(a, b, row[place], row[place + 1], fresh[place]))
        row = fresh
    return row[-1][1]


def _best(
    a: Glyph,
    b: Glyph,
    both: tuple[int, tuple[GlyphPair, ...]],
    without_b: tuple[int, tuple[GlyphPair, ...]],
    without_a: tuple[int, tuple[GlyphPair, ...]],
) -> tuple[int, tuple[GlyphPair, ...]]:
    relation = glyph_relation(a, b)
    ways = (
        (both[0] + _PAIR_COST[relation], (*both[1], GlyphPair(a, b, relation))),
        (without_b[0] + _GAP_COST, (*without_b[1], GlyphPair(a, None, Relation.DIFFERENT))),
        (without_a[0] + _GAP_COST, (*without_a[1], GlyphPair(None, b, Relation.DIFFERENT))),
    )
    return min(ways, key=lambda way: way[0])
