"""花子 hears in good time that her card ends: once each time, and not seven times after an outage."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.authority.models import Card
from hpki_server.lifecycle import notice_rules
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import CardTerm, Notice
from hpki_server.lifecycle.ports import AddressRefused, Mail
from hpki_server.lifecycle.services import mailing, noticing, reckoning, reporting
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage as authority_stage
from tests.hpki_server.lifecycle import stage

END = dt.date(2031, 11, 3)
STEPS = [180, 90, 60, 30, 14, 7, 1]


def day(before: int) -> dt.datetime:
    """Noon in Japan, so many days before the end of the card on the stage."""
    on = CardTerm.objects.values_list("effective_on", flat=True).get() - dt.timedelta(days=before)
    return dt.datetime(on.year, on.month, on.day, 3, tzinfo=dt.UTC)


@pytest.fixture
def card() -> Card:
    held = stage.hanakos_card()
    assert reckoning.reckon(at=stage.NOON) == 1
    return held


def told(card: Card, channel: str = "page") -> list[str]:
    rows = Notice.objects.filter(card=card, kind="expiry", channel=channel)
    return sorted((row.occasion.split(" ")[1] for row in rows), key=int)


def test_the_steps_are_those_of_the_table() -> None:
    assert [step.days_before for step in notice_rules.steps(LetterKind.EXPIRY, END)] == STEPS


@given(days_left=st.integers(-5, 400), sent=st.sets(st.sampled_from(STEPS)))
def test_one_notice_at_most_and_the_newest(days_left: int, sent: set[int]) -> None:
    on = END - dt.timedelta(days=days_left)
    step = notice_rules.due_step(LetterKind.EXPIRY, ends_on=END, on=on, sent=sent)
    reached = [days for days in STEPS if 0 <= days_left <= days]
    assert (step and step.days_before) == (reached[-1] if reached and reached[-1] not in sent else None)


@given(days_left=st.integers(0, 180))
def test_every_end_within_the_window_belongs_to_exactly_one_step(days_left: int) -> None:
    on = END - dt.timedelta(days=days_left)
    steps = notice_rules.steps(LetterKind.EXPIRY, on)
    found = [
        step
        for step in steps
        if notice_rules.window(LetterKind.EXPIRY, step, on)[0]
        <= END
        <= notice_rules.window(LetterKind.EXPIRY, step, on)[1]
    ]
    assert found == [notice_rules.due_step(LetterKind.EXPIRY, ends_on=END, on=on, sent=())]


@pytest.mark.django_db
def test_day_by_day_seven_notices_each_once(card: Card) -> None:
    for before in range(185, -3, -1):
        noticing.make_notices(at=day(before))
        noticing.make_notices(at=day(before))
    assert told(card) == [f"-{days}" for days in sorted(STEPS, reverse=True)]
    assert told(card, "letter") == ["-180", "-90", "-30"]
    assert AuditLine.objects.filter(act="notice:make").count() == len(STEPS)


@pytest.mark.django_db
def test_after_an_outage_of_months_there_is_one_notice_not_four(card: Card) -> None:
    noticing.make_notices(at=day(181))
    noticing.make_notices(at=day(20))
    assert told(card) == ["-30"]
    noticing.make_notices(at=day(14))
    assert told(card) == ["-30", "-14"]


@pytest.mark.django_db
def test_a_card_that_ended_and_a_dead_persons_card_hear_nothing(card: Card) -> None:
    noticing.make_notices(at=day(180))
    reporting.report_death(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=day(100))
    noticing.make_notices(at=day(90))
    assert not list(noticing.waiting_mails())
    assert not list(noticing.waiting_letters())
    assert told(card) == ["-180"]


@pytest.mark.django_db
def test_mails_name_nobody_go_once_and_a_server_that_is_down_is_asked_again(card: Card) -> None:
    noticing.make_notices(at=day(180))
    box: list[Mail] = []

    def down(_mail: Mail) -> None:
        raise ConnectionRefusedError("no server")

    failed = mailing.send_mails(at=day(180), send=down)
    assert (failed.sent, "no server" in failed.obstacle) == (0, True)
    assert mailing.send_mails(at=day(180), send=box.append).sent == 1
    assert mailing.send_mails(at=day(179), send=box.append).sent == 0
    [mail] = box
    assert mail.to == cast.HANAKO.username
    assert "渡邉" not in mail.text + mail.subject
    assert card.card_id not in mail.text + mail.subject


@pytest.mark.django_db
def test_an_address_that_is_refused_does_not_hold_up_the_others(card: Card) -> None:
    noticing.make_notices(at=day(180))

    def refusing(mail: Mail) -> None:
        raise AddressRefused(mail.to)

    assert mailing.send_mails(at=day(180), send=refusing).without_address == 1
    assert not list(noticing.waiting_mails())


@pytest.mark.django_db
def test_ends_of_many_cards_are_a_handful_of_queries() -> None:
    authority_stage.hierarchy()
    for _ in range(25):
        made = authority_stage.ordered_card()
        Card.objects.filter(id=made.id).update(
            state="active", issued_at=stage.NOON, activated_at=stage.NOON, expires_on=END
        )
    with CaptureQueriesContext(connection) as reckoned:
        assert reckoning.reckon(at=stage.NOON) == 25
    with CaptureQueriesContext(connection) as noticed:
        assert noticing.make_notices(at=dt.datetime(2031, 11, 2, 3, tzinfo=dt.UTC)) == 25
    assert len(reckoned) < 12
    assert len(noticed) < 40
