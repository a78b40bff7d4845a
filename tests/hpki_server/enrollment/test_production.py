"""Batches from ordered applications: the oldest first, made one by one, spoilt ones ordered again."""

import datetime as dt

import pytest

from hpki_server.authority import ports, production_queries
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.production_models import BatchItem, ProductionBatch
from hpki_server.authority.production_rules import ScrapReason
from hpki_server.authority.services import batches
from hpki_server.authority.services.shortage import propose_shortage
from hpki_server.enrollment import jobs
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind
from hpki_server.enrollment.services import charging, production
from hpki_server.enrollment.services.production import Choice
from hpki_server.lifecycle.services.registry_events import Disposition, RegisteredFact
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, DutyGrant
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import production as box
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk, many
from tests.hpki_server.enrollment.desk import NOON
from tests.hpki_server.fees import stage as money
from tests.hpki_server.lifecycle import stage as life

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + dt.timedelta(hours=2)


@pytest.fixture(autouse=True)
def issuers() -> None:
    stage.hierarchy()
    desk.offices()


def planned(most: int = 50, **chosen: object) -> ProductionBatch:
    choice = Choice(most=most, **chosen)  # type: ignore[arg-type]  # fields by name
    return production.plan_batch(choice, by=cast.officer(cast.TANAKA), at=LATER)


def started(most: int = 50) -> ProductionBatch:
    return batches.start_batch(planned(most).id, by=cast.officer(cast.TANAKA), at=LATER)


def states(*applications: Application) -> list[str]:
    return [Application.objects.get(id=one.id).state for one in applications]


def test_the_oldest_orders_come_first_and_others_wait() -> None:
    box.delivery(10)
    first, second, third = many.ordered(3)
    batch = planned(2)
    assert [item.card_id for item in batch.items.order_by("position")] == [first.card_id, second.card_id]
    assert [one.id for one in production.chosen_applications(Choice(most=9), at=LATER)] == [third.id]


def test_association_kind_and_age_narrow_the_choice() -> None:
    box.delivery(10)
    [okayama] = many.ordered(1)
    [osaka] = many.ordered(1, first=2, association="osaka")
    [urgent] = many.ordered(1, first=3, kind=CaseKind.EMERGENCY.value)

    def chosen(**facts: object) -> list[Application]:
        return production.chosen_applications(Choice(most=9, **facts), at=LATER)  # type: ignore[arg-type]  # as above

    assert chosen(association=osaka.association_id) == [osaka]
    assert chosen(kind=CaseKind.EMERGENCY) == [urgent]
    assert chosen(age_days=1) == []
    assert production.chosen_applications(Choice(9, age_days=1), at=LATER + dt.timedelta(days=1)) == [
        urgent,
        okayama,
        osaka,
    ]


def test_a_run_makes_every_card_and_the_applications_follow() -> None:
    box.delivery(3)
    applications = many.ordered(2)
    batch = started()
    assert jobs.make_cards() == (2, "")
    assert states(*applications) == ["issued", "issued"]
    assert production_queries.batch_numbers(batch).balances
    assert production.make_next(at=LATER) == production.Worked()
    assert {card.chip_serial for card in Card.objects.all()} == {"JP00000001", "JP00000002"}


def test_a_reader_without_a_card_stops_the_run_and_says_why(settings: object) -> None:
    box.delivery(3)
    many.ordered(2)
    batch = started()
    settings.CARD_READER = "carrier-pigeon"  # type: ignore[attr-defined]  # pytest-django's fixture takes any setting
    assert jobs.make_cards() == (0, "card_absent")
    assert jobs.make_cards() == (0, "")
    batch.refresh_from_db()
    assert batch.obstacle == "card_absent"
    settings.CARD_READER = "virtual"  # type: ignore[attr-defined]  # as above
    batches.start_batch(batch.id, by=cast.officer(cast.INOUE), at=LATER)
    assert jobs.make_cards() == (2, "")


