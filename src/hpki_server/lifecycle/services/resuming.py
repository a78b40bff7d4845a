"""A pause ends well: the card was found, or a suspension is over.  Two officers let it go on."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle.events import LetterKind, LifeEvent
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.rules import CaseState, Step, of_the_register
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.record import decide, locked_case, move
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed
from hpki_server.registry import queries as registry

RESUME: Final = "life:resume"
HELD_BY_A_CASE: Final = Denial(
    "held_by_a_case",
    _(
        "このカードの一時停止は、手続きの中で行われています。「カードの手続き」から、二人の担当者で再開してください。"
    ),
)

STILL_DISPOSED: Final = Denial(
    "still_disposed",
    _("登録の変更による一時停止は、その期間が終わるか、登録の変更が取り下げられるまで、再開できません。"),
)


def held_by_a_case(card: Card) -> Denial | None:
    """A guard for `authority.services.release_card`: nobody goes round the second officer."""
    held = LifeCase.objects.filter(card__reference=card.reference, state=CaseState.HELD.value)
    return HELD_BY_A_CASE if held.exists() else None


def _decide(case: LifeCase, *, by: Officer, at: dt.datetime) -> None:
    """What the register began goes on by nobody's word but the register's: its last day, or that it was taken back."""
    decide(case, Step.RESUME, by=by, at=at)
    card = case.card
    if of_the_register(case.rule) and registry.is_disposed(
        card.qualification_code, card.registration_number, on=day_of(at)
    ):
        raise Denied([STILL_DISPOSED])


@transaction.atomic
def propose_resumption(*, case_id: UUID, by: Officer, at: dt.datetime) -> Proposal:
    """The card was found, or the suspension is over: two officers let it go on.  Raises `Denied`: also `still_disposed`."""
    case = locked_case(case_id)
    _decide(case, by=by, at=at)
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
    _decide(case, by=by, at=at)
    goes_on = ending_cards.resume(case, by=by, at=at)
    # A letter that says the card is paused would come when it works again.
    Notice.objects.filter(case=case, kind=LetterKind.SUSPENDED.value, sent_at__isnull=True).delete()
    move(case, Step.RESUME, CaseState.WITHDRAWN, by=by, at=at)
    if any(one.serials for one in goes_on):
        # Whoever did not ask for it should hear of it as well.
        telling.tell(case, [LetterKind.RESUMED], at=at)


def _words(proposal: Proposal) -> str:
    """Which card, and why it pauses."""
    facts = proposal.facts()
    return f"{facts['card_id']}　{LifeEvent(str(facts['event'])).label}"


ACTS: Final = (Act(RESUME, _("カードの利用の再開"), Duty.HOLDING, _resume, _words),)
