"""A box of blank cards and a batch to make: where the tests of production begin."""

import datetime as dt

from hpki_server.authority.models import Card
from hpki_server.authority.production_models import ProductionBatch, StockDelivery
from hpki_server.authority.services import batches, stock
from hpki_server.authority.services.stock import DeliveryNote
from tests import cast
from tests.hpki_server.authority import stage

NOON = stage.NOON


def delivery(
    count: int = 10, *, note: str = "N-1", first: int = 1, at: dt.datetime = NOON, layout: str = "guideline"
) -> StockDelivery:
    """A box whose chips are numbered from `first` on."""
    written = DeliveryNote(
        note=note,
        layout=layout,
        first_serial=f"JP{first:08d}",
        last_serial=f"JP{first + count - 1:08d}",
        received_on=at.date(),
    )
    return stock.receive_blanks(written, by=cast.officer(cast.TANAKA, at=at), at=at)


def planned(count: int = 3, *, at: dt.datetime = NOON) -> tuple[ProductionBatch, list[Card]]:
    """So many ordered cards in a planned batch."""
    cards = [stage.ordered_card(at=at) for _ in range(count)]
    batch = batches.plan_batch(
        [card.id for card in cards], chosen="all", by=cast.officer(cast.TANAKA, at=at), at=at
    )
    return batch, cards


def started(count: int = 3, *, at: dt.datetime = NOON) -> tuple[ProductionBatch, list[Card]]:
    batch, cards = planned(count, at=at)
    return batches.start_batch(batch.id, by=cast.officer(cast.TANAKA, at=at), at=at), cards
