"""The checklist as a page shows it: what, whether it is here, why it is asked, and how it comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import PART_WORDS
from hpki_server.enrollment.rules import How, Item, Need
from hpki_server.people.pieces import Chip, Tone

HOW_WORDS: dict[How, Promise] = {
    How.UPLOAD: _("この画面からお送りください"),
    How.DESK: _("窓口でお見せください"),
}
NEED_WORDS: dict[Need, Promise] = {
    Need.AT_PICKUP: _("お受け取りのときにお返しください"),
    Need.LATER: _("カードの発行後でも結構です（6 か月以内）"),
}


@dataclass(frozen=True)
class ChecklistRow:
    part: str
    word: str | Promise
    chip: Chip
    why: str | Promise
    how: str | Promise
    source: str


def checklist_rows(items: Sequence[Item]) -> list[ChecklistRow]:
    return [
        ChecklistRow(
            item.part.value,
            PART_WORDS[item.part],
            _chip(item),
            item.why,
            "" if item.have else NEED_WORDS.get(item.need, HOW_WORDS[item.how]),
            item.source,
        )
        for item in items
    ]


def _chip(item: Item) -> Chip:
    if item.have:
        return Chip(_("確認済み") if item.how is How.DESK else _("受領"), Tone.OK)
    if item.need is not Need.NOW:
        return Chip(_("あとで"), Tone.QUIET)
    return Chip(_("窓口で"), Tone.KEY) if item.how is How.DESK else Chip(_("未提出"), Tone.WARN)
