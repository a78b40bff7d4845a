"""The match step: officers of the centre judge an answer of the registry that is no plain match, two of them."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import registry_match
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import Part, State
from hpki_server.enrollment.services.record import locked, place_of, typists_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.registry.models import MatchDecision
from hpki_server.registry.services import deciding
from hpki_server.registry.services.deciding import Judgement, Question

# One of them decides, another confirms.
DUTIES = registry_match.JUDGING
STATES = registry_match.JUDGED_IN
NOT_IN_VETTING = Denial("not_in_vetting", _("この申請は、いまは審査にも承認にもかかっていません。"))


def may_judge(officer: Officer, application: Application) -> bool:
    return State(application.state) in STATES and any(place_of(application, officer, duty) for duty in DUTIES)


def question_of(application: Application, by: Officer) -> Question:
    """The application as it stands now, before the officer."""
    return Question(
        reference=application.number or "",
        answer=registry_match.registry_says(application).answer,
        concerns=application.applicant_id,
        # Whoever typed some of it counts as the one who typed it.
        entered_by=by.account_id if by.account_id in typists_of(application) else application.entered_by_id,
        register_paper_present=Part.FAMILY_REGISTER in application.facts().parts_present,
        has_duty=may_judge(by, application),
    )


@transaction.atomic
def decide_match(
    *, application_id: UUID, judgement: Judgement, by: Officer, at: dt.datetime
) -> MatchDecision:
    """The first officer's judgement, with its reason.  Raises `Denied`."""
    application = _in_hand(application_id)
    return deciding.record_decision(question_of(application, by), judgement, by=by, at=at)


@transaction.atomic
def confirm_match(*, application_id: UUID, decision_id: UUID, by: Officer, at: dt.datetime) -> MatchDecision:
    """The second officer's yes: only now the application may be vetted.  Raises `Denied`."""
    application = _in_hand(application_id)
    first = MatchDecision.objects.values_list("decided_by", flat=True).get(id=decision_id)
    proposals.require_apart([first], by, at=at)
    return deciding.confirm_decision(decision_id, question_of(application, by), by=by, at=at)


@transaction.atomic
def refuse_match(*, application_id: UUID, decision_id: UUID, by: Officer, at: dt.datetime) -> MatchDecision:
    """The second officer's no.  Raises `Denied`."""
    application = _in_hand(application_id)
    return deciding.refuse_decision(decision_id, question_of(application, by), by=by, at=at)


def _in_hand(application_id: UUID) -> Application:
    application = locked(application_id)
    if State(application.state) not in STATES:
        raise Denied([NOT_IN_VETTING])
    return application
