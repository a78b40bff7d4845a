"""A pause ends well: the card was found, or a suspension is over.  Two officers let it go on."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards
from hpki_server.lifecycle.services.record import decide, locked_case, move
from hpki_server.people.denial import Denial
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

RESUME: Final = "life:resume"
HELD_BY_A_CASE: Final = Denial(
    "held_by_a_case",
    _(
        "このカードの一時停止は、手続きの中で行われています。「カードの手続き」から、二人の担当者で再開してください。"
    ),
)


def held_by_a_case(card: Card) -> Denial | None:
    """A guard for `authority.services.release_card`: nobody goes round the second officer."""
    held = LifeCase.objects.filter(card__reference=card.reference, state=CaseState.HELD.value)
    return HELD_BY_A_CASE if held.exists() else None


@transaction.atomic
def propose_resumption(*, case_id: UUID, by: Officer, at: dt.datetime) -> Proposal:
    """The card was found, or the suspension is over: two officers let it go on.  Raises `Denied`."""
    case = locked_case(case_id)
    decide(case, Step.RESUME, by=by, at=at)
    proposed = Proposed(
        RESUME,
        "life-case",
        str(case.id),
        {"card_id": case.card.card_id, "event": case.event},
        organisation_id=case.organisation_id,
    )
    return proposals.propose(proposed, by=by, at=at)


def _resume(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    case = locked_case(UUID(proposal.subject_id))
    decide(case, Step.RESUME, by=by, at=at)
    ending_cards.resume(case, by=by, at=at)
    move(case, Step.RESUME, CaseState.WITHDRAWN, by=by, at=at)


def _words(proposal: Proposal) -> str:
    """Which card, and why it pauses."""
    facts = proposal.facts()
    return f"{facts['card_id']}　{LifeEvent(str(facts['event'])).label}"


ACTS: Final = (Act(RESUME, _("カードの利用の再開"), Duty.HOLDING, _resume, _words),)
