"""Cards laid out like a table, all issued on one day: the short way, for tests of the page."""

import csv
import datetime as dt
import itertools
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from hpki_server.authority.models import Card
from hpki_server.people.models import Organisation
from hpki_server.statistics import rules
from tests import cast

ISSUED_AT = dt.datetime(2021, 1, 31, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
LAYOUT = Path(rules.__file__).parent / "data" / "cards-issued-2021-01-31.csv"
_numbers = itertools.count(1)


def layout_of_reference() -> dict[str, tuple[int, int]]:
    """Members and non-members by code: 17,861 cards."""
    with LAYOUT.open(encoding="utf-8", newline="") as stream:
        return {
            f"{int(row['code']):02d}": (int(row["member"]), int(row["non_member"]))
            for row in csv.DictReader(stream)
        }


def lay_out(layout: Mapping[str, tuple[int, int]], *, at_centre: int = 0) -> None:
    """So many cards of each association, and of the centre, which stands in no prefecture."""
    cards = [_card(cast.organisation("centre"), "member") for _ in range(at_centre)]
    for code, (members, non_members) in layout.items():
        association = Organisation.objects.create(kind="association", code=code, name=f"医師会 {code}")
        cards += [_card(association, "member") for _ in range(members)]
        cards += [_card(association, "non-member") for _ in range(non_members)]
    Card.objects.bulk_create(cards)


def _card(organisation: Organisation, kind: str) -> Card:
    name = f"LAID-{next(_numbers):08d}"
    return Card(
        card_id=name,
        reference=name,
        state=Card.State.ACTIVE,
        origin=Card.Origin.IMPORTED,
        environment="test",
        organisation=organisation,
        born_on=dt.date(1984, 5, 17),
        registered_on=dt.date(2010, 4, 20),
        member_kind=kind,
        photo_sealed=b"",
        expires_on=dt.date(2026, 1, 30),
        ordered_at=ISSUED_AT,
        ordered_by="system",
        issued_at=ISSUED_AT,
        activated_at=ISSUED_AT,
    )
