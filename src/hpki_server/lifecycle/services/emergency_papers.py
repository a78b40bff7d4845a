"""The last paper of an emergency card came: the desk says so, and an officer of the centre closes its case.

Until then nothing was judged by two: the card was made on the register's word and a photo ID.
"""

import datetime as dt
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services.record import Remark, locked_case, move
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

CLOSE: Final = "life:close-emergency"
NOT_COMPLETE: Final = Denial(
    "not_complete", _("この緊急発行の書類は、まだそろっていないか、確認が終わっています。")
)


def is_complete(case: LifeCase) -> bool:
    """Everything was handed in, and nobody at the centre has judged it."""
    return case.event == LifeEvent.EMERGENCY and case.state == CaseState.PAPERS and not case.papers_missing


def propose_closing(case: LifeCase, *, by: Officer, at: dt.datetime) -> Proposal:
    """Inside the transaction that holds the case; again once a proposal has grown too old.  Raises `Denied`."""
    if not is_complete(case):
        raise Denied([NOT_COMPLETE])
    facts: dict[str, audit.Detail] = {"card_id": case.card.card_id, "event": case.event}
    proposed = Proposed(CLOSE, "life-case", str(case.id), facts, organisation_id=case.organisation_id)
    return proposals.propose(proposed, by=by, at=at)


def _close(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    case = locked_case(UUID(proposal.subject_id))
    if not is_complete(case):
        raise Denied([NOT_COMPLETE])
    move(case, Step.CONFIRM, CaseState.CLOSED, by=by, at=at)


def _ask_again(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """A no: what was received is not what was owed, so all of it is owed again, by the same last day."""
    case = locked_case(UUID(proposal.subject_id))
    if not is_complete(case):
        return
    received = case.steps.filter(step=Step.RECEIVE.value).values_list("papers", flat=True)
    case.papers_missing = sorted({code for papers in received for code in papers})
    move(case, Step.REFUSE, CaseState.PAPERS, by=by, at=at, remark=Remark(tuple(case.awaited)))


def _in_words(proposal: Proposal) -> str:
    """Which card, and what is to be closed."""
    facts = proposal.facts()
    return f"{facts['card_id']}　{LifeEvent(str(facts['event'])).label}"


ACTS: Final = (
    Act(
        CLOSE,
        _("緊急発行の書類の完了"),
        Duty.APPROVAL,
        _close,
        _in_words,
        take_back=_ask_again,
        proposers=frozenset({Duty.INTAKE, Duty.PICKUP, Duty.REVOKING}),
        confirmed_at_centre=True,
        page="lifecycle:closing",
    ),
)
