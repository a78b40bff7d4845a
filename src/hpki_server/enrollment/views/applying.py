"""The applicant's pages: the form page by page, the papers, one look over it, and then where the card is."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import progress as steps
from hpki_server.enrollment import queries, rules, visit_words
from hpki_server.enrollment.checklist_rows import checklist_rows
from hpki_server.enrollment.entry_forms import SECTIONS
from hpki_server.enrollment.fee_facts import first_fees, money_of
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.papers import OCTETS_MOST
from hpki_server.enrollment.posting_lists import posted_facts
from hpki_server.enrollment.production_lists import remote_of
from hpki_server.enrollment.rules import PAPERS, CaseKind, How, Part, State
from hpki_server.enrollment.services import applying as services
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.stage_times import usual_days
from hpki_server.enrollment.stages import first_open
from hpki_server.enrollment.summary import case_facts, entered_facts
from hpki_server.enrollment.views import filling
from hpki_server.enrollment.views.routes import WEB, Visit
from hpki_server.enrollment.words import sentences
from hpki_server.people.access import ApplicantRequest, applicant_only
from hpki_server.people.denial import Denied
from hpki_server.people.uploads import takes_files


def own(request: ApplicantRequest, application_id: UUID) -> Application:
    try:
        return queries.own_application(request.account, application_id)
    except Application.DoesNotExist:
        raise Http404 from None


def visit_of(request: ApplicantRequest, application_id: UUID) -> Visit:
    return Visit(request, WEB, own(request, application_id), request.account)


@applicant_only
def mine(request: ApplicantRequest) -> HttpResponse:
    """The person's applications; without an open one a first card or, after a disaster, an emergency issue begins."""
    denials: list[str] = []
    if request.method == "POST":
        urgent = request.POST.get("kind") == CaseKind.EMERGENCY
        kind = CaseKind.EMERGENCY if urgent else CaseKind.FIRST
        try:
            begun = services.start_application(by=request.account, at=request.at, kind=kind)
        except Denied as denied:
            denials = sentences(denied)
        else:
            return redirect("enrollment:entries", begun.id)
    applications = list(queries.applications_of(request.account).order_by("-state_since"))
    may_start = all(State(a.state) in rules.CLOSED for a in applications)
    context = {
        "applications": applications,
        "may_start": may_start,
        "has_card": may_start and services.card_in_use(request.account) is not None,
        "denials": denials,
        "fees": [(kind.label, yen) for kind, yen in first_fees(day_of(request.at)).items()],
    }
    return render(request, "enrollment/mine.html", context, status=409 if denials else 200)


@applicant_only
def entries(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    """Where the applicant left off: the first page that is not right yet."""
    visit = visit_of(request, application_id)
    if request.method == "POST" or not visit.application.typed:
        return filling.entries_step(visit, SECTIONS[0].slug, request.at)
    still_open = first_open(visit.application, day_of(request.at))
    return filling.entries_step(visit, (still_open or SECTIONS[0]).slug, request.at)


@applicant_only
def section(request: ApplicantRequest, application_id: UUID, slug: str) -> HttpResponse:
    return filling.entries_step(visit_of(request, application_id), slug, request.at)


@applicant_only
@require_POST
def keep(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    return filling.keep_step(visit_of(request, application_id), request.at)


@applicant_only
@require_safe
def papers(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    return filling.papers_step(visit_of(request, application_id), request.at)


@takes_files(OCTETS_MOST)
@applicant_only
@require_POST
def hand_in(request: ApplicantRequest, application_id: UUID, part: str) -> HttpResponse:
    return filling.hand_in_step(visit_of(request, application_id), part, request.at)


@applicant_only
def confirm(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    visit = visit_of(request, application_id)

    def sent() -> HttpResponse:
        messages.success(request, _("申請を送信しました。"))
        return redirect("enrollment:progress", application_id)

    return filling.confirm_step(visit, request.at, sent)


@applicant_only
@require_safe
def progress(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    changes = list(queries.history(application))
    known, today = application.facts(), day_of(request.at)
    opened = rules.parts_open(known)
    money = money_of(application, on=today)
    items = queries.checklist_of(application, today)
    context = {
        "booked": queries.open_appointment(application),
        "application": application,
        "steps": steps.steps_of(
            application,
            changes,
            usual_days(at=request.at),
            stages=steps.stages_of(known, today),
            waits_for_money=money.holds_the_card,
        ),
        "changes": [(change, steps.actor_of(application, change)) for change in changes],
        "held_by": _("ご本人のお支払い") if money.holds_the_card else steps.held_by(application),
        "holder": None if money.holds_the_card else steps.holder_of(application),
        "money": money,
        "facts": case_facts(application),
        "posted": posted_facts(application),
        "all_facts": entered_facts(application),
        "checklist": checklist_rows(items),
        "to_bring": checklist_rows([item for item in items if item.how is How.DESK]),
        "reasons": filling.reasons_of(application),
        "note": last_note(application),
        "opens_entries": Part.ENTRIES in opened,
        "opens_papers": bool(opened & set(PAPERS)),
        # The desk saw the originals, and has to hold a corrected entry against them once more.
        "shows_again": known.taken_in
        and (
            known.state is State.SUBMITTED
            or (known.state is State.RETURNED and rules.state_after_resubmission(known) is State.SUBMITTED)
        ),
        "for_entries": Part.ENTRIES in rules.parts_of(known.return_reasons),
        "to_intake": visit_words.to_intake(known, today),
        "to_pickup": visit_words.to_pickup(known, today),
        "may_withdraw": State(application.state) in rules.STEPS_FROM[rules.Step.WITHDRAW],
        "remote": remote_of(application),
        "card_follows": known.state not in {State.NOTIFIED, State.ACTIVE},
        "days": (today - day_of(application.state_since)).days + 1,
    }
    return render(request, "enrollment/progress.html", context)


@applicant_only
def withdraw(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    denials: list[str] = []
    if request.method == "POST":
        try:
            services.withdraw_application(application_id=application.id, by=request.account, at=request.at)
        except Denied as denied:
            denials = sentences(denied)
        else:
            messages.success(request, _("申請を取り下げました。"))
            return redirect("enrollment:mine")
    back_url = reverse("enrollment:progress", args=[application.pk])
    context = {"application": application, "denials": denials, "back_url": back_url}
    return render(request, "enrollment/withdraw.html", context, status=409 if denials else 200)


def last_note(application: Application) -> str:
    found = queries.last_return(application)
    return found.note if found and State(application.state) is State.RETURNED else ""
