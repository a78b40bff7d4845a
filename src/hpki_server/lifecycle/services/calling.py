"""An application that waits for its applicant says so by mail, once: sent back, to be paid, or ready at the desk.

The mail tells nothing of the matter, as every mail of ours; whoever applied on paper gets letters.
"""

import datetime as dt
from typing import Final

from django.db.models import F, QuerySet

from hpki_server.enrollment.fee_facts import money_of
from hpki_server.enrollment.models import StateChange
from hpki_server.enrollment.rules import State, Step
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import ports, queries
from hpki_server.lifecycle.models import Call
from hpki_server.lifecycle.ports import MailSender
from hpki_server.lifecycle.services.mailing import Mailed, mail_to

# One turn of the job; the next one goes on.
MOST: Final = 200
# What happened before is no news: a server that was down for longer, or is new to this, does not wake everybody.
NEWS: Final = dt.timedelta(days=7)
_STEPS: Final = (Step.RETURN, Step.APPROVE, Step.NOTIFY)


def call_applicants(*, at: dt.datetime, send: MailSender = ports.send) -> Mailed:
    """First the mail, then the mark, as with every mail."""
    sent = without = 0
    for change in _uncalled(at)[:MOST]:
        if queries.death_reported(change.application):
            # Nobody is written to while that is not clear.
            continue
        if not _waits(change, at=at):
            Call.objects.create(change=change)
            continue
        applicant = change.application.applicant
        try:
            if applicant is not None:
                send(mail_to(applicant.username))
        except ports.AddressRefused:
            without += 1
        except OSError as error:
            return Mailed(sent, without, f"{type(error).__name__}: {error}")
        else:
            sent += 1
        Call.objects.create(change=change, called_at=at)
    return Mailed(sent, without)


def _uncalled(at: dt.datetime) -> QuerySet[StateChange]:
    """Steps after which it may be the applicant's turn, of applications that stand where the step left them."""
    changes = StateChange.objects.filter(
        step__in=[step.value for step in _STEPS],
        at__gt=at - NEWS,
        at__lte=at,
        call__isnull=True,
        application__state=F("to_state"),
        application__applicant__is_active=True,
    )
    return changes.select_related("application__applicant").order_by("at")


def _waits(change: StateChange, *, at: dt.datetime) -> bool:
    """An approval calls only where there is something to pay."""
    if change.to_state != State.APPROVED:
        return True
    return money_of(change.application, on=day_of(at)).to_pay is not None