def test_a_lint_that_refuses_a_card_stops_the_run_and_not_the_server() -> None:
    box.delivery(3)
    [application] = many.ordered(1)
    batch = started()
    assert application.card_id is not None
    Card.objects.filter(id=application.card_id).update(qualification_code="no such qualification")
    made, obstacle = jobs.make_cards()
    assert (made, bool(obstacle)) == (0, True)
    batch.refresh_from_db()
    assert batch.obstacle == obstacle
    assert jobs.make_cards() == (0, "")


def test_a_card_whose_person_is_said_to_have_died_leaves_its_batch_and_the_others_are_made() -> None:
    box.delivery(4)
    made, dead, other = many.ordered(3)
    batch = started()
    assert production.make_next(at=LATER).made
    # One is made, and its application does not know it yet; the next has not begun.
    Application.objects.filter(id=made.id).update(state="ordered")
    for each in (made, dead):
        number = each.registration_number
        life.disposed(Disposition(RegisteredFact.DEATH, "physician", number, LATER.date()), at=LATER)
    assert jobs.make_cards() == (1, "")
    assert states(made, dead, other) == ["ordered", "ordered", "issued"]
    batch.refresh_from_db()
    assert batch.obstacle == ""
    items = list(batch.items.order_by("position").values_list("state", "reason"))
    assert items == [("personalised", ""), ("moved-out", "order-questioned"), ("personalised", "")]
    assert AuditLine.objects.filter(act="batch:move-out", subject_id=str(batch.id)).count() == 1
    # The next batch does not take it up again.
    with pytest.raises(Denied, match="nothing_chosen"):
        planned()


def test_an_officer_whose_duty_ended_makes_no_more_cards() -> None:
    box.delivery(3)
    many.ordered(1)
    started()
    DutyGrant.objects.filter(account=cast.account(cast.TANAKA)).update(until_at=NOON)
    assert jobs.make_cards() == (0, "no_duty")


def test_the_plug_pulled_between_the_card_and_its_application_is_mended_by_the_next_run() -> None:
    box.delivery(3)
    first, second = many.ordered(2)
    started()
    assert production.make_next(at=LATER).made
    # The process died between the authority's record and ours.
    Application.objects.filter(id=first.id).update(state="ordered")
    assert production.make_next(at=LATER).made
    assert states(first, second) == ["issued", "issued"]
    assert Certificate.objects.count() == 6


def test_a_plug_pulled_and_a_duty_ended_meanwhile_stop_that_batch_and_no_other() -> None:
    box.delivery(4)
    first, _second, third = many.ordered(3)
    halted = started(2)
    assert production.make_next(at=LATER).made
    Application.objects.filter(id=first.id).update(state="ordered")
    inoue = cast.officer(cast.INOUE)
    other = production.plan_batch(Choice(most=9), by=inoue, at=LATER)
    batches.start_batch(other.id, by=inoue, at=LATER + dt.timedelta(minutes=1))
    DutyGrant.objects.filter(account=cast.account(cast.TANAKA)).update(until_at=NOON)
    assert jobs.make_cards() == (0, "no_duty")
    halted.refresh_from_db()
    assert halted.obstacle == "no_duty"
    assert jobs.make_cards() == (1, "")
    assert states(first, third) == ["ordered", "issued"]
    batches.start_batch(halted.id, by=inoue, at=LATER)
    assert jobs.make_cards() == (1, "")
    assert states(first) == ["issued"]


def test_a_spoilt_card_goes_back_to_the_queue_with_a_fresh_number_and_its_letters_are_made_anew() -> None:
    box.delivery(3)
    [application] = many.ordered(1)
    batch = started()
    assert jobs.make_cards() == (1, "")
    Application.objects.filter(id=application.id).update(pin_letter_printed_at=LATER)
    old = Card.objects.get()
    tanaka = cast.officer(cast.TANAKA)
    done = production.scrap_card(
        application_id=application.id, reason=ScrapReason.PRINT_DEFECT, by=tanaka, at=LATER
    )
    assert (done.state, done.pin_letter_printed_at) == ("ordered", None)
    assert done.card != old
    assert BatchItem.objects.get(batch=batch).state == "scrapped"
    again = planned()
    assert again.items.get().card == done.card
    batches.start_batch(again.id, by=tanaka, at=LATER)
    assert jobs.make_cards() == (1, "")
    assert states(application) == ["issued"]
    assert Certificate.objects.filter(revoked_at__isnull=True).count() == 3


