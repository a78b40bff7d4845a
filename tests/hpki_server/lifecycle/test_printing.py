"""Letters by the hundred: what cannot be printed holds up nobody, and the page says what keeps it."""

import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment.services.office_lists import without_address
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.notice_rules import Channel
from hpki_server.lifecycle.services import posting
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.enrollment import desk, piles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_pile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pile of three stands for one of a hundred."""
    monkeypatch.setattr(posting, "MOST", 3)
    desk.offices()


def letters(count: int, *, first: int = 1, place: str = "okayama", family_name: str = "山田") -> list[Notice]:
    """To holders whose cards were issued elsewhere: they go by way of the association."""
    cards = [piles.card_of(number, Card.State.ACTIVE, place=place) for number in range(first, first + count)]
    for each in cards:
        each.family_name = family_name
    Card.objects.bulk_create(cards)
    return Notice.objects.bulk_create(
        Notice(
            card=card,
            kind=LetterKind.EXPIRY.value,
            occasion="2027-01-31 -90",
            channel=Channel.LETTER.value,
            ends_on=dt.date(2027, 1, 31),
            made_at=cast.NOON + dt.timedelta(minutes=int(card.reference[-6:])),
        )
        for card in cards
    )


def printed() -> set[int]:
    before = set(Notice.objects.filter(sent_at__isnull=True).values_list("id", flat=True))
    posting.print_letters(by=cast.officer(cast.TANAKA), at=cast.NOON)
    return before - set(Notice.objects.filter(sent_at__isnull=True).values_list("id", flat=True))


def test_an_association_without_an_address_and_names_without_a_glyph_keep_no_other_letter() -> None:
    letters(4, place="osaka")
    letters(4, first=11, family_name="渡\ue000")
    good = letters(4, first=21)
    assert printed() == {one.id for one in good[:3]}
    assert printed() == {good[3].id}
    with pytest.raises(Denied) as denied:
        printed()
    assert denied.value.codes == ("none_printable",)


def test_the_page_says_what_keeps_the_others() -> None:
    letters(2, place="osaka")
    letters(1, first=11, family_name="渡\ue000")
    page = cast.signed_in(cast.TANAKA).get("/staff/letters/").content.decode()
    assert "大阪府医師会（2 通）" in page
    assert "33-0000011-0（U+E000）" in page
    assert [office.code for office in without_address()] == ["27"]


def test_where_none_waits_that_is_said() -> None:
    with pytest.raises(Denied) as denied:
        printed()
    assert denied.value.codes == ("no_letters",)
