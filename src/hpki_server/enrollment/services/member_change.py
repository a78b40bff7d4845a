"""An approved applicant joined or left the association before the card was ordered: two officers say so.

The member's number stands on the card and the kind decides the fee, so what two approved is not changed by one.
"""

import base64
import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import Step
from hpki_server.enrollment.services.charging import recharge_application
from hpki_server.enrollment.services.record import decide, leave_line, locked, officer_case
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import open_sealed, seal
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed

CHANGE: Final = "application:change-kind"
KIND_UNCHANGED: Final = Denial("kind_unchanged", _("会員種別は変わっていません。"))
MEMBER_ID_MISSING: Final = Denial(
    "member_id_missing", _("日医会員になった方の日医会員IDを入力してください。")
)
ALREADY_PROPOSED: Final = Denial(
    "already_proposed",
    _("この申請の変更は、すでに申し出られています。「二人での確認」で確認するか、取り下げてください。"),
)


@dataclass(frozen=True)
class KindChange:
    """What the association's register of members says now."""

    application_id: UUID
    member_kind: MemberKind
    member_id: str = ""


@transaction.atomic
def propose_change(change: KindChange, *, by: Officer, at: dt.datetime) -> Proposal:
    """The membership shall change; a second officer of the approval confirms it.

    Raises `Denied`: as every step of an officer does, and `kind_unchanged`, `member_id_missing`, `already_proposed`.
    """
    application = locked(change.application_id)
    case, _place = officer_case(application, Step.CHANGE_KIND, by=by, at=at)
    decide(case)
    if found := _denials(application, change):
        raise Denied(found)
    subject = str(application.id)
    if Proposal.objects.filter(act=CHANGE, subject_id=subject, state=Proposal.State.OPEN).exists():
        raise Denied([ALREADY_PROPOSED])
    details = {
        "number": application.number,
        "member_kind": change.member_kind.value,
        # A proposal's details go into the audit chain, which holds nobody's numbers.
        "sealed_member_id": _sealed(change),
    }
    return proposals.propose(Proposed(CHANGE, "application", subject, details), by=by, at=at)


def _denials(application: Application, change: KindChange) -> list[Denial]:
    if application.member_kind == change.member_kind:
        return [KIND_UNCHANGED]
    if change.member_kind is MemberKind.MEMBER and not change.member_id:
        return [MEMBER_ID_MISSING]
    return []


def _sealed(change: KindChange) -> str:
    if change.member_kind is not MemberKind.MEMBER:
        return ""
    sealed = seal(change.member_id.encode(), purpose=_purpose(str(change.application_id)))
    return base64.b64encode(sealed).decode()


def _purpose(application_id: str) -> str:
    return f"member-id-proposed:{application_id}"


def _member_id(proposal: Proposal) -> str:
    sealed = str(proposal.facts()["sealed_member_id"])
    if not sealed:
        return ""
    return open_sealed(base64.b64decode(sealed), purpose=_purpose(proposal.subject_id)).decode()


def _carry_out(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """The rules are asked again, with the second officer as the one who acts.

    The invoice is made anew; what was paid goes over to it.
    """
    change = KindChange(
        UUID(proposal.subject_id),
        MemberKind(str(proposal.facts()["member_kind"])),
        _member_id(proposal),
    )
    application = locked(change.application_id)
    case, place = officer_case(application, Step.CHANGE_KIND, by=by, at=at)
    decide(case)
    if found := _denials(application, change):
        raise Denied(found)
    application.member_kind, application.member_id = change.member_kind.value, change.member_id
    application.save(update_fields=["member_kind", "member_id"])
    recharge_application(application, by=by, at=at)
    leave_line(application, Step.CHANGE_KIND, by=by, at=at, place=place)


def _in_words(proposal: Proposal) -> str:
    """What the second officer reads: whose membership, and what it shall be."""
    facts = proposal.facts()
    kind = MemberKind(str(facts["member_kind"])).label
    return "　".join(filter(None, [str(facts["number"]), str(kind), _member_id(proposal)]))


ACTS: Final = (Act(CHANGE, _("会員種別の変更"), Duty.APPROVAL, _carry_out, _in_words),)
