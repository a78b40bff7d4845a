"""Application and registry side by side, item by item and glyph beside glyph, with a word for each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hpki_server.enrollment.registry_match import RegistrySays
from hpki_server.enrollment.summary import numbered
from hpki_server.people.pieces import Chip, Tone
from hpki_server.registry.decision_rules import DecisionState, Outcome
from hpki_server.registry.matching import (
    CannotDecide,
    Differs,
    Item,
    Matched,
    NotFound,
    RegistryClaim,
    candidates_of,
)
from hpki_server.registry.names import Glyph, NameComparison, Relation, shown

_TONES = {
    Relation.SAME: Tone.OK,
    Relation.SELECTOR: Tone.OK,
    Relation.VARIANT: Tone.WARN,
    Relation.NEAR: Tone.WARN,
    Relation.DIFFERENT: Tone.BAD,
    Relation.UNKNOWN: Tone.BAD,
}


@dataclass(frozen=True)
class GlyphColumn:
    """Two glyphs, one above the other, and why they count as the same or not."""

    claimed: Glyph | None
    registered: Glyph | None
    chip: Chip
    why: str | Promise
    differs: bool


@dataclass(frozen=True)
class Row:
    """One item; days in both calendars."""

    item: str
    claimed: str | dt.date
    registered: str | dt.date | None
    chip: Chip
    is_name: bool = False
    is_day: bool = False


@dataclass(frozen=True)
class Candidate:
    """One entry beside the claim."""

    entry_id: UUID | None
    rows: Sequence[Row]
    glyphs: Sequence[GlyphColumn]
    explained_by: str | Promise = ""

    @property
    def differing_glyphs(self) -> list[GlyphColumn]:
        return [column for column in self.glyphs if column.differs]


@dataclass(frozen=True)
class Comparison:
    """The whole answer for a page: a word, a sentence, and each candidate beside the claim."""

    says: RegistrySays
    chip: Chip
    candidates: Sequence[Candidate]

    @property
    def may_be_decided(self) -> bool:
        """Is there an entry on which officers may decide?"""
        return bool(candidates_of(self.says.answer))

    @property
    def is_plain(self) -> bool:
        return self.says.is_plain

    @property
    def sentence(self) -> str | Promise:
        return self.says.sentence


def compared(says: RegistrySays) -> Comparison:
    """The four items that must all agree, beside the entry that matches or those that may be meant."""
    answer = says.answer
    if isinstance(answer, Matched):
        whole = Differs(answer.claim, answer.entry, answer.name, ())
        return Comparison(says, Chip(_("すべて一致"), Tone.OK), [_candidate(whole)])
    candidates = [_candidate(pair) for pair in candidates_of(answer)]
    if isinstance(answer, NotFound):
        candidates = [Candidate(None, _unregistered(answer.claim), ())]
    return Comparison(says, _chip(says), candidates)


def _chip(says: RegistrySays) -> Chip:
    if says.agrees:
        return Chip(_("二人の担当者が本人の登録と判断"), Tone.OK)
    if says.waits_for_second:
        return Chip(_("判断の確認待ち"), Tone.WARN)
    decision = says.decision
    is_settled = decision is not None and decision.state == DecisionState.CONFIRMED
    if is_settled and decision is not None and decision.outcome == Outcome.OTHER_PERSON:
        return Chip(_("二人の担当者が別人の登録と判断"), Tone.BAD)
    if isinstance(says.answer, NotFound):
        return Chip(_("該当なし"), Tone.BAD)
    if isinstance(says.answer, CannotDecide):
        return Chip(_("決められません"), Tone.BAD)
    return Chip(_("相違"), Tone.BAD)


def _candidate(pair: Differs) -> Candidate:
    differing = {difference.item for difference in pair.differences}
    claim, entry = pair.claim, pair.entry
    values: dict[Item, tuple[str | dt.date, str | dt.date]] = {
        Item.NAME: (shown(claim.name), shown(entry.name)),
        Item.BORN_ON: (claim.born_on, entry.born_on),
        Item.REGISTERED_ON: (claim.registered_on, entry.registered_on),
        Item.NUMBER: (numbered(claim.number), numbered(entry.number)),
    }
    rows = [
        _row(item, claimed, registered, _item_chip(item, pair.name, is_different=item in differing))
        for item, (claimed, registered) in values.items()
    ]
    explained = next((d.explained_by for d in pair.differences if d.explained_by), "")
    return Candidate(entry.entry_id, rows, _columns(pair.name), explained)


def _row(item: Item, claimed: str | dt.date, registered: str | dt.date | None, chip: Chip) -> Row:
    return Row(
        str(item.label),
        claimed,
        registered,
        chip,
        is_name=item is Item.NAME,
        is_day=isinstance(claimed, dt.date),
    )


def _item_chip(item: Item, name: NameComparison, *, is_different: bool) -> Chip:
    if item is Item.NAME and name.relation is not Relation.SAME:
        return Chip(str(name.relation.label), _TONES[name.relation])
    return Chip(_("相違"), Tone.BAD) if is_different else Chip(_("一致"), Tone.OK)


def _columns(name: NameComparison) -> list[GlyphColumn]:
    return [
        GlyphColumn(
            pair.one,
            pair.other,
            Chip(str(pair.relation.label), _TONES[pair.relation]),
            pair.relation.why,
            differs=pair.relation is not Relation.SAME,
        )
        for pair in name.pairs
    ]


def _unregistered(claim: RegistryClaim) -> list[Row]:
    values: dict[Item, str | dt.date] = {
        Item.NAME: claim.name,
        Item.BORN_ON: claim.born_on,
        Item.REGISTERED_ON: claim.registered_on,
        Item.NUMBER: numbered(claim.number),
    }
    return [_row(item, value, None, Chip(_("登録なし"), Tone.BAD)) for item, value in values.items()]
