"""The centre's queue for hands that stay on the keyboard: the next case, and who has one open."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import holding
from hpki_server.enrollment.views.cases import held_case
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.duties import Duty

PAGE_OF = {Duty.VETTING: "vet", Duty.APPROVAL: "approve"}
LIST_OF = {Duty.VETTING: "vetting", Duty.APPROVAL: "approval"}
DUTY_OF = {State.TAKEN_IN: Duty.VETTING, State.VETTED: Duty.APPROVAL}


@requires(Duty.VETTING)
@require_POST
def next_to_vet(request: OfficerRequest) -> HttpResponse:
    return to_next(request, Duty.VETTING)


@requires(Duty.APPROVAL)
@require_POST
def next_to_approve(request: OfficerRequest) -> HttpResponse:
    return to_next(request, Duty.APPROVAL)


def list_url(duty: Duty) -> str:
    return f"enrollment:{LIST_OF[duty]}"


def to_next(request: OfficerRequest, duty: Duty) -> HttpResponse:
    """The oldest case that nobody has open; the list when there is none."""
    found = holding.take_next(duty=duty, by=request.officer, at=request.at)
    if found is None:
        messages.info(request, _("ほかの担当者が開いていない申請は、もうありません。"))
        return redirect(list_url(duty))
    return redirect(f"enrollment:{PAGE_OF[duty]}", found.id)


@requires(Duty.VETTING, Duty.APPROVAL)
@require_POST
def hold(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """This officer has the case open from now on."""
    application = held_case(request, application_id)
    duty = DUTY_OF.get(State(application.state))
    if duty is None:
        raise Http404
    try:
        holding.take(application_id=application.id, duty=duty, by=request.officer, at=request.at)
    except Application.DoesNotExist:
        raise Http404 from None
    return redirect(f"enrollment:{PAGE_OF[duty]}", application.id)
