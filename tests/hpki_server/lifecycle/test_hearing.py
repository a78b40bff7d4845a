"""伊藤 pauses, lets go on and ends a card under 失効と一時停止, without a case: 花子 hears of it all the same."""

import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.authority import services
from hpki_server.authority.models import Card
from hpki_server.authority.revocation import Case
from hpki_server.lifecycle import correspondence
from hpki_server.lifecycle.letters import written
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.services import noticing, registry_events
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage
from tests.hpki_server.lifecycle.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def letters(*, at: dt.datetime) -> list[tuple[str, dict[str, str]]]:
    """Subject and numbered lines of what waits to be printed."""
    facts = [correspondence.facts_of(notice, at=at) for notice in noticing.waiting_letters()]
    return [(letter.subject, dict(letter.items)) for letter in map(written, facts)]


def test_a_pause_and_its_end_are_told_and_the_second_overtakes_the_first(card: Card) -> None:
    ito = cast.officer(cast.ITO)
    services.hold_card(card.id, by=ito, at=NOON + HOUR)
    [(subject, lines)] = letters(at=NOON + HOUR)
    assert subject == "電子証明書の一時停止のお知らせ"
    assert lines["理由"] == "カードの所在などを確かめる必要が生じました。"
    assert noticing.waiting_mails().count() == 1
    services.release_card(card.id, by=ito, at=NOON + 2 * HOUR)
    [(subject, lines)] = letters(at=NOON + 2 * HOUR)
    assert subject == "電子証明書の利用再開のお知らせ"
    assert lines["停止の日時"].endswith("13時00分")
    assert lines["再開の日時"].endswith("14時00分")
    page = cast.signed_in(cast.HANAKO).get("/home/").text
    assert "電子証明書の一時停止のお知らせ" in page
    assert "電子証明書の利用再開のお知らせ" in page


def test_an_end_is_told_with_its_reason_in_the_holders_letter(card: Card) -> None:
    form = {"case": Case.WRONG_CONTENT.value, "sure": "on"}
    cast.signed_in(cast.ITO).post(reverse("authority:card", args=[card.id]), form)
    [(subject, lines)] = letters(at=NOON)
    assert (subject, lines["理由"]) == ("電子証明書の失効のお知らせ", "記載内容の誤り・虚偽の申請")
    notice = Notice.objects.get(card=card, channel="page")
    letter = cast.signed_in(cast.HANAKO).get(reverse("lifecycle:own-letter", args=[notice.id]))
    assert letter.content.startswith(b"%PDF-")


def test_a_death_silences_what_waits(card: Card) -> None:
    ito = cast.officer(cast.ITO)
    services.hold_card(card.id, by=ito, at=NOON)
    services.revoke_card(card.id, case=Case.DIED, by=ito, at=NOON + HOUR)
    assert not Notice.objects.filter(sent_at__isnull=True).exists()


def test_a_card_that_nobody_has_in_hand_yet_is_no_news() -> None:
    waits = desk.notified().card
    assert waits is not None
    services.revoke_card(waits.id, case=Case.WRONG_CONTENT, by=cast.officer(cast.ITO), at=NOON)
    assert not Notice.objects.filter(card=waits).exists()


def test_a_bereaved_family_hears_of_no_other_end(card: Card) -> None:
    told = Disposition(RegisteredFact.DEATH, "physician", card.registration_number, NOON.date())
    registry_events.propose_disposition(told, by=cast.officer(cast.NAKAMURA), at=NOON)
    services.revoke_card(card.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON + HOUR)
    assert not Notice.objects.filter(card=card).exists()
