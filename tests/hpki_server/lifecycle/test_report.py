"""Something happens to 花子's card, and somebody says so."""

import dataclasses
import datetime as dt

import pytest

from hpki_server.authority.models import Card, IssuedCrl
from hpki_server.enrollment.services import applying, deciding
from hpki_server.lifecycle import queries
from hpki_server.lifecycle.events import LifeEvent, LifePaper
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.services import noticing, renewing, reporting, resuming, settling
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage, walking
from tests.hpki_server.lifecycle.stage import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(days=3)


@pytest.fixture
def card() -> Card:
    return stage.hanakos_card()


def test_a_loss_ends_all_three_certificates_at_once_and_the_lists_are_out(card: Card) -> None:
    lists = IssuedCrl.objects.count()
    told = reporting.report_loss(card_id=card.id, by=cast.account(cast.HANAKO), at=LATER)
    assert set(stage.reasons(card).values()) == {"keyCompromise"}
    assert told.lists_are_out
    assert IssuedCrl.objects.count() == lists + 3
    assert told.case.state == "papers"
    assert told.case.awaited == [LifePaper.LOSS_REPORT]
    assert told.case.due_on == dt.date(2026, 11, 21)
    assert AuditLine.objects.filter(act="life:report", subject_id=str(told.case.id)).count() == 1
    assert {n.channel for n in Notice.objects.filter(card=card, kind="loss-receipt")} == {
        "page",
        "mail",
        "letter",
    }


def test_the_paper_closes_the_case(card: Card) -> None:
    told = reporting.report_loss(card_id=card.id, by=cast.officer(cast.ITO), at=LATER)
    done = settling.receive_papers(
        case_id=told.case.id, papers=[LifePaper.LOSS_REPORT], by=cast.officer(cast.TAKAHASHI), at=LATER
    )
    assert done.case.state == "closed"
    assert done.case.closed_at == LATER


@pytest.mark.parametrize("role", [cast.MALLORY, cast.OSAKA_CLERK, cast.SATO, cast.KOBAYASHI])
def test_nobody_else_may_report_it(card: Card, role: cast.Role) -> None:
    by = cast.account(role) if role is cast.MALLORY else cast.officer(role)
    for refused in (reporting.report_loss, reporting.report_damage, reporting.stop_use, reporting.suspend):
        with pytest.raises(Denied, match="not_entitled"):
            refused(card_id=card.id, by=by, at=LATER)
    assert stage.reasons(card) == stage.LIVING


def test_a_card_that_may_be_lost_pauses_and_goes_on_only_with_two_officers(card: Card) -> None:
    told = reporting.suspend(card_id=card.id, by=cast.account(cast.HANAKO), at=LATER)
    assert stage.reasons(card) == stage.HELD
    assert told.case.state == "held"
    ito = cast.officer(cast.ITO)
    proposal = resuming.propose_resumption(case_id=told.case.id, by=ito, at=LATER)
    with pytest.raises(Denied, match="own_proposal"):
        proposals.confirm(proposal.id, by=ito, at=LATER)
    second = cast.officer(cast._staff("kishi", "岸　誠", "きし　まこと", *cast.ITO.duties))
    proposals.confirm(proposal.id, by=second, at=LATER)
    assert stage.reasons(card) == stage.LIVING
    # No letter of a pause that is over; that it is over is told, to whoever did not ask for it as well.
    assert [one.kind for one in noticing.waiting_mails()] == ["resumed"]
    assert [one.kind for one in noticing.waiting_letters()] == ["resumed"]
    assert LifeCase.objects.get(id=told.case.id).state == "withdrawn"
    # And not when it pauses once more.
    reporting.suspend(card_id=card.id, by=cast.account(cast.HANAKO), at=LATER + dt.timedelta(hours=1))
    assert {one.kind for one in noticing.waiting_mails()} == {"suspended"}
    assert {one.kind for one in noticing.waiting_letters()} == {"suspended"}


def test_a_card_that_was_not_found_ends_from_the_pause_on(card: Card) -> None:
    told = reporting.suspend(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=LATER)
    done = settling.end_held(
        case_id=told.case.id, by=cast.account(cast.HANAKO), at=LATER + dt.timedelta(days=1)
    )
    assert done.case.state == "papers"
    revoked = card.certificates.filter(state="signed").values_list("revoked_at", flat=True)
    assert set(revoked) == {LATER}


