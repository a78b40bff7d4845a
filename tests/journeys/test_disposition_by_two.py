"""行政処分 by two officers: one word bars and holds at once, the second one ends; a no lets nothing go on by itself."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from hpki_server.authority.models import Card
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.services import registry_events, resuming, settling
from hpki_server.lifecycle.services.registry_events import Asked, Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, Proposal
from hpki_server.people.services import proposals
from hpki_server.registry import queries as registry
from hpki_server.registry.models import Disposition as Kept
from tests import cast
from tests.hpki_server.lifecycle import stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
NOON = stage.NOON
REVOKED, SUSPENDED = RegisteredFact.LICENCE_REVOKED, RegisteredFact.LICENCE_SUSPENDED


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def told(fact: RegisteredFact, *, ahead: int = 0, days: int | None = None) -> Asked:
    """中村's word alone."""
    first = NOON.date() + dt.timedelta(days=ahead)
    last = None if days is None else first + dt.timedelta(days=days)
    said = Disposition(fact, "physician", "470123", first, last, "医道審議会")
    return registry_events.propose_disposition(said, by=cast.officer(cast.NAKAMURA), at=NOON)


def confirmed(proposal: Proposal, *, by: cast.Role = cast.MATSUMOTO) -> None:
    proposals.confirm(proposal.id, by=cast.officer(by), at=NOON)


def test_one_officer_holds_and_bars_and_ends_nothing(card: Card) -> None:
    asked = told(REVOKED)
    assert stage.reasons(card) == stage.HELD
    assert [one.case.state for one in asked.held] == ["held"]
    assert registry.bars("physician", "470123")
    assert not Notice.objects.filter(kind="revoked").exists()
    home = cast.signed_in(cast.HANAKO).get("/home/").text
    assert "電子認証センターの手続きのため" in home
    assert "見つかったか" not in home
    with pytest.raises(Denied, match="own_proposal"):
        confirmed(asked.proposal, by=cast.NAKAMURA)
    with pytest.raises(Denied, match="two_officers"):
        settling.end_held(case_id=asked.held[0].case.id, by=cast.officer(cast.NAKAMURA), at=NOON)
    assert stage.reasons(card) == stage.HELD


def test_the_second_officer_ends_it_with_lines_of_both(card: Card) -> None:
    confirmed(told(REVOKED).proposal)
    assert stage.reasons(card)["SIGNING"] == "privilegeWithdrawn"
    case = LifeCase.objects.get()
    assert (case.state, list(case.steps.order_by("id").values_list("step", flat=True))) == (
        "closed",
        ["hold", "confirm"],
    )
    assert Notice.objects.filter(card=card, kind="revoked").exists()
    who = dict(AuditLine.objects.values_list("act", "by"))
    assert who["registry:record-disposition"] == str(cast.account(cast.NAKAMURA).pk)
    assert who["registry:confirm-disposition"] == str(cast.account(cast.MATSUMOTO).pk)
    assert who["life:confirm"] == who["registry:confirm-disposition"]
    [kept] = Kept.objects.all()
    assert (kept.awaits_second, kept.begun_at) == (False, NOON)


def test_a_suspension_stays_on_hold_and_its_holder_is_told_when_two_have_spoken(card: Card) -> None:
    asked = told(SUSPENDED, days=30)
    assert not Notice.objects.filter(kind="suspended").exists()
    confirmed(asked.proposal)
    assert stage.reasons(card) == stage.HELD
    assert Notice.objects.filter(card=card, kind="suspended").exists()
    assert LifeCase.objects.get().state == "held"


def test_a_no_bars_nothing_more_and_two_let_the_card_go_on(card: Card) -> None:
    asked = told(REVOKED)
    proposals.withdraw(asked.proposal.id, by=cast.officer(cast.MATSUMOTO), at=NOON)
    assert registry.bars("physician", "470123") == ()
    assert stage.reasons(card) == stage.HELD
    case_id = asked.held[0].case.id
    resumed = resuming.propose_resumption(case_id=case_id, by=cast.officer(cast.ITO), at=NOON)
    assert stage.reasons(card) == stage.HELD
    assert resumed.state == "open"
    confirmed(told(REVOKED).proposal)
    assert stage.reasons(card)["SIGNING"] == "privilegeWithdrawn"


def test_what_begins_later_waits_for_two_and_only_holds_while_it_has_one(card: Card) -> None:
    asked = told(REVOKED, ahead=3)
    assert stage.reasons(card) == stage.LIVING
    day = NOON + dt.timedelta(days=3)
    assert registry_events.begin_planned(at=day) == 1
    assert registry_events.begin_planned(at=day) == 0
    assert stage.reasons(card) == stage.HELD
    proposals.confirm(asked.proposal.id, by=cast.officer(cast.MATSUMOTO, at=day), at=day)
    assert stage.reasons(card)["SIGNING"] == "privilegeWithdrawn"


def test_another_last_day_takes_two_as_well(card: Card) -> None:
    stage.disposed(Disposition(SUSPENDED, "physician", "470123", NOON.date()))
    shorter = told(SUSPENDED, days=5)
    [bar] = registry.bars("physician", "470123")
    assert bar.until_on is None
    confirmed(shorter.proposal)
    [bar] = registry.bars("physician", "470123")
    assert bar.until_on == NOON.date() + dt.timedelta(days=5)
    assert LifeCase.objects.get(card=card).until_on == bar.until_on


def test_the_same_is_not_asked_twice_and_the_database_knows_two(card: Card) -> None:
    told(REVOKED)
    with pytest.raises(Denied, match="waits_for_second"):
        told(REVOKED)
    kept = Kept.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Kept.objects.filter(id=kept.id).update(awaits_second=False, confirmed_by=kept.recorded_by)
    assert Card.objects.get(id=card.id).state == Card.State.ACTIVE


def test_both_officers_do_it_by_their_pages(card: Card) -> None:
    typed = {
        "fact": "licence-revoked",
        "number": "470123",
        "from_on": "2026-11-04",
        "sure": "on",
    }
    first, second = cast.signed_in(cast.NAKAMURA), cast.signed_in(cast.MATSUMOTO)
    register = reverse("lifecycle:register")
    answer = first.post(register, typed, follow=True).content.decode()
    assert "1 枚のカードを一時停止しました" in answer
    assert "二人目の確認待ち" in answer
    waiting = second.get(reverse("people:proposals")).content.decode()
    assert "470123" in waiting
    proposal = Proposal.objects.get()
    # The proposal is of the tests' machine's own day.
    second.post(reverse("people:confirm-proposal", args=[proposal.id]))
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED
    assert "470123" not in first.get(register).content.decode()
