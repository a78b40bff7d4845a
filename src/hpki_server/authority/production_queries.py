"""Batches and stock in numbers: what is counted, what differs, what is to come."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from hpki_server.authority import stock_forecast
from hpki_server.authority.candidates import CARD_PROFILES, local_day
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.production_models import (
    BatchEvent,
    BatchItem,
    BlankCard,
    ProductionBatch,
    ShortagePeriod,
    StockDelivery,
    StockMovement,
)
from hpki_server.authority.production_rules import BatchNumbers, ItemFacts, PlanFacts, item_differs
from hpki_server.authority.stock_forecast import StockFacts, StockForecast

WANTED = frozenset(profile.name for profile, _ in CARD_PROFILES)
FORECAST_WEEKS = 8
Item = BatchItem.State
OPEN = (ProductionBatch.State.PLANNED, ProductionBatch.State.PRODUCING)


# --- batches --------------------------------------------------------------------------------------------------


def plan_facts(cards: int, with_blank: int) -> PlanFacts:
    """The stock as a plan of so many cards meets it."""
    waiting = BatchItem.objects.filter(state=Item.WAITING, batch__state__in=OPEN, card__chip_serial="")
    in_stock = BlankCard.objects.filter(state=BlankCard.State.IN_STOCK).count()
    return PlanFacts(cards, with_blank, in_stock=in_stock, promised=waiting.count())


def batch_numbers(batch: ProductionBatch) -> BatchNumbers:
    found = Counter(
        dict(batch.items.values_list("state").annotate(times=Count("id")).values_list("state", "times"))
    )
    return BatchNumbers(
        ordered=batch.ordered,
        waiting=found[Item.WAITING],
        personalised=found[Item.PERSONALISED],
        scrapped=found[Item.SCRAPPED],
        moved_out=found[Item.MOVED_OUT],
    )


def differing_items(batch: ProductionBatch) -> list[BatchItem]:
    """Items whose card, certificates or blank say something else."""
    items = list(batch.items.select_related("card", "card__blank").defer("card__photo_sealed"))
    signed = _certificates(item.card_id for item in items)
    kept = StockDelivery.objects.filter(recorded_at__lte=batch.planned_at).exists()
    return [
        item
        for item in items
        if item_differs(_item_facts(item, signed.get(item.card_id, [])), wanted=WANTED, stock_is_kept=kept)
    ]


def _certificates(cards: Iterable[UUID]) -> dict[UUID, list[tuple[str, bool]]]:
    found: dict[UUID, list[tuple[str, bool]]] = {}
    rows = Certificate.objects.filter(card__in=list(cards), state=Certificate.State.SIGNED)
    for card, profile, revoked_at in rows.values_list("card_id", "profile", "revoked_at"):
        found.setdefault(card, []).append((profile, revoked_at is None))
    return found


def _item_facts(item: BatchItem, signed: list[tuple[str, bool]]) -> ItemFacts:
    blank = getattr(item.card, "blank", None)
    return ItemFacts(
        item_state=item.state,
        card_state=item.card.state,
        signed=tuple(profile for profile, _ in signed),
        unrevoked=tuple(profile for profile, lives in signed if lives),
        blank_state="" if blank is None else blank.state,
    )


def batches() -> QuerySet[ProductionBatch]:
    """Newest first."""
    done = Count("items", filter=~Q(items__state=Item.WAITING))
    return ProductionBatch.objects.annotate(done=done).order_by("-planned_at", "-number")


def waiting_items(batch: UUID) -> QuerySet[BatchItem]:
    return BatchItem.objects.filter(batch=batch, state=Item.WAITING).order_by("position")


def running_batches() -> QuerySet[ProductionBatch]:
    """Those whose run goes on, oldest first."""
    return ProductionBatch.objects.filter(state=ProductionBatch.State.PRODUCING, obstacle="").order_by(
        "started_at"
    )


def events(batch: ProductionBatch, *, limit: int) -> QuerySet[BatchEvent]:
    """The latest lines of the run log."""
    rows = batch.events.select_related("card").defer("card__photo_sealed").order_by("-id")
    return rows[:limit]


def open_item(card: UUID) -> BatchItem | None:
    """Where the card stands in a batch that is not counted yet."""
    found = cards_in_batches().filter(card=card, batch__state__in=OPEN)
    return found.first()


def cards_in_batches() -> QuerySet[BatchItem]:
    """Items that keep their card from standing in another batch."""
    return BatchItem.objects.exclude(state=Item.MOVED_OUT)


# --- stock ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StockCount:
    """How many blanks are in which state; `received` is their sum."""

    received: int
    in_stock: int
    used: int
    scrapped: int
    returned: int
    destroyed: int

    @property
    def balances(self) -> bool:
        return self.received == self.in_stock + self.used + self.scrapped + self.returned + self.destroyed


def stock_count() -> StockCount:
    """Counted card by card."""
    found = dict(
        BlankCard.objects.values_list("state")
        .annotate(times=Count("chip_serial"))
        .values_list("state", "times")
    )
    received = StockDelivery.objects.aggregate(total=Sum("count"))["total"] or 0
    return _count(received, found)


def booked_stock() -> StockCount:
    """The same by the lines of the book."""
    booked: Counter[str] = Counter()
    received = 0
    lines = StockMovement.objects.values_list("from_state", "to_state").annotate(total=Sum("count"))
    for from_state, to_state, total in lines.values_list("from_state", "to_state", "total"):
        booked[to_state] += total
        if from_state:
            booked[from_state] -= total
        else:
            received += total
    return _count(received, booked)


def _count(received: int, found: dict[str, int] | Counter[str]) -> StockCount:
    state = BlankCard.State
    return StockCount(
        received=received,
        in_stock=found.get(state.IN_STOCK, 0),
        used=found.get(state.USED, 0),
        scrapped=found.get(state.SCRAPPED, 0),
        returned=found.get(state.RETURNED, 0),
        destroyed=found.get(state.DESTROYED, 0),
    )


def movements(*, limit: int) -> QuerySet[StockMovement]:
    rows = StockMovement.objects.select_related("blank", "card", "delivery").defer("card__photo_sealed")
    return rows.order_by("-id")[:limit]


def waiting_cards() -> QuerySet[Card]:
    """Orders that still need a blank, oldest first."""
    begun = (Card.State.ORDERED, Card.State.PERSONALISING)
    found = Card.objects.filter(state__in=begun, carrier=Card.Carrier.PLASTIC, chip_serial="")
    return found.order_by("ordered_at", "card_id")


def stock_facts(*, at: dt.datetime) -> StockFacts:
    today = local_day(at)
    return StockFacts(
        today=today,
        in_stock=BlankCard.objects.filter(state=BlankCard.State.IN_STOCK).count(),
        waiting=waiting_cards().count(),
        used_by_week=_used_by_week(at),
        expiring=_expiring(),
    )


def stock_forecast_on(*, at: dt.datetime) -> StockForecast:
    facts = stock_facts(at=at)
    return stock_forecast.forecast(facts, stock_forecast.policy_on(facts.today))


def _used_by_week(at: dt.datetime) -> tuple[int, ...]:
    """The last full weeks of seven days, the latest last; shorter where the book is younger."""
    first = StockDelivery.objects.order_by("recorded_at").values_list("recorded_at", flat=True).first()
    kept = 0 if first is None else max(1, min(FORECAST_WEEKS, (at - first).days // 7))
    gone = StockMovement.objects.filter(from_state=BlankCard.State.IN_STOCK).exclude(
        kind=StockMovement.Kind.RETURN
    )
    weeks = []
    for back in range(kept, 0, -1):
        begin, end = at - dt.timedelta(weeks=back), at - dt.timedelta(weeks=back - 1)
        weeks.append(gone.filter(at__gt=begin, at__lte=end).aggregate(total=Sum("count"))["total"] or 0)
    return tuple(weeks)


def _expiring() -> dict[dt.date, int]:
    """Active and issued cards by the first day of the month in which they end."""
    living = Card.objects.filter(
        state__in=(Card.State.ISSUED, Card.State.ACTIVE), carrier=Card.Carrier.PLASTIC
    )
    rows = living.annotate(month=TruncMonth("expires_on")).values_list("month").annotate(times=Count("id"))
    return dict(rows.values_list("month", "times"))


# --- shortage -------------------------------------------------------------------------------------------------


def shortage_at(at: dt.datetime) -> ShortagePeriod | None:
    """The time of shortage that runs at this moment."""
    running = ShortagePeriod.objects.filter(from_at__lte=at, until_on__gte=local_day(at))
    return running.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at)).order_by("-from_at").first()
