"""A batch closes only when what was ordered is what was made, scrapped and taken out, by records and by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hpki_server.authority import production_queries, services
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.production_models import BatchItem, BlankCard, ProductionBatch
from hpki_server.authority.production_rules import MoveReason, ScrapReason
from hpki_server.authority.services import batches
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import production, stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VAR", tmp_path)
    stage.hierarchy()


def make(*cards: Card) -> None:
    for card in cards:
        services.personalise_card(card.id, by=cast.officer(cast.TANAKA), at=NOON)


def refused(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        act()
    return denied.value.codes


def item_of(card: Card) -> BatchItem:
    return BatchItem.objects.get(card=card)


def scrapped(card: Card) -> Card:
    return batches.scrap_item(
        item_of(card).id, reason=ScrapReason.CHIP_DEFECT, by=cast.officer(cast.TANAKA), at=NOON
    )


def counted(batch: ProductionBatch, good: int, bad: int) -> ProductionBatch:
    return batches.count_batch(batch.id, good=good, scrapped=bad, by=cast.officer(cast.TANAKA), at=NOON)


def test_a_plan_needs_blanks_for_all_its_cards_and_says_the_numbers() -> None:
    production.delivery(5)
    production.planned(3)
    with pytest.raises(Denied) as denied:
        production.planned(3)
    assert denied.value.codes == ("stock_too_low",)
    sentence = str(denied.value.denials[0].sentence)
    assert "必要 3 枚" in sentence
    assert "使える在庫は 2 枚" in sentence
    assert ProductionBatch.objects.count() == 1


def asked_in_order(act: Callable[[], object], *tables: str) -> bool:
    """Is each table's first row asked for, or written, before the next table's?"""
    with CaptureQueriesContext(connection) as asked:
        act()
    statements = [query["sql"] for query in asked.captured_queries]
    first = [next(n for n, sql in enumerate(statements) if sql.startswith(table)) for table in tables]
    return first == sorted(first)


def test_whoever_finishes_a_card_and_whoever_scraps_it_hold_card_batch_and_item_in_one_order() -> None:
    production.delivery(5)
    _batch, [made, spoilt] = production.started(2)
    row, card = 'SELECT "authority_productionbatch"', 'SELECT "authority_card"'
    item = 'UPDATE "authority_batchitem"'
    assert asked_in_order(lambda: make(made), card, row, item)
    assert asked_in_order(lambda: scrapped(spoilt), card, row, item)


def test_a_card_stands_in_one_batch_only() -> None:
    production.delivery(9)
    _batch, cards = production.planned(3)
    again = [cards[0].id]
    tanaka = cast.officer(cast.TANAKA)
    assert refused(lambda: batches.plan_batch(again, chosen="", by=tanaka, at=NOON)) == ("item_moved_on",)


def test_nothing_chosen_and_strangers_make_no_batch() -> None:
    production.delivery(1)
    tanaka, clerk = cast.officer(cast.TANAKA), cast.officer(cast.TAKAHASHI)
    assert refused(lambda: batches.plan_batch([], chosen="", by=tanaka, at=NOON)) == ("nothing_chosen",)
    card = stage.ordered_card()
    assert refused(lambda: batches.plan_batch([card.id], chosen="", by=clerk, at=NOON)) == ("no_duty",)


def test_batches_are_numbered_by_year() -> None:
    production.delivery(4)
    assert [production.planned(1)[0].number for _ in range(3)] == ["2026-0001", "2026-0002", "2026-0003"]


def test_a_made_card_ends_its_item_in_the_same_transaction_and_the_log_says_the_chip() -> None:
    production.delivery(3)
    batch, cards = production.started(2)
    make(cards[0])
    assert [item_of(card).state for card in cards] == ["personalised", "waiting"]
    made = batch.events.get(what="made")
    assert (made.card, made.detail) == (cards[0], "JP00000001")
    assert production_queries.batch_numbers(batch).percent == 50


def test_a_batch_with_waiting_cards_is_not_counted() -> None:
    production.delivery(3)
    batch, cards = production.started(2)
    make(cards[0])
    assert "cards_waiting" in refused(lambda: counted(batch, 1, 0))


def test_all_made_counted_by_one_and_closed_by_another() -> None:
    production.delivery(3)
    batch, cards = production.started(2)
    make(*cards)
    assert refused(lambda: counted(batch, 1, 1)) == ("counted_otherwise",)
    assert counted(batch, 2, 0).state == "reconciled"
    tanaka, inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)
    assert refused(lambda: batches.close_batch(batch.id, by=tanaka, at=NOON)) == ("same_officer",)
    assert batches.close_batch(batch.id, by=inoue, at=NOON).state == "closed"
    assert [line.act for line in AuditLine.objects.filter(act__startswith="batch:").order_by("sequence")] == [
        "batch:plan",
        "batch:start",
        "batch:count",
        "batch:close",
    ]


def test_a_scrapped_card_is_ordered_again_without_a_second_life_of_its_certificates() -> None:
    production.delivery(3)
    batch, [card, other] = production.started(2)
    make(card, other)
    fresh = scrapped(card)
    card.refresh_from_db()
    assert (card.state, fresh.state) == ("scrapped", "ordered")
    assert (fresh.reference, fresh.ordered_at) == (card.reference, card.ordered_at)
    assert fresh.card_id != card.card_id
    assert fresh.chip_serial == ""
    assert BlankCard.objects.get(card=card).state == "scrapped"
    rows = Certificate.objects.filter(card=card)
    assert rows.count() == 3
    assert not rows.filter(revoked_at__isnull=True).exists()
    numbers = production_queries.batch_numbers(batch)
    assert (numbers.ordered, numbers.personalised, numbers.scrapped) == (2, 1, 1)
    assert numbers.balances
    assert counted(batch, 1, 1).state == "reconciled"
    # The fresh one waits for the next batch.
    assert list(production_queries.waiting_cards()) == [fresh]


def test_a_card_that_broke_before_its_keys_were_made_is_scrapped_with_its_blank() -> None:
    production.delivery(3)
    _batch, [card] = production.started(1)
    services.begin_personalisation([card.id], by=cast.officer(cast.TANAKA), at=NOON)
    scrapped(card)
    assert BlankCard.objects.get(card=card).state == "scrapped"
    assert not Certificate.objects.filter(card=card).exists()


def test_a_card_taken_out_waits_for_another_batch() -> None:
    production.delivery(3)
    batch, [card, other] = production.started(2)
    tanaka = cast.officer(cast.TANAKA)
    batches.move_out(item_of(card).id, reason=MoveReason.ORDER_QUESTIONED, by=tanaka, at=NOON)
    make(other)
    assert production_queries.batch_numbers(batch).balances
    assert counted(batch, 1, 0).state == "reconciled"
    again = batches.plan_batch([card.id], chosen="", by=tanaka, at=NOON)
    assert again.number == "2026-0002"


def test_a_made_card_is_not_taken_out() -> None:
    production.delivery(1)
    _batch, [card] = production.started(1)
    make(card)
    tanaka = cast.officer(cast.TANAKA)
    number = item_of(card).id
    assert refused(lambda: batches.move_out(number, reason=MoveReason.NOT_NOW, by=tanaka, at=NOON)) == (
        "item_moved_on",
    )


def test_records_that_contradict_the_batch_keep_it_open() -> None:
    production.delivery(2)
    batch, cards = production.started(2)
    make(*cards)
    # Someone tampers with the table: a certificate too few.
    Certificate.objects.filter(card=cards[0], profile="PRESENCE").delete()
    assert [item.card for item in production_queries.differing_items(batch)] == [cards[0]]
    assert refused(lambda: counted(batch, 2, 0)) == ("records_differ",)


def test_an_obstacle_stops_the_run_until_someone_presses_again() -> None:
    production.delivery(2)
    batch, [card] = production.started(1)
    batches.stop_at_obstacle(batch.id, card.id, "card_absent", by="system", at=NOON)
    assert not production_queries.running_batches().exists()
    batches.start_batch(batch.id, by=cast.officer(cast.INOUE), at=NOON)
    running = production_queries.running_batches().get()
    assert running.started_by == cast.officer(cast.INOUE).account_id


def test_a_closed_batch_stays_closed() -> None:
    production.delivery(1)
    batch, cards = production.started(1)
    make(*cards)
    counted(batch, 1, 0)
    batches.close_batch(batch.id, by=cast.officer(cast.INOUE), at=NOON)
    assert refused(lambda: counted(batch, 1, 0)) == ("batch_moved_on",)
    assert refused(lambda: scrapped(cards[0])) == ("batch_moved_on",)
