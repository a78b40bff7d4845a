"""A change of membership as two officers make it."""

import datetime as dt

from hpki_server.enrollment.models import Application, MemberKind
from hpki_server.enrollment.services.member_change import KindChange, propose_change
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from tests import cast


def second_approver(*, at: dt.datetime = cast.NOON) -> Officer:
    """加藤 helps out at the approval."""
    kato = cast.officer(cast.KATO, at=at)
    helping = {(Duty.APPROVAL, cast.organisation("centre").id)}
    return Officer(kato.account_id, kato.name, kato.duties | helping)


def changed(
    application: Application,
    kind: MemberKind,
    member_id: str = "",
    *,
    role: cast.Role = cast.SUZUKI,
    at: dt.datetime = cast.NOON,
) -> Application:
    """One proposes it, 加藤 confirms it."""
    change = KindChange(application.id, kind, member_id)
    proposal = propose_change(change, by=cast.officer(role, at=at), at=at)
    proposals.confirm(proposal.id, by=second_approver(at=at), at=at)
    return Application.objects.get(id=application.id)
