"""The stock's book and the box of blanks always say the same, whatever is done in whatever order."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hpki_server.authority import production_queries, services
from hpki_server.authority.models import Card
from hpki_server.authority.production_models import BlankCard
from hpki_server.authority.production_rules import ScrapReason, serials_between
from hpki_server.authority.services import stock
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, Proposal
from hpki_server.people.queries import words_of
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import production, stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issuers() -> None:
    stage.hierarchy()


def refused(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        act()
    return denied.value.codes


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("JP00000001", "JP00000010", 10),
        ("9912345678901230", "9912345678901234", 5),
        ("A-7", "A-7", 1),
        ("JP00000010", "JP00000001", None),
        ("JP1", "JP10", None),
        ("JP1", "KR2", None),
        ("JP00000001", "JP00090000", None),
        ("", "", None),
    ],
)
def test_a_range_of_serials_is_read_from_the_delivery_note(first: str, last: str, count: int | None) -> None:
    serials = serials_between(first, last)
    assert (None if serials is None else len(serials)) == count
    if serials:
        assert (serials[0], serials[-1]) == (first, last)


def test_a_delivery_lies_in_stock_chip_by_chip_and_is_received_once() -> None:
    production.delivery(10)
    assert BlankCard.objects.filter(state="in-stock").count() == 10
    assert AuditLine.objects.get(act="stock:receive").facts() == {"count": 10}
    assert refused(lambda: production.delivery(10)) == ("delivery_known",)
    assert refused(lambda: production.delivery(3, note="N-2", first=10)) == ("serials_known",)


def test_without_a_first_delivery_a_card_is_begun_without_a_blank() -> None:
    assert stage.begun_card().chip_serial == ""


def test_a_card_that_is_begun_takes_the_next_blank_and_its_chips_serial() -> None:
    production.delivery(2)
    first, second = stage.begun_card(), stage.begun_card()
    assert (first.chip_serial, second.chip_serial) == ("JP00000001", "JP00000002")
    assert BlankCard.objects.get(card=first).state == "used"
    line = AuditLine.objects.filter(act="card:personalise").first()
    assert line is not None
    assert line.facts()["chip"] == "JP00000001"


def test_an_empty_stock_begins_no_card() -> None:
    production.delivery(1)
    stage.begun_card()
    waiting = stage.ordered_card()
    tanaka = cast.officer(cast.TANAKA)
    assert refused(lambda: services.begin_personalisation([waiting.id], by=tanaka, at=NOON)) == (
        "stock_empty",
    )
    waiting.refresh_from_db()
    assert waiting.state == Card.State.ORDERED


def test_a_blank_of_another_layout_is_not_taken() -> None:
    production.delivery(1, layout="jma")
    assert refused(stage.begun_card) == ("stock_empty",)


def test_shredding_takes_two_officers_and_exactly_what_was_proposed() -> None:
    production.delivery(3)
    tanaka, inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)
    stock.spoil_blanks(["JP00000001"], reason=ScrapReason.CHIP_DEFECT, by=tanaka, at=NOON)
    proposal = stock.propose_destruction(by=tanaka, at=NOON)
    assert refused(lambda: proposals.confirm(proposal.id, by=tanaka, at=NOON)) == ("own_proposal",)
    later = NOON + dt.timedelta(hours=1)
    stock.spoil_blanks(["JP00000002"], reason=ScrapReason.DAMAGED, by=tanaka, at=later)
    proposals.confirm(proposal.id, by=inoue, at=later)
    states = dict(BlankCard.objects.values_list("chip_serial", "state"))
    assert states == {"JP00000001": "destroyed", "JP00000002": "scrapped", "JP00000003": "in-stock"}
    assert AuditLine.objects.get(act="stock:destroy").facts()["count"] == 1


def test_whoever_has_no_duty_touches_no_blank() -> None:
    production.delivery(1)
    clerk = cast.officer(cast.TAKAHASHI)
    assert refused(lambda: stock.send_back_blanks(["JP00000001"], by=clerk, at=NOON)) == ("no_duty",)
    assert refused(lambda: stock.propose_destruction(by=clerk, at=NOON)) == ("no_duty",)


serials = st.integers(min_value=1, max_value=12).map(lambda number: f"JP{number:08d}")


class Storeroom(RuleBasedStateMachine):
    """People who receive, use, spoil, send back and shred blanks in any order."""

    @initialize()
    def begin(self) -> None:
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.at = NOON
        self.tanaka, self.inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)

    def teardown(self) -> None:
        if hasattr(self, "undone"):
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def attempt(self, act: Callable[[dt.datetime], object]) -> None:
        self.at += dt.timedelta(minutes=1)
        try:
            act(self.at)
        except Denied:
            return

    @rule(first=st.integers(min_value=1, max_value=10), count=st.integers(min_value=1, max_value=4))
    def receive(self, first: int, count: int) -> None:
        note = f"N-{first}-{count}"
        self.attempt(lambda at: production.delivery(count, note=note, first=first, at=at))

    @rule()
    def use(self) -> None:
        self.attempt(lambda at: stage.begun_card(at=at))

    @rule(serial=serials)
    def spoil(self, serial: str) -> None:
        self.attempt(
            lambda at: stock.spoil_blanks([serial], reason=ScrapReason.DAMAGED, by=self.tanaka, at=at)
        )

    @rule(serial=serials)
    def send_back(self, serial: str) -> None:
        self.attempt(lambda at: stock.send_back_blanks([serial], by=self.tanaka, at=at))

    @rule()
    def scrap_a_card_and_order_it_again(self) -> None:
        card = Card.objects.filter(state=Card.State.PERSONALISING).order_by("card_id").first()
        if card is not None:
            card_id = card.id
            self.attempt(lambda at: services.scrap_card(card_id, reason="chip-defect", by=self.tanaka, at=at))
            self.attempt(lambda at: services.reorder_card(card_id, by=self.tanaka, at=at))

    @rule()
    def destroy_a_card_that_nobody_fetched(self) -> None:
        card = Card.objects.filter(state=Card.State.PERSONALISING).order_by("-card_id").first()
        if card is not None:
            card_id = card.id
            self.attempt(
                lambda at: services.destroy_card(card_id, reason="not-fetched", by=self.tanaka, at=at)
            )

    @rule()
    def propose_the_shredder(self) -> None:
        self.attempt(lambda at: stock.propose_destruction(by=self.tanaka, at=at))

    @rule()
    def confirm_the_shredder(self) -> None:
        proposal = Proposal.objects.filter(act=stock.DESTROY, state=Proposal.State.OPEN).first()
        if proposal is not None:
            open_one = proposal.id
            self.attempt(lambda at: proposals.confirm(open_one, by=self.inoue, at=at))

    @invariant()
    def the_book_equals_the_count(self) -> None:
        if not hasattr(self, "undone"):
            return
        counted = production_queries.stock_count()
        assert counted == production_queries.booked_stock()
        assert counted.balances
        # Every blank that was used lies under exactly one card, and every card that was begun on one says so.
        under = dict(BlankCard.objects.filter(card__isnull=False).values_list("chip_serial", "card_id"))
        says = dict(Card.objects.exclude(chip_serial="").values_list("chip_serial", "id"))
        assert under == says


def test_the_stocks_book_always_equals_the_count() -> None:
    for role in (cast.TANAKA, cast.INOUE):
        cast.account(role)
    cast.organisation("okayama")
    run_state_machine_as_test(
        Storeroom,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_second_officer_reads_what_is_proposed_in_words() -> None:
    production.delivery(2)
    tanaka = cast.officer(cast.TANAKA)
    stock.spoil_blanks(["JP00000001"], reason=ScrapReason.CHIP_DEFECT, by=tanaka, at=NOON)
    assert words_of(stock.propose_destruction(by=tanaka, at=NOON)) == "保管中の不良カード 1 枚"