def test_a_holder_who_stops_needs_no_paper_and_the_desk_does(card: Card) -> None:
    told = reporting.stop_use(card_id=card.id, by=cast.account(cast.HANAKO), at=LATER)
    assert told.case.state == "closed"
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}


def test_a_stop_at_the_desk_waits_for_its_paper(card: Card) -> None:
    told = reporting.stop_use(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=LATER)
    assert told.case.state == "papers"
    assert told.case.awaited == [LifePaper.STOP_REPORT]


def test_a_death_told_at_the_desk_is_a_pause_until_a_paper_shows_it(card: Card) -> None:
    clerk = cast.officer(cast.TAKAHASHI)
    told = reporting.report_death(card_id=card.id, by=clerk, at=LATER)
    assert stage.reasons(card) == stage.HELD
    assert not Notice.objects.filter(card=card, kind="condolence").exists()
    with pytest.raises(Denied, match="papers_first"):
        settling.end_held(case_id=told.case.id, by=clerk, at=LATER)
    done = settling.receive_papers(case_id=told.case.id, papers=[LifePaper.DEATH_RECORD], by=clerk, at=LATER)
    assert done.case.state == "closed"
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}
    assert [n.channel for n in Notice.objects.filter(card=card, kind="condolence")] == ["letter"]


def test_a_reported_death_stops_the_application_for_the_next_card(card: Card) -> None:
    clerk, hanako = cast.officer(cast.TAKAHASHI), cast.account(cast.HANAKO)
    begun = renewing.begin_replacement(card_id=card.id, event=LifeEvent.DAMAGE, by=hanako, at=LATER)
    told = reporting.report_death(card_id=card.id, by=clerk, at=LATER)
    with pytest.raises(Denied, match="death_reported"):
        applying.submit_application(application_id=begun.id, by=hanako, at=LATER)
    settling.receive_papers(case_id=told.case.id, papers=[LifePaper.DEATH_RECORD], by=clerk, at=LATER)
    with pytest.raises(Denied, match="death_reported"):
        applying.submit_application(application_id=begun.id, by=hanako, at=LATER)
    # It can still be taken back; and who was taken for dead begins anew.
    applying.withdraw_application(application_id=begun.id, by=hanako, at=LATER)
    anew = desk.draft(at=LATER + dt.timedelta(hours=1))
    assert not queries.death_reported(anew)


def test_a_death_in_the_register_stops_every_application_until_it_has_a_last_day() -> None:
    first = desk.taken_in()
    desk.registered()
    told = Disposition(RegisteredFact.DEATH, "physician", "0470123", LATER.date())
    stage.disposed(told, at=LATER)
    with pytest.raises(Denied, match="death_reported"):
        deciding.record_vetting(
            application_id=first.id, papers=desk.ALL_FIT, by=cast.officer(cast.SATO), at=LATER
        )
    # It was another person's number after all.
    stage.disposed(dataclasses.replace(told, until_on=LATER.date()), at=LATER)
    assert not queries.death_reported(first)


def test_whoever_types_a_dead_colleagues_number_from_home_learns_nothing_and_the_desk_does() -> None:
    told = Disposition(RegisteredFact.DEATH, "physician", "470123", LATER.date())
    stage.disposed(told, at=LATER)
    sent = desk.submitted(cast.MALLORY, at=LATER)
    clerk = cast.officer(cast.TAKAHASHI)
    with pytest.raises(Denied, match="death_reported"):
        deciding.take_in(application_id=sent.id, originals=desk.ORIGINALS, by=clerk, at=LATER)


def test_a_death_in_the_register_stops_the_application_for_the_next_card(card: Card) -> None:
    hanako = cast.account(cast.HANAKO)
    begun = renewing.begin_replacement(card_id=card.id, event=LifeEvent.DAMAGE, by=hanako, at=LATER)
    stage.disposed(Disposition(RegisteredFact.DEATH, "physician", "470123", LATER.date()), at=LATER)
    with pytest.raises(Denied, match="death_reported"):
        applying.submit_application(application_id=begun.id, by=hanako, at=LATER)


def test_the_register_reaches_a_card_that_bears_its_number_with_a_zero_before_it(card: Card) -> None:
    Card.objects.filter(id=card.id).update(registration_number="0470123")
    stage.disposed(Disposition(RegisteredFact.LICENCE_REVOKED, "physician", "470123", NOON.date()), at=LATER)
    assert "" not in stage.reasons(card).values()


