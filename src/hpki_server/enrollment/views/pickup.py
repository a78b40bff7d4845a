"""The association's desk hands the card over."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hpki_server.enrollment.forms import PickupForm
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services.pickup import hand_over_card
from hpki_server.enrollment.views.cases import case_of, waiting_list, wrong_moment
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.PICKUP)
@require_safe
def waiting(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.PICKUP, title=gettext_lazy("交付"), case_url="hand-over")


@requires(Duty.PICKUP)
def hand_over(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.PICKUP)
    if State(application.state) is State.ACTIVE:
        return render(request, "enrollment/handed_over.html", {"application": application})
    if elsewhere := wrong_moment(request, application, State.NOTIFIED):
        return elsewhere
    form = PickupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            hand_over_card(
                application_id=application.id, shown=form.command(), by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            return redirect("enrollment:hand-over", application.id)
    context = {"application": application, "form": form}
    return render(request, "enrollment/hand_over.html", context, status=422 if form.errors else 200)
