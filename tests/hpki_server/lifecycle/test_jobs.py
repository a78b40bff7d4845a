"""The day of all cards: one case that cannot be kept is told of, and every other is kept."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError

from hpki_server.authority.models import Card
from hpki_server.lifecycle import jobs
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import CardTerm, LifeCase
from hpki_server.lifecycle.services.each import SomeFailed, each
from hpki_server.lifecycle.services.record import open_case
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.registry.models import Disposition as Kept
from tests.hpki_server.lifecycle import stage

pytestmark = pytest.mark.django_db
NEXT_YEAR = stage.NOON + dt.timedelta(days=400)


def emergency(card: Card, *, due_on: dt.date) -> LifeCase:
    case = open_case(card, LifeEvent.EMERGENCY, at=stage.NOON, due_on=due_on)
    case.state = "papers"
    case.save()
    return case


def somebody_elses(card: Card) -> Card:
    """A card that belongs to no application of 花子's."""
    other = Card.objects.get(id=card.id)
    other.id, other.card_id, other.reference = uuid.uuid4(), "9900000001", "33-2026-009999"
    other.registration_number, other.chip_serial = "990099", "JP00999999"
    other.save(force_insert=True)
    return other


def test_a_case_that_cannot_lapse_is_told_of_and_the_others_do() -> None:
    card = stage.hanakos_card()
    broken = emergency(somebody_elses(card), due_on=dt.date(2027, 5, 1))
    LifeCase.objects.filter(id=broken.id).update(papers_missing=["nothing we know"])
    whole = emergency(card, due_on=dt.date(2027, 5, 4))
    with pytest.raises(SomeFailed, match=str(broken.id)):
        jobs.keep_cards_at(NEXT_YEAR)
    whole.refresh_from_db()
    assert whole.state == "lapsed"
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}


def test_nor_does_it_keep_a_suspension_from_its_day() -> None:
    card = stage.hanakos_card()
    begins = dt.date(2026, 12, 1)
    fact, qualification = RegisteredFact.LICENCE_SUSPENDED, card.qualification_code
    told = Disposition(fact, qualification, card.registration_number, begins)
    stage.disposed(told)
    broken = emergency(somebody_elses(card), due_on=dt.date(2026, 11, 20))
    LifeCase.objects.filter(id=broken.id).update(papers_missing=["nothing we know"])
    with pytest.raises(SomeFailed, match="lapses"):
        jobs.keep_cards_at(dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC))
    assert stage.reasons(card) == stage.HELD
    assert CardTerm.objects.filter(card=card).exists()


def test_a_disposition_that_cannot_begin_keeps_no_other_from_its_day() -> None:
    card, begins = stage.hanakos_card(), dt.date(2026, 12, 1)
    fact, qualification = RegisteredFact.LICENCE_SUSPENDED, card.qualification_code
    for other, day in ((somebody_elses(card), begins - dt.timedelta(days=1)), (card, begins)):
        told = Disposition(fact, qualification, other.registration_number, day)
        stage.disposed(told)
    broken = Kept.objects.get(number="990099")
    Kept.objects.filter(id=broken.id).update(kind="nothing we know")
    with pytest.raises(SomeFailed, match=str(broken.id)):
        jobs.keep_cards_at(dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC))
    assert stage.reasons(card) == stage.HELD


def test_what_a_database_quotes_is_not_told() -> None:
    class Refusal(Exception):
        sqlstate = "23505"

    def refused(_subject: str) -> None:
        raise IntegrityError("DETAIL: Key (name)=(花子) already exists.") from Refusal

    with pytest.raises(SomeFailed) as failed:
        each(["the first"], refused)
    assert str(failed.value) == "the first: IntegrityError 23505"
