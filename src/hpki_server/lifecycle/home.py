"""What the holder's home shows: cards with their real end, what to do next, letters, invoices, what happened."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from hpki_server.authority.models import Card
from hpki_server.authority.queries import StatusLine, status_lines
from hpki_server.authority.services import remote_beside
from hpki_server.enrollment.models import Application
from hpki_server.fees.models import Invoice
from hpki_server.fees.queries import invoices_of
from hpki_server.lifecycle import queries, situations
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import Notice
from hpki_server.lifecycle.queries import CardView, PastAct
from hpki_server.people.models import Account

MOST_LETTERS = 10


@dataclass(frozen=True)
class OwnRemote:
    """Certificates for remote use, which came before the card while cards were short."""

    until: dt.date
    lines: Sequence[StatusLine]


@dataclass(frozen=True)
class OwnCard:
    """A card, and the one thing that its holder may want to do now."""

    view: CardView
    remote: OwnRemote | None
    may_renew: bool
    may_report: bool

    @property
    def asks_for_renewal(self) -> bool:
        return self.may_renew and self.view.coming is None


@dataclass(frozen=True)
class OwnInvoice:
    invoice: Invoice
    application_id: UUID


@dataclass(frozen=True)
class Home:
    cards: Sequence[OwnCard]
    letters: Sequence[Notice]
    invoices: Sequence[OwnInvoice]
    acts: Sequence[PastAct]


def home_of(viewer: Account, *, at: dt.datetime) -> Home:
    """The viewer's own; living cards first."""
    cards = sorted(queries.own_cards(viewer), key=_is_over)
    return Home(
        cards=[_own_card(card, viewer, at=at) for card in cards],
        letters=list(queries.own_letters(viewer)[:MOST_LETTERS]),
        invoices=own_invoices(viewer),
        acts=queries.own_acts(viewer),
    )


def own_invoices(viewer: Account) -> list[OwnInvoice]:
    """Of every application of the viewer, the newest first."""
    ids = dict(Application.objects.filter(applicant=viewer, number__isnull=False).values_list("number", "id"))
    found: QuerySet[Invoice] = invoices_of([str(number) for number in ids])
    return [OwnInvoice(invoice, ids[invoice.reference]) for invoice in reversed(found)]


def _own_card(card: Card, viewer: Account, *, at: dt.datetime) -> OwnCard:
    open_now = situations.reports_open(card, by=viewer, at=at)
    return OwnCard(
        view=queries.card_view(card, at=at),
        remote=remote_of(card),
        may_renew=LifeEvent.RENEWAL in open_now,
        may_report=LifeEvent.LOSS in open_now,
    )


def remote_of(card: Card) -> OwnRemote | None:
    """What lives beside the card, once it was certified."""
    found = remote_beside(card.id)
    lines = status_lines(found) if found else []
    return OwnRemote(found.expires_on, lines) if found and lines else None


def _is_over(card: Card) -> bool:
    return card.state == Card.State.STOPPED
