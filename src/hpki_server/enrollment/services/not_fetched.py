"""A card that nobody fetches: reminders at 30, 60 and 90 days, back to the centre, destroyed by two officers."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.authority import services as authority
from hpki_server.enrollment.models import Application, PickupReminder
from hpki_server.enrollment.rules import State, Step, letter_terms
from hpki_server.enrollment.services.record import day_of, decide, locked, move, officer_case
from hpki_server.people import audit
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

END: Final = "card:end-not-fetched"
REASON: Final = "not-fetched"


def make_reminders(*, at: dt.datetime) -> int:
    """A row for every term that has passed and has none yet; how many were made.  The same day again makes none."""
    today, made = day_of(at), 0
    for after in letter_terms(today).reminder_days:
        for application in _without_reminder(after, today=today):
            made += _remind(application.id, after, at=at)
    return made


def _without_reminder(after: int, *, today: dt.date) -> QuerySet[Application]:
    # A day more than the term is looked at exactly in `_remind`: days begin at midnight in Japan.
    latest = dt.datetime.combine(today, dt.time(), dt.UTC) - dt.timedelta(days=after - 1)
    waiting = Application.objects.filter(state=State.NOTIFIED.value, state_since__lte=latest)
    told = PickupReminder.objects.filter(
        application=OuterRef("id"), notified_at=OuterRef("state_since"), after_days=after
    )
    return waiting.filter(~Exists(told)).only("id").order_by("state_since")


@transaction.atomic
def _remind(application_id: UUID, after: int, *, at: dt.datetime) -> bool:
    application = locked(application_id)
    due_on = day_of(application.state_since) + dt.timedelta(days=after)
    if application.state != State.NOTIFIED or day_of(at) < due_on:
        return False
    _reminder, is_new = PickupReminder.objects.get_or_create(
        application=application,
        notified_at=application.state_since,
        after_days=after,
        defaults={"due_on": due_on, "made_at": at},
    )
    if is_new:
        audit.record(
            "application:remind",
            by="system",
            subject_kind="application",
            subject_id=application.id,
            at=at,
            organisation=application.association_id,
            details={"number": application.number, "after_days": after},
        )
    return is_new


@transaction.atomic
def bring_back(*, application_id: UUID, by: Officer, at: dt.datetime) -> Application:
    """The association's desk sends the card back to the centre.  Raises `Denied`: `not_waited_long_enough`, …"""
    return _moved(application_id, Step.BRING_BACK, State.BROUGHT_BACK, by=by, at=at)


@transaction.atomic
def send_again(*, application_id: UUID, by: Officer, at: dt.datetime) -> Application:
    """The holder has called: the card goes to the association once more, and its terms begin anew."""
    return _moved(application_id, Step.SEND_AGAIN, State.NOTIFIED, by=by, at=at)


def _moved(application_id: UUID, step: Step, to: State, *, by: Officer, at: dt.datetime) -> Application:
    application = locked(application_id)
    case, place = officer_case(application, step, by=by, at=at)
    decide(case)
    move(application, step, to, by=by, at=at, place=place)
    return application


def propose_end(*, application_id: UUID, by: Officer, at: dt.datetime) -> Proposal:
    """The card shall be destroyed and the case ended; a second officer confirms it.  Raises `Denied`."""
    application = Application.objects.get(id=application_id)
    case, _place = officer_case(application, Step.END_NOT_FETCHED, by=by, at=at)
    decide(case)
    proposed = Proposed(END, "application", str(application.id), {"number": application.number})
    return proposals.propose(proposed, by=by, at=at)


def proposed_ends() -> frozenset[str]:
    """Applications whose end waits for the second officer."""
    waiting = Proposal.objects.filter(act=END, state=Proposal.State.OPEN)
    return frozenset(waiting.values_list("subject_id", flat=True))


def _end(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """The rules are asked again, with the second officer as the one who acts."""
    application = locked(UUID(proposal.subject_id))
    case, place = officer_case(application, Step.END_NOT_FETCHED, by=by, at=at)
    decide(case)
    if application.card_id is None:
        raise ValueError(f"application {application.id} was brought back without a card")
    authority.destroy_card(application.card_id, reason=REASON, by=by, at=at)
    # Whoever applies anew gets everything anew: no certificate of the ended case lives on.
    if remote := authority.remote_beside(application.card_id):
        authority.scrap_card(remote.id, reason=REASON, by=by, at=at)
    move(application, Step.END_NOT_FETCHED, State.NOT_FETCHED, by=by, at=at, place=place)


def _in_words(proposal: Proposal) -> str:
    return str(proposal.facts()["number"])


ACTS: Final = (Act(END, _("受取のないカードの破砕と手続の終了"), Duty.ISSUING, _end, _in_words),)
