"""What a case needs, computed from the case: dated rules from data, facts in, a list of items out.

The applicant's pages, the desk, the vetting officer and the rules of submission read the same list.
"""

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.facts import ApplicationFacts
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.papers import FaceName, Part, ReturnReason


class Need(StrEnum):
    """When it is needed."""

    NOW = "now"
    # Given at the desk in exchange for the new card.
    AT_PICKUP = "at-pickup"
    # An emergency card is issued without it; it follows within six months.
    LATER = "later"


class How(StrEnum):
    UPLOAD = "upload"
    # The original is shown at the desk; no copy is kept.
    DESK = "desk"


@dataclass(frozen=True)
class Demand:
    """One line of data/checklist.csv."""

    part: Part
    cases: frozenset[CaseKind]
    condition: str
    need: Need
    how: How
    why: str
    valid_from: dt.date
    valid_until: dt.date | None
    source: str

    def applies(self, facts: ApplicationFacts, on: dt.date) -> bool:
        in_force = self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)
        return in_force and facts.kind in self.cases and CONDITIONS[self.condition](facts)


@dataclass(frozen=True)
class Item:
    """One thing that this case needs: what, when, whether it is here, and why it is asked."""

    part: Part
    need: Need
    have: bool
    why: str | Promise
    source: str
    how: How

    @property
    def needed(self) -> bool:
        """Is it awaited before the case may go on?"""
        return self.need is Need.NOW


def has_former_name(facts: ApplicationFacts) -> bool:
    """M3 ⑤: "only where a former name (旧姓) appears on a document or is to be printed"."""
    return facts.former_name_on_paper or facts.face_name is FaceName.WITH_FORMER


def has_alias(facts: ApplicationFacts) -> bool:
    return facts.face_name is FaceName.WITH_ALIAS or facts.has_alias


def register_asked(facts: ApplicationFacts) -> bool:
    """An officer could not decide by the register alone; had the former name explained it, it is asked already."""
    return ReturnReason.REGISTRY_UNDECIDED in facts.return_reasons


CONDITIONS: dict[str, Callable[[ApplicationFacts], bool]] = {
    "": lambda _facts: True,
    "former": has_former_name,
    "alias": has_alias,
    "asked": register_asked,
}
WHY: dict[str, Promise] = {
    "portrait": _("カードの券面に印刷します。"),
    "licence": _("医師であることを確認します。"),
    "licence-new-name": _("新しい氏名の医師免許証が必要です。"),
    "identity": _("ご本人であることを確認します。"),
    "residence": _("氏名・住所・生年月日を原本で確認します。コピーでは受け付けられません。"),
    "former-name": _("旧姓が書類にあるか、カードに併記するためです。"),
    "name-changed": _("氏名が変わったことを確認します。"),
    "alias": _("通名の併記は、特別永住者の方に限られるためです。"),
    "lost": _("紛失の届け出を記録します。"),
    "old-card": _("新しいカードのお渡しと引き換えにお返しいただきます。"),
    "asked": _("医籍の登録だけではご本人と特定できませんでした。"),
}


@cache
def demands() -> tuple[Demand, ...]:
    """The data, read once."""
    text = files("hpki_server.enrollment").joinpath("data/checklist.csv").read_text(encoding="utf-8")
    return tuple(_demand(row) for row in csv.DictReader(text.splitlines()))


def _demand(row: dict[str, str]) -> Demand:
    cases = list(CaseKind) if row["cases"] == "*" else [CaseKind(case) for case in row["cases"].split("|")]
    return Demand(
        part=Part(row["part"]),
        cases=frozenset(cases),
        condition=row["condition"],
        need=Need(row["need"]),
        how=How(row["how"]),
        why=row["why"],
        valid_from=dt.date.fromisoformat(row["valid_from"]),
        valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        source=row["source"],
    )


def checklist(facts: ApplicationFacts, on: dt.date) -> tuple[Item, ...]:
    """All that the case needs on the day, each part once, in the order of the data."""
    items: dict[Part, Item] = {}
    for demand in demands():
        if demand.part not in items and demand.applies(facts, on):
            here = facts.originals_seen if demand.how is How.DESK else facts.parts_present
            have = demand.part in here and demand.part not in facts.parts_awaited
            items[demand.part] = Item(
                demand.part, demand.need, have, WHY[demand.why], demand.source, demand.how
            )
    return tuple(items.values())


def missing(facts: ApplicationFacts, on: dt.date, *, how: How, need: Need = Need.NOW) -> frozenset[Part]:
    """What is asked for in this way at this time and is not here."""
    return frozenset(
        item.part for item in checklist(facts, on) if item.how is how and item.need is need and not item.have
    )


def outstanding(facts: ApplicationFacts, on: dt.date) -> tuple[Item, ...]:
    """What an emergency card still waits for, copies and originals."""
    return tuple(item for item in checklist(facts, on) if item.need is Need.LATER and not item.have)


def may_follow(facts: ApplicationFacts) -> frozenset[Part]:
    """Copies that may still come after the case was sent: those an emergency card is issued without."""
    return frozenset(
        demand.part
        for demand in demands()
        if demand.need is Need.LATER
        and demand.how is How.UPLOAD
        and facts.kind in demand.cases
        and CONDITIONS[demand.condition](facts)
    )