def test_the_holder_cannot_report_a_death(card: Card) -> None:
    with pytest.raises(Denied, match="not_entitled"):
        reporting.report_death(card_id=card.id, by=cast.account(cast.HANAKO), at=LATER)


def test_a_renewal_waits_for_its_window_and_after_the_end_for_the_desk(card: Card) -> None:
    hanako, end = cast.account(cast.HANAKO), stage.ends(card)
    with pytest.raises(Denied, match="renewal_too_early"):
        reporting.report(card_id=card.id, event=LifeEvent.RENEWAL, by=hanako, at=end - dt.timedelta(days=200))
    with pytest.raises(Denied, match="expired_desk_only"):
        reporting.report(card_id=card.id, event=LifeEvent.RENEWAL, by=hanako, at=end + dt.timedelta(days=2))
    clerk = cast.officer(cast.TAKAHASHI)
    told = reporting.report(card_id=card.id, event=LifeEvent.RENEWAL, by=clerk, at=end + dt.timedelta(days=2))
    assert told.case.state == "card"


def test_the_same_is_not_reported_twice_and_what_ended_stays_ended(card: Card) -> None:
    hanako = cast.account(cast.HANAKO)
    reporting.report_damage(card_id=card.id, by=hanako, at=LATER)
    with pytest.raises(Denied, match="already_reported"):
        reporting.report_damage(card_id=card.id, by=hanako, at=LATER)
    reporting.report_loss(card_id=card.id, by=hanako, at=LATER)
    with pytest.raises(Denied, match="card_ended"):
        reporting.stop_use(card_id=card.id, by=hanako, at=LATER)


def test_a_change_that_came_to_nothing_is_taken_back(card: Card) -> None:
    hanako = cast.account(cast.HANAKO)
    told = reporting.report_damage(card_id=card.id, by=hanako, at=LATER)
    assert settling.withdraw(case_id=told.case.id, by=hanako, at=LATER).state == "withdrawn"
    assert stage.reasons(card) == stage.LIVING


def test_the_new_cards_application_is_taken_back_with_its_case(card: Card) -> None:
    hanako, clerk = cast.account(cast.HANAKO), cast.officer(cast.TAKAHASHI)
    application = renewing.begin_replacement(card_id=card.id, event=LifeEvent.DAMAGE, by=hanako, at=LATER)
    case_id = LifeCase.objects.get(application=application).id
    with pytest.raises(Denied, match="holders_application"):
        settling.withdraw(case_id=case_id, by=clerk, at=LATER)
    settling.withdraw(case_id=case_id, by=hanako, at=LATER)
    application.refresh_from_db()
    assert application.state == "withdrawn"
    renewing.begin_replacement(card_id=card.id, event=LifeEvent.NAME_CHANGE, by=hanako, at=LATER)


def test_what_is_being_made_is_not_taken_back(card: Card) -> None:
    hanako = cast.account(cast.HANAKO)
    application = renewing.begin_replacement(card_id=card.id, event=LifeEvent.DAMAGE, by=hanako, at=LATER)
    case = LifeCase.objects.get(application=application)
    sent = walking.handed_in(application, at=LATER)
    issued = walking.issued(walking.paid(walking.approved(sent, at=LATER), at=LATER), at=LATER)
    with pytest.raises(Denied, match="new_card_ordered"):
        settling.withdraw(case_id=case.id, by=hanako, at=LATER)
    # As earlier versions left it: the hand-over ends the old card all the same.
    LifeCase.objects.filter(id=case.id).update(state="withdrawn", closed_at=LATER)
    walking.fetched(issued, at=LATER + desk.LETTERS_APART)
    assert set(stage.reasons(card).values()) == {"superseded"}
    assert sorted(LifeCase.objects.filter(card=card).values_list("state", flat=True)) == [
        "closed",
        "withdrawn",
    ]


def test_a_card_issued_elsewhere_stops_without_certificates(card: Card) -> None:
    card.certificates.all().delete()
    Card.objects.filter(id=card.id).update(origin="imported")
    # It cannot pause: nobody shall believe that it does.
    with pytest.raises(Denied, match="nothing_to_hold"):
        reporting.suspend(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=LATER)
    told = reporting.report_loss(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=LATER)
    card.refresh_from_db()
    assert (card.state, told.serials) == ("stopped", ())
