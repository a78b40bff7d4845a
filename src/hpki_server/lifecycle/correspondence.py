"""The facts of a letter, collected for `letters`; nothing is decided and nothing is written here."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from hpki_server.authority.models import Card
from hpki_server.enrollment import printing
from hpki_server.enrollment.documents import PostalAddress
from hpki_server.enrollment.models import Application, OfficeAddress
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import terms
from hpki_server.lifecycle.events import LetterKind, LifeEvent
from hpki_server.lifecycle.letters import LetterFacts
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.services.hearing import case_of
from hpki_server.people.denial import Denied
from hpki_server.people.models import Organisation


def facts_of(notice: Notice, *, at: dt.datetime) -> LetterFacts:
    """The letter of a notice.  Raises `Denied`: `office_address_missing`."""
    card, case = notice.card, notice.case
    stopped_at, resumed_at = (case.ended_at or case.held_at, case.closed_at) if case else _moments(notice)
    centre = printing.centre()
    ends_on = notice.ends_on
    return LetterFacts(
        kind=LetterKind(notice.kind),
        card_id=card.card_id,
        holder=f"{card.family_name}\u3000{card.given_name}",
        to=address_of(card),
        sender=centre.name,
        sender_address=printing.postal(printing.office_of(centre)),
        association=card.organisation.name,
        association_phone=_phone(card.organisation),
        written_on=day_of(at),
        page_url=f"{settings.ORIGIN}/home/",
        ends_on=case.due_on if case and case.due_on else ends_on,
        why=_why(card, notice),
        event=LifeEvent(case.event) if case else None,
        stopped_at=stopped_at,
        resumed_at=resumed_at,
        papers=tuple(case.awaited) if case else (),
    )


def address_of(card: Card) -> PostalAddress:
    """The registered address; of a card issued elsewhere we know only its association, which passes the letter on.

    Raises `Denied`: `office_address_missing`.
    """
    application = Application.objects.filter(number=card.reference).exclude(postal_code="").first()
    if application is not None:
        return printing.home_of(application)
    office = printing.office_of(card.organisation)
    return PostalAddress(
        postal_code=office.postal_code, lines=(office.address, f"{card.organisation.name}気付")
    )


def batch(notices: Sequence[Notice], *, at: dt.datetime) -> tuple[list[Notice], list[LetterFacts]]:
    """The letters that can be written now: one whose office has no address waits for it."""
    ready, facts = [], []
    for notice in notices:
        try:
            facts.append(facts_of(notice, at=at))
        except Denied:
            continue
        ready.append(notice)
    return ready, facts


def _phone(organisation: Organisation) -> str:
    found = OfficeAddress.objects.filter(organisation=organisation).values_list("phone", flat=True).first()
    return found or ""


def _moments(notice: Notice) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Since when the card is stopped and works again, where no case says it: the notice was made in that moment."""
    if notice.kind != LetterKind.RESUMED:
        return notice.made_at, None
    pauses = Notice.objects.filter(
        card=notice.card, kind=LetterKind.SUSPENDED.value, case__isnull=True, made_at__lt=notice.made_at
    )
    return pauses.order_by("-made_at").values_list("made_at", flat=True).first(), notice.made_at


def _why(card: Card, notice: Notice) -> str:
    with translation.override("ja"):
        if notice.kind == LetterKind.EXPIRY:
            return terms.expiry_of(card).why
        case = case_of(notice)
        return str(case.label) if case else ""
