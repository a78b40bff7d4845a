"""What waits for a second officer."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.people import dual_control, queries
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.models import Proposal
from hpki_server.people.services import proposals as services


@dataclass(frozen=True)
class Waiting:
    """A proposal as the page shows it."""

    proposal: Proposal
    label: str | Promise
    about: str
    own: bool
    page: str


@requires()
@require_safe
def proposals(request: OfficerRequest) -> HttpResponseBase:
    found = queries.open_proposals(request.officer)
    rows = [
        Waiting(
            proposal=one,
            label=dual_control.act_named(one.act).label,
            about=queries.words_of(one),
            own=one.proposed_by_id == request.officer.account_id,
            page=page_of(one),
        )
        for one in found
    ]
    return render(request, "people/proposals.html", {"rows": rows})


def page_of(proposal: Proposal) -> str:
    """Where the subject can be looked at before it is confirmed; empty where the words say it all."""
    name = dual_control.act_named(proposal.act).page
    return reverse(name, args=[proposal.id]) if name else ""


@requires()
@require_POST
def confirm(request: OfficerRequest, proposal_id: UUID) -> HttpResponseBase:
    _in_reach(request, proposal_id)
    try:
        services.confirm(proposal_id, by=request.officer, at=request.at)
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
    else:
        messages.success(request, _("確認しました。操作は実行されました。"))
    return redirect("people:proposals")


@requires()
@require_POST
def withdraw_proposal(request: OfficerRequest, proposal_id: UUID) -> HttpResponseBase:
    _in_reach(request, proposal_id)
    try:
        services.withdraw(proposal_id, by=request.officer, at=request.at)
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
    else:
        messages.success(request, _("申し出を取り下げました。"))
    return redirect("people:proposals")


def _in_reach(request: OfficerRequest, proposal_id: UUID) -> None:
    """One that the officer may not see does not exist for them."""
    if not any(one.id == proposal_id for one in queries.open_proposals(request.officer)):
        raise Http404
