"""Reads of the life of cards; the viewer first.  What nobody may see is answered like what is not there."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Substr, TruncMonth

from hpki_server.authority.models import Card
from hpki_server.lifecycle.events import LetterKind
from hpki_server.lifecycle.models import Campaign, CardTerm, Notice
from hpki_server.people.duties import Duty

# Whose pages show the cards of an association, or at the centre all of them.
DESKS = (Duty.INTAKE, Duty.PICKUP, Duty.REVOKING, Duty.HOLDING)


# --- a mass exchange ------------------------------------------------------------------------------------------


def affected(campaign: Campaign) -> QuerySet[CardTerm]:
    """Cards in use that lean on the algorithm beyond its last day and are not replaced yet."""
    used = CardTerm.objects.order_by().values_list("algorithms", flat=True).distinct()
    leaning = [words for words in used if campaign.algorithm in words.split()]
    living = CardTerm.objects.filter(card__state__in=[Card.State.ISSUED, Card.State.ACTIVE])
    return living.filter(algorithms__in=leaning, natural_on__gt=campaign.last_day)


def affected_by_prefecture(campaign: Campaign) -> Mapping[str, int]:
    rows = affected(campaign).annotate(prefecture=Substr("card__organisation__code", 1, 2)).order_by()
    return dict(rows.values_list("prefecture").annotate(cards=Count("card_id")).order_by("prefecture"))


def affected_by_month(campaign: Campaign) -> Mapping[dt.date, int]:
    """By the month in which the card would have ended without the sunset."""
    rows = affected(campaign).annotate(month=TruncMonth("natural_on")).order_by()
    return dict(rows.values_list("month").annotate(cards=Count("card_id")).order_by("month"))


def told_by_prefecture(campaign: Campaign) -> Mapping[str, int]:
    """Of the affected cards, those whose holders have been asked to come."""
    told = Notice.objects.filter(
        card=OuterRef("card_id"), kind=LetterKind.EXCHANGE.value, occasion=str(campaign.id)
    )
    rows = affected(campaign).filter(Exists(told))
    rows = rows.annotate(prefecture=Substr("card__organisation__code", 1, 2)).order_by()
    return dict(rows.values_list("prefecture").annotate(cards=Count("card_id")).order_by("prefecture"))


def untold_cards(campaign: Campaign, prefecture: str) -> list[UUID]:
    """Of one prefecture, those first that would have lasted longest."""
    told = Notice.objects.filter(
        card=OuterRef("card_id"), kind=LetterKind.EXCHANGE.value, occasion=str(campaign.id)
    )
    rows = affected(campaign).filter(~Exists(told), card__organisation__code__startswith=prefecture)
    return list(rows.order_by("-natural_on", "card_id").values_list("card_id", flat=True))
