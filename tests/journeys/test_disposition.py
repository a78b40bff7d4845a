"""花子's licence is revoked or suspended while a card is still to be made: none becomes active, whenever it was told."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import PickupShown
from hpki_server.enrollment.services import deciding, issuing, pickup
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.services import registry_events, renewing, settling
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from hpki_server.registry import queries as registry
from hpki_server.registry.models import Disposition as Kept
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
BROKEN = stage.NOON + dt.timedelta(days=200)
TOLD = BROKEN + dt.timedelta(days=2)
FETCHED = BROKEN + dt.timedelta(days=4)
REVOKED, SUSPENDED = RegisteredFact.LICENCE_REVOKED, RegisteredFact.LICENCE_SUSPENDED


def taken_in(application: Application, *, at: dt.datetime = BROKEN) -> None:
    originals = dataclasses.replace(desk.ORIGINALS, identity_expires_on=walking.in_term(at))
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    deciding.take_in(application_id=application.id, originals=originals, by=clerk, at=at)


def vetted(application: Application, *, at: dt.datetime = BROKEN) -> None:
    if Application.objects.get(id=application.id).state == "submitted":
        taken_in(application, at=at)
    sato = cast.officer(cast.SATO, at=at)
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=at)


def approved(application: Application, *, at: dt.datetime = BROKEN) -> Application:
    suzuki = cast.officer(cast.SUZUKI, at=at)
    return deciding.approve_application(application_id=application.id, by=suzuki, at=at)


def approved_and_paid(application: Application) -> None:
    walking.paid(walking.approved(application, at=BROKEN), at=BROKEN)


def ordered(application: Application) -> None:
    if Application.objects.get(id=application.id).state == "submitted":
        approved_and_paid(application)
    issuing.order_card(application_id=application.id, by=cast.officer(cast.TANAKA, at=BROKEN), at=BROKEN)


def issued(application: Application) -> None:
    issuing.issue_card(application_id=application.id, by=cast.officer(cast.TANAKA, at=BROKEN), at=BROKEN)


def told(fact: RegisteredFact, *, at: dt.datetime, days: int | None = None, ahead: int = 0) -> list[LifeCase]:
    """By two officers at `at`; in force so many days ahead, for so many days."""
    first = (at + dt.timedelta(days=ahead)).date()
    last = None if days is None else first + dt.timedelta(days=days)
    said = Disposition(fact, "physician", "0470123", first, last)
    return stage.disposed(said, at=at)


def replacement(card: Card) -> Application:
    application = renewing.begin_replacement(
        card_id=card.id, event=LifeEvent.DAMAGE, by=cast.account(cast.HANAKO), at=BROKEN
    )
    return walking.handed_in(application, at=BROKEN)


def on_its_way(made: Application) -> PickupShown:
    """Both letters are out; what its holder will bring."""
    tanaka = cast.officer(cast.TANAKA, at=BROKEN)
    issuing.print_pin_letter(application_id=made.id, by=tanaka, at=BROKEN)
    issuing.print_postcard(application_id=made.id, by=tanaka, at=BROKEN + desk.LETTERS_APART)
    desk.post_both(made, BROKEN, BROKEN + desk.LETTERS_APART)
    issuing.record_notified(application_id=made.id, by=tanaka, at=BROKEN + desk.LETTERS_APART)
    return dataclasses.replace(desk.SHOWN, identity_expires_on=walking.in_term(FETCHED), old_card=True)


@pytest.mark.parametrize("fact", [REVOKED, SUSPENDED])
def test_told_while_the_new_card_is_under_way(fact: RegisteredFact) -> None:
    old = stage.hanakos_card()
    agreed = walking.approved(replacement(old), at=BROKEN)
    made = walking.issued(walking.paid(agreed, at=BROKEN), at=BROKEN)
    shown = on_its_way(made)
    assert len(told(fact, at=FETCHED)) == 2
    new = Card.objects.get(application=made)
    # Both cards: the one in use and the one that waits.
    assert "" not in {*stage.reasons(old).values(), *stage.reasons(new).values()}
    with pytest.raises(Denied, match="registry_barred"):
        pickup.hand_over_card(
            application_id=made.id, shown=shown, by=cast.officer(cast.TAKAHASHI, at=FETCHED), at=FETCHED
        )
    new.refresh_from_db()
    assert new.state != Card.State.ACTIVE


@pytest.mark.parametrize("fact", [REVOKED, SUSPENDED])
@pytest.mark.parametrize("step", ["vet", "approve", "order", "issue"])
def test_no_officer_takes_the_case_further(fact: RegisteredFact, step: str) -> None:
    application = replacement(stage.hanakos_card())
    steps: dict[str, Callable[[Application], object]] = {
        "vet": taken_in,
        "approve": vetted,
        "order": approved_and_paid,
        "issue": ordered,
    }
    steps[step](application)
    told(fact, at=BROKEN)
    steps = {"vet": vetted, "approve": approved, "order": ordered, "issue": issued}
    with pytest.raises(Denied, match="registry_barred"):
        steps[step](application)
    assert not Card.objects.filter(issued_at__gt=stage.NOON).exists()


def test_a_first_application_after_a_revocation() -> None:
    """There was no card to end: the register keeps it all the same."""
    assert told(REVOKED, at=stage.NOON - dt.timedelta(days=30)) == []
    with pytest.raises(Denied, match="registry_barred"):
        desk.vetted(at=stage.NOON)
    assert not Card.objects.exists()


def test_without_a_card_it_is_recorded_with_a_line() -> None:
    assert told(SUSPENDED, at=stage.NOON, days=90) == []
    [kept] = Kept.objects.all()
    assert (kept.qualification, kept.number, kept.kind) == ("physician", "470123", "licence-suspended")
    [bar] = registry.bars("physician", "470123")
    assert bar.on(stage.NOON.date() + dt.timedelta(days=90))
    assert not bar.on(stage.NOON.date() + dt.timedelta(days=91))
    line = AuditLine.objects.get(act="registry:record-disposition")
    assert line.subject_id == str(kept.id)
    with pytest.raises(Denied, match="already_recorded"):
        told(SUSPENDED, at=stage.NOON, days=90)


def test_the_suspension_is_over_and_the_case_goes_on() -> None:
    old = stage.hanakos_card()
    application = replacement(old)
    told(SUSPENDED, at=BROKEN, days=30)
    last = BROKEN + dt.timedelta(days=30)
    with pytest.raises(Denied, match="registry_barred"):
        walking.approved(application, at=last)
    after = last + dt.timedelta(days=1)
    vetted(application, at=after)
    made = walking.issued(walking.paid(approved(application, at=after), at=after), at=after)
    new = walking.fetched(made, at=after + desk.LETTERS_APART)
    assert (new.state, stage.reasons(new)) == (Card.State.ACTIVE, stage.LIVING)


def test_an_end_that_was_not_known_is_told_later() -> None:
    card = stage.hanakos_card()
    [held] = told(SUSPENDED, at=TOLD)
    assert told(SUSPENDED, at=TOLD, days=10) == []
    case = LifeCase.objects.get(id=held.id)
    assert (case.state, case.until_on) == ("held", TOLD.date() + dt.timedelta(days=10))
    [bar] = registry.bars("physician", "470123")
    assert bar.until_on == case.until_on
    assert stage.reasons(card) == stage.HELD


def test_what_was_planned_reaches_the_card_that_came_meanwhile() -> None:
    old = stage.hanakos_card()
    application = replacement(old)
    told(SUSPENDED, at=BROKEN, ahead=60)
    agreed = walking.approved(application, at=BROKEN)
    new = walking.fetched(walking.issued(walking.paid(agreed, at=BROKEN), at=BROKEN), at=FETCHED)
    assert stage.reasons(new) == stage.LIVING
    day = BROKEN + dt.timedelta(days=60)
    assert registry_events.begin_planned(at=day) == 1
    assert stage.reasons(new) == stage.HELD
    states = dict(LifeCase.objects.filter(event="licence-suspended").values_list("card_id", "state"))
    assert states == {old.id: "withdrawn", new.id: "held"}
    assert registry_events.begin_planned(at=day) == 0


def test_what_was_planned_before_there_was_a_card() -> None:
    told(REVOKED, at=stage.NOON - dt.timedelta(days=30), ahead=60)
    card = stage.hanakos_card()
    assert registry_events.begin_planned(at=stage.NOON + dt.timedelta(days=30)) == 1
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED


def test_a_plan_that_is_taken_back_bars_nothing() -> None:
    card = stage.hanakos_card()
    [planned] = told(REVOKED, at=BROKEN, ahead=60)
    nakamura, matsumoto = (cast.officer(role, at=BROKEN) for role in (cast.NAKAMURA, cast.MATSUMOTO))
    with pytest.raises(Denied, match="two_officers"):
        settling.withdraw(case_id=planned.id, by=nakamura, at=BROKEN)
    kept = Kept.objects.get()
    asked = registry_events.propose_withdrawal(kept_id=kept.id, by=nakamura, at=BROKEN)
    assert registry.bars("physician", "470123") != ()
    proposals.confirm(asked.id, by=matsumoto, at=BROKEN)
    planned.refresh_from_db()
    assert planned.state == "withdrawn"
    assert registry.bars("physician", "470123") == ()
    assert registry_events.begin_planned(at=BROKEN + dt.timedelta(days=60)) == 0
    assert stage.reasons(card) == stage.LIVING


def test_what_was_reported_before_the_register_kept_it_bars_too() -> None:
    card = stage.hanakos_card()
    told(SUSPENDED, at=BROKEN, days=30)
    Kept.objects.all().delete()
    import_module("hpki_server.lifecycle.migrations.0002_dispositions_kept").keep(apps, None)
    kept = Kept.objects.get(kind="licence-suspended")
    assert (kept.number, kept.from_on) == (card.registration_number, BROKEN.date())
    assert (kept.until_on, kept.begun_at) == (BROKEN.date() + dt.timedelta(days=30), BROKEN)
    assert len(registry.bars("physician", "470123")) == 1
