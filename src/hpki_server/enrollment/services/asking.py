"""Which applications are put to the ministry: those that the registry here could not match, once for each claim."""

import datetime as dt

from django.db import transaction

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.registry_match import claim_of, registry_says
from hpki_server.enrollment.rules import State
from hpki_server.people.officer import Officer
from hpki_server.registry.matching import RegistryClaim
from hpki_server.registry.models import MatchBatch, MatchRequest
from hpki_server.registry.services import exchange
from hpki_server.registry.services.exchange import Asked


@transaction.atomic
def ask_ministry(*, by: Officer | str, at: dt.datetime) -> MatchBatch:
    """One batch of all open requests.  Raises `Denied` when there are none, or without the duty."""
    return exchange.make_batch(open_requests(), by=by, at=at)


def open_requests() -> list[Asked]:
    """Applications in vetting without a match or a decision, whose present claim was not yet asked."""
    waiting = Application.objects.filter(state=State.TAKEN_IN.value).order_by("state_since", "number")
    found = []
    for application in waiting:
        claim = claim_of(application)
        if not registry_says(application).agrees and not _was_asked(application, claim):
            found.append(Asked(application.number or "", claim))
    return found


def _was_asked(application: Application, claim: RegistryClaim) -> bool:
    return MatchRequest.objects.filter(
        reference=application.number or "",
        number=claim.number,
        family_name=claim.family_name,
        given_name=claim.given_name,
        born_on=claim.born_on,
        registered_on=claim.registered_on,
    ).exists()
