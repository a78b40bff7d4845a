"""Application and registry side by side, field by field, with a word for each."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.summary import numbered
from hpki_server.people.pieces import Chip, Tone
from hpki_server.registry.matching import Item, Match, NoMatch


@dataclass(frozen=True)
class Row:
    """One item; names are drawn large, days in both calendars."""

    item: str
    claimed: str | dt.date | None
    registered: str | dt.date | None
    chip: Chip
    is_name: bool = False
    is_day: bool = False


def compared(application: Application, answer: Match | NoMatch) -> list[Row]:
    """The four items that must all agree, beside the entry that matches or comes nearest."""
    entry = answer.entry
    differing = answer.differing if isinstance(answer, NoMatch) else ()
    values: dict[Item, tuple[str | dt.date | None, str | dt.date | None]] = {
        Item.NAME: (application.name, f"{entry.family_name}　{entry.given_name}" if entry else None),
        Item.BORN_ON: (application.born_on, entry.born_on if entry else None),
        Item.REGISTERED_ON: (application.registered_on, entry.registered_on if entry else None),
        Item.NUMBER: (numbered(application.registration_number), numbered(entry.number) if entry else None),
    }
    return [
        Row(
            str(item.label),
            claimed,
            registered,
            chip_of(item, registered, differing),
            is_name=item is Item.NAME,
            is_day=isinstance(claimed, dt.date),
        )
        for item, (claimed, registered) in values.items()
    ]


def chip_of(item: Item, registered: object, differing: tuple[Item, ...]) -> Chip:
    if registered is None:
        return Chip(_("登録なし"), Tone.BAD)
    return Chip(_("相違"), Tone.BAD) if item in differing else Chip(_("一致"), Tone.OK)
