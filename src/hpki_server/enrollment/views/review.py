"""The centre's two officers: one vets, another approves; either sends back with a reason."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hpki_server.enrollment import case_papers, queries, registry_match
from hpki_server.enrollment.case_papers import EntryLine
from hpki_server.enrollment.comparison import compared
from hpki_server.enrollment.desk_forms import ReturnForm, VettingForm
from hpki_server.enrollment.models import IDENTITY_WORDS, Application
from hpki_server.enrollment.name_hints import romaji_hints
from hpki_server.enrollment.rules import IdentityKind, ReturnReason, State, fields_to_check
from hpki_server.enrollment.services import deciding
from hpki_server.enrollment.services.holding import HELD_FOR
from hpki_server.enrollment.summary import entered_facts
from hpki_server.enrollment.views.cases import case_of, held_case, seen_of, waiting_list, wrong_moment
from hpki_server.enrollment.views.queue import list_url, to_next
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

LIST_OF = {State.SUBMITTED: "intake", State.TAKEN_IN: "vetting", State.VETTED: "approval"}
CASE_OF = {State.SUBMITTED: "take-in", State.TAKEN_IN: "vet", State.VETTED: "approve"}


@requires(Duty.VETTING)
@require_safe
def vetting_list(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.VETTING, title=gettext_lazy("審査"), case_url="vet")


@requires(Duty.VETTING)
def vet(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.VETTING)
    if elsewhere := wrong_moment(request, application, State.TAKEN_IN):
        return elsewhere
    form = VettingForm(
        request.POST if request.method == "POST" else None,
        entries=fields_to_check(application.facts()),
        copies=case_papers.copies_of(application),
    )
    if form.is_valid():
        try:
            deciding.record_vetting(
                application_id=application.id,
                papers=form.command(),
                by=request.officer,
                at=request.at,
                seen=seen_of(request),
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("%(number)s を承認へ送りました。") % {"number": application.number})
            return after_decision(request, Duty.VETTING)
    lines = case_papers.lines_to_tick(application, form.entry_ticks())
    return decision_page(request, "enrollment/vet.html", application, form, lines)


@requires(Duty.APPROVAL)
@require_safe
def approval_list(request: OfficerRequest) -> HttpResponse:
    return waiting_list(request, Duty.APPROVAL, title=gettext_lazy("承認"), case_url="approve")


@requires(Duty.APPROVAL)
def approve(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.APPROVAL)
    if elsewhere := wrong_moment(request, application, State.VETTED):
        return elsewhere
    form = Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            deciding.approve_application(
                application_id=application.id, by=request.officer, at=request.at, seen=seen_of(request)
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("%(number)s を承認しました。") % {"number": application.number})
            return after_decision(request, Duty.APPROVAL)
    lines = case_papers.lines_checked(application, fields_to_check(application.facts()))
    return decision_page(request, "enrollment/approve.html", application, form, lines)


def after_decision(request: OfficerRequest, duty: Duty) -> HttpResponse:
    """On to the next case, or back to the list, as the button said."""
    return to_next(request, duty) if request.POST.get("then") == "next" else redirect(list_url(duty))


def decision_page(
    request: OfficerRequest, template: str, application: Application, form: Form, lines: list[EntryLine]
) -> HttpResponse:
    says = registry_match.registry_says(application)
    changes = list(queries.history(application))
    shown = application.shown_identity_kind
    context = {
        "application": application,
        "form": form,
        "registry": compared(says),
        "facts": entered_facts(application),
        "romaji_hints": romaji_hints(application),
        "papers": case_papers.papers_of(application),
        "lines": lines,
        "same_numbers": case_papers.same_numbers(application),
        **who_has_it(application, request),
        "intake": next((change for change in reversed(changes) if change.step == "take-in"), None),
        "vetting": next((change for change in reversed(changes) if change.step == "vet"), None),
        "shown_identity": IDENTITY_WORDS[IdentityKind(shown)] if shown else "",
    }
    return render(request, template, context, status=422 if form.errors else 200)


def who_has_it(application: Application, request: OfficerRequest) -> dict[str, bool]:
    held = getattr(application, "holder", None)
    runs = held is not None and held.since >= request.at - HELD_FOR
    mine = runs and held is not None and held.account_id == request.officer.account_id
    return {"held_by_me": mine, "held_by_other": runs and not mine}


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
def send_back(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = held_case(request, application_id)
    state = State(application.state)
    chosen = {"reasons": [code for code in request.GET.getlist("reason") if code in set(ReturnReason)]}
    form = ReturnForm(request.POST if request.method == "POST" else None, initial=chosen)
    if form.is_valid():
        try:
            deciding.return_application(
                application_id=application.id,
                reasons=form.chosen(),
                note=form.cleaned_data["note"],
                by=request.officer,
                at=request.at,
                seen=seen_of(request),
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(
                request,
                _(
                    "%(number)s を申請者に返送しました。お知らせの手紙は「返送した申請」の一覧から印刷できます。"
                )
                % {"number": application.number},
            )
            return redirect(f"enrollment:{LIST_OF[state]}")
    context = {"application": application, "form": form, "back": f"enrollment:{CASE_OF[state]}"}
    return render(request, "enrollment/return.html", context, status=422 if form.errors else 200)
