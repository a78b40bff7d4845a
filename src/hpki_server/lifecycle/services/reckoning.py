"""The end of every card in one column: worked out when a card is new, laid anew when a sunset changes."""

import datetime as dt
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority.models import Card
from hpki_server.lifecycle import expiry, terms
from hpki_server.lifecycle.expiry import CardTerms, SunsetDays
from hpki_server.lifecycle.models import CardTerm

# Cards in one go: the certificates of so many are read at once.
BATCH: Final = 500
_COUNTED: Final = (Card.State.ISSUED, Card.State.ACTIVE)


def reckon(*, at: dt.datetime) -> int:
    """Cards that have no end yet get one; ends that a sunset moved are moved.  How many rows changed.

    Not an act: what is written here follows from records that have their lines.
    """
    days = terms.sunset_days()
    fresh, last = 0, UUID(int=0)
    while cards := list(_unreckoned(last)[:BATCH]):
        fresh += len(_write(cards, days, at=at))
        last = cards[-1].id
    return fresh + lay_sunsets(days)


def _unreckoned(after: UUID) -> QuerySet[Card]:
    cards = Card.objects.filter(state__in=_COUNTED, term__isnull=True, id__gt=after)
    return cards.only("id", "expires_on").order_by("id")


@transaction.atomic
def _write(cards: list[Card], days: SunsetDays, *, at: dt.datetime) -> list[CardTerm]:
    found = terms.terms_of(cards)
    rows = [_row(card, found[card.id], days, at=at) for card in cards]
    return CardTerm.objects.bulk_create(rows, ignore_conflicts=True)


def _row(card: Card, limits: CardTerms, days: SunsetDays, *, at: dt.datetime) -> CardTerm:
    natural = expiry.natural_end(limits)
    end = expiry.with_sunsets(natural, limits.algorithms, days)
    return CardTerm(
        card=card,
        natural_on=natural.on,
        natural_limit=natural.limit.value,
        algorithms=terms.algorithm_words(limits),
        effective_on=end.on,
        limit=end.limit.value,
        limit_algorithm=end.algorithm.value if end.algorithm else "",
        reckoned_at=at,
    )


@transaction.atomic
def lay_sunsets(days: Mapping[KeyAlgorithm, dt.date]) -> int:
    """Two updates for each set of algorithms that cards use (a handful), however many cards there are."""
    changed = 0
    used = CardTerm.objects.order_by().values_list("algorithms", flat=True).distinct()
    for words in list(used):
        ends = sorted((days[one], one.value) for one in terms.read_words(words) if one in days)
        alike = CardTerm.objects.filter(algorithms=words)
        if ends:
            day, algorithm = ends[0]
            cut = alike.filter(natural_on__gte=day).exclude(effective_on=day, limit_algorithm=algorithm)
            changed += cut.update(
                effective_on=day, limit=expiry.Limit.ALGORITHM.value, limit_algorithm=algorithm
            )
            alike = alike.filter(natural_on__lt=day)
        changed += alike.exclude(limit_algorithm="").update(
            effective_on=F("natural_on"), limit=F("natural_limit"), limit_algorithm=""
        )
    return changed