def test_a_spoilt_card_outside_a_batch_is_ordered_again_too() -> None:
    [application] = many.ordered(1)
    tanaka = cast.officer(cast.TANAKA)
    done = production.scrap_card(
        application_id=application.id, reason=ScrapReason.CHIP_DEFECT, by=tanaka, at=LATER
    )
    assert done.state == "ordered"
    assert Card.objects.filter(state="scrapped").count() == 1


def test_only_the_issuing_desk_scraps_and_plans() -> None:
    box.delivery(3)
    [application] = many.ordered(1)
    for role in (cast.SATO, cast.TAKAHASHI):
        with pytest.raises(Denied) as denied:
            production.scrap_card(
                application_id=application.id,
                reason=ScrapReason.DAMAGED,
                by=cast.officer(role),
                at=LATER,
            )
        assert denied.value.codes == ("no_duty",)
        with pytest.raises(Denied) as denied:
            production.plan_batch(Choice(most=1), by=cast.officer(role), at=LATER)
        assert denied.value.codes == ("no_duty",)


def test_in_a_shortage_an_order_issues_for_remote_use_at_once_and_keeps_the_card_in_its_place() -> None:
    box.delivery(1)
    [before] = many.ordered(1)
    tanaka, inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)
    until = dt.date(2027, 1, 31)
    proposals.confirm(propose_shortage(until, by=tanaka, at=NOON).id, by=inoue, at=NOON)
    [during] = many.ordered(1, first=2)
    assert during.state == "ordered"
    remote = Card.objects.get(carrier="remote")
    assert (remote.reference, remote.state) == (during.number, "issued")
    assert Certificate.objects.filter(card=remote, state="signed").count() == 2
    # A blank is there for one: the older order gets it, the younger one keeps its place.
    assert [item.card_id for item in planned(1).items.all()] == [before.card_id]
    with pytest.raises(Denied) as denied:
        planned(1)
    assert denied.value.codes == ("stock_too_low",)
    box.delivery(5, note="N-2", first=100)
    later = planned(9)
    assert [item.card_id for item in later.items.all()] == [during.card_id]


def test_everything_approved_is_ordered_at_once_and_what_waits_for_money_stays() -> None:
    ready = [many.approved(number) for number in (1, 2)]
    unpaid = many.approved(3, kind=CaseKind.REISSUE_LOSS.value)
    done = production.order_approved(by=cast.officer(cast.TANAKA), at=LATER)
    assert (done.ordered, done.held) == (2, 1)
    assert states(*ready, unpaid) == ["ordered", "ordered", "approved"]


def test_what_waits_for_money_takes_no_others_place_in_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    money.billing()
    unpaid = [many.approved(number, member_kind="non-member") for number in (1, 2)]
    for one in unpaid:
        charging.charge_application(one, by="system", at=LATER)
    ready = many.approved(3)
    monkeypatch.setattr(production, "MOST_CARDS", 2)
    done = production.order_approved(by=cast.officer(cast.TANAKA), at=LATER)
    assert (done.ordered, done.held) == (1, 2)
    assert states(*unpaid, ready) == ["approved", "approved", "ordered"]


def test_the_virtual_cards_of_a_batch_lie_in_their_box() -> None:
    box.delivery(1)
    [application] = many.ordered(1)
    started()
    jobs.make_cards()
    card = Application.objects.get(id=application.id).card
    assert card is not None
    assert ports.virtual_card_path(card.card_id).exists()
