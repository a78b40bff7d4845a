"""One person, one living card: whatever way a second application takes."""

import dataclasses
import datetime as dt

import pytest

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind, Step
from hpki_server.enrollment.services import applying, deciding, paper_route
from hpki_server.enrollment.services.paper_route import PaperForm
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.enrollment import desk, paper_desk
from tests.hpki_server.lifecycle import stage as life
from tests.hpki_server.lifecycle import walking

pytestmark = pytest.mark.django_db


def vetted(application: Application, *, at: dt.datetime = desk.NOON) -> Application:
    originals = dataclasses.replace(desk.ORIGINALS, residence_record=application.kind != CaseKind.EMERGENCY)
    clerk, sato = cast.officer(cast.TAKAHASHI, at=at), cast.officer(cast.SATO, at=at)
    deciding.take_in(application_id=application.id, originals=originals, by=clerk, at=at)
    return deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=at)


def approve(application: Application, *, at: dt.datetime = desk.NOON) -> Application:
    by = cast.officer(cast.SUZUKI, at=at)
    return deciding.approve_application(application_id=application.id, by=by, at=at)


def refused(application: Application) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        approve(application)
    return denied.value.codes


def test_whoever_has_a_card_sends_no_first_application_on_paper() -> None:
    life.hanakos_card()
    with pytest.raises(Denied) as denied:
        paper_desk.sent()
    assert denied.value.codes == ("has_a_card",)


def test_who_types_a_colleague_s_number_learns_of_no_card_and_the_approval_finds_it() -> None:
    card = life.hanakos_card()
    sent = paper_desk.sent(born_on=dt.date(1984, 5, 18))
    Application.objects.filter(id=sent.id).update(born_on=card.born_on)
    assert refused(vetted(sent)) == ("has_a_card",)
    Card.objects.filter(id=card.id).update(state=Card.State.STOPPED)
    assert approve(sent).approved_by == cast.account(cast.SUZUKI)


def test_zeros_before_the_number_make_no_second_person() -> None:
    desk.registered()
    first = vetted(desk.submitted(registration_number="0470123"))
    second = vetted(paper_desk.sent(registration_number="470123"))
    approve(first)
    assert refused(second) == ("has_a_card",)


def test_of_two_applications_of_one_registration_one_is_approved() -> None:
    desk.registered()
    first, second = vetted(desk.submitted()), vetted(paper_desk.sent())
    approve(first)
    assert refused(second) == ("has_a_card",)


def test_a_card_that_has_expired_keeps_nobody_from_a_new_one() -> None:
    card = life.hanakos_card()
    Card.objects.filter(id=card.id).update(expires_on=desk.TODAY - dt.timedelta(days=1))
    approve(vetted(paper_desk.sent()))


def test_an_emergency_takes_the_place_of_the_card_that_its_holder_has() -> None:
    card = life.hanakos_card()
    hanako = cast.account(cast.HANAKO)
    begun = applying.start_application(by=hanako, at=desk.NOON, kind=CaseKind.EMERGENCY)
    assert begun.replaces == card
    new = walking.fetched(
        walking.issued(walking.approved(walking.handed_in(begun, at=desk.NOON), at=desk.NOON), at=desk.NOON),
        at=desk.NOON,
    )
    card.refresh_from_db()
    assert (card.state, new.state) == (Card.State.STOPPED, Card.State.ACTIVE)
    assert set(life.reasons(card).values()) == {"superseded"}
    assert life.reasons(new) == life.LIVING


def test_an_emergency_on_paper_finds_the_card_by_what_was_typed() -> None:
    card = life.hanakos_card()
    clerk = cast.officer(cast.TAKAHASHI)
    form = PaperForm(desk_id=cast.organisation("okayama").id, kind=CaseKind.EMERGENCY)
    begun = paper_route.start_paper_application(form=form, by=clerk, at=desk.NOON)
    assert begun.replaces is None
    paper_desk.type_in(begun)
    sent = applying.submit_application(application_id=begun.id, by=clerk, at=desk.NOON)
    assert sent.replaces == card
    assert sent.changes.filter(step=Step.SUBMIT.value).exists()
    approve(vetted(sent))


def test_a_mistyped_card_number_ends_nobody_else_s_card() -> None:
    card = life.hanakos_card()
    Card.objects.filter(id=card.id).update(registration_number="999999")
    sent = vetted(paper_desk.sent())
    Application.objects.filter(id=sent.id).update(replaces=card)
    assert refused(sent) == ("replaces_a_stranger",)
