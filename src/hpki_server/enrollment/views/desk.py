"""The association's desk takes an application in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hpki_server.enrollment import queries
from hpki_server.enrollment.desk_forms import TakeInForm
from hpki_server.enrollment.models import PART_WORDS, Application
from hpki_server.enrollment.name_hints import romaji_hints
from hpki_server.enrollment.rules import Part, State
from hpki_server.enrollment.rules.desk import residence_record_asked
from hpki_server.enrollment.services import deciding
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.summary import entered_facts
from hpki_server.enrollment.views.cases import case_of, seen_of, waiting_list, wrong_moment
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.INTAKE)
@require_safe
def waiting(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.INTAKE, title=gettext_lazy("受付"), case_url="take-in")


@requires(Duty.INTAKE)
def take_in(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.INTAKE)
    if elsewhere := wrong_moment(request, application, State.SUBMITTED):
        return elsewhere
    form = TakeInForm(
        request.POST if request.method == "POST" else None,
        residence_asked=residence_record_asked(application.facts(), day_of(request.at)),
    )
    if form.is_valid():
        try:
            deciding.take_in(
                application_id=application.id,
                originals=form.command(),
                by=request.officer,
                at=request.at,
                seen=seen_of(request),
            )
        except Denied as denied:
            form.ask_to_reread(denied.codes)
            add_denials(form, denied)
        else:
            messages.success(
                request,
                _("%(number)s を受け付け、センターの審査に回しました。") % {"number": application.number},
            )
            return redirect("enrollment:intake")
    return take_in_page(request, application, form)


def take_in_page(request: OfficerRequest, application: Application, form: TakeInForm) -> HttpResponse:
    present = queries.parts_present(application)
    copies = [part for part in queries.papers_asked(application, day_of(request.at)) if part in present]
    context = {
        "application": application,
        "form": form,
        "facts": entered_facts(application),
        "romaji_hints": romaji_hints(application),
        "copies": [(part.value, PART_WORDS[part]) for part in copies if part is not Part.PHOTO],
        "booked": queries.open_appointment(application),
    }
    return render(request, "enrollment/take_in.html", context, status=422 if form.errors else 200)
