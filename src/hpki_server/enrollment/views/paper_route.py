"""The desk's pages for applications on paper: find a sheet by its code, type it in, scan its papers, send it on."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import papers as paper_reading
from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.entry_forms import SECTIONS
from hpki_server.enrollment.models import PART_WORDS, Application, ApplicationPaper
from hpki_server.enrollment.paper_forms import CodeForm, NewSheetForm, ScanForm
from hpki_server.enrollment.papers import OCTETS_MOST
from hpki_server.enrollment.refusals import PaperRefused
from hpki_server.enrollment.rules import STEPS_FROM, Part, State, Step
from hpki_server.enrollment.services import applying, reading
from hpki_server.enrollment.services import paper_route as services
from hpki_server.enrollment.services.record import day_of, entry_place
from hpki_server.enrollment.stages import first_open
from hpki_server.enrollment.views import filling
from hpki_server.enrollment.views.documents import file_answer, part_of, pdf_answer
from hpki_server.enrollment.views.routes import PAPER, Visit
from hpki_server.enrollment.words import add_denials, refusal_words, sentences
from hpki_server.people.access import MomentRequest, OfficerRequest, public, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.queries import desks_in_reach
from hpki_server.people.uploads import takes_files


def visit_of(request: OfficerRequest, application_id: UUID) -> Visit:
    try:
        application = queries.paper_application(request.officer, application_id)
    except Application.DoesNotExist:
        raise Http404 from None
    return Visit(request, PAPER, application, request.officer)


@requires(Duty.INTAKE)
def forms(request: OfficerRequest) -> HttpResponse:
    """Where a sheet begins: its code typed by a scanner or by hand, or a new sheet without one."""
    code_form, new_form = CodeForm(), NewSheetForm(officer=request.officer)
    if request.method == "POST":
        if "code" in request.POST:
            code_form = CodeForm(request.POST)
            if code_form.is_valid() and (
                answer := opened_by(request, code_form, code_form.cleaned_data["code"])
            ):
                return answer
        else:
            new_form = NewSheetForm(request.POST, officer=request.officer)
            if new_form.is_valid() and (answer := begun(request, new_form)):
                return answer
    return forms_page(request, code_form=code_form, new_form=new_form)


def forms_page(request: OfficerRequest, **given: Any) -> HttpResponse:  # noqa: ANN401 - forms of three kinds, by name
    context = {
        "code_form": CodeForm(),
        "scan_form": ScanForm(),
        "new_form": NewSheetForm(officer=request.officer),
        "drafts": queries.paper_drafts(request.officer)[:50],
        **given,
    }
    wrong = any(form.errors for form in given.values())
    return render(request, "enrollment/paper_forms.html", context, status=422 if wrong else 200)


@takes_files(OCTETS_MOST)
@requires(Duty.INTAKE)
@require_POST
def scan(request: OfficerRequest) -> HttpResponse:
    """A scanned picture of a sheet: its code opens the case, as if it had been typed."""
    form = ScanForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            codes = paper_reading.codes_of(form.cleaned_data["file"].read(OCTETS_MOST + 1))
        except PaperRefused as refusal:
            form.add_error("file", refusal_words(refusal.code))
        else:
            for code in codes:
                if answer := opened_by(request, form, code):
                    return answer
            if not codes:
                form.add_error(
                    "file", _("コードが見つかりません。用紙の右上が写るように、もう一度読み取ってください。")
                )
    return forms_page(request, scan_form=form)


def opened_by(request: OfficerRequest, form: CodeForm | ScanForm, code: str) -> HttpResponse | None:
    """The page of the case that a code stands for; otherwise the form says why there is none."""
    found = queries.by_number(request.officer, code)
    if found is not None:
        page = "take-in" if State(found.state) is State.SUBMITTED else "paper-sent"
        return redirect(f"enrollment:{page}", found.pk)
    desk = desks_in_reach(request.officer, Duty.INTAKE).first()
    if desk is None:
        add_denials(form, Denied([services.NO_DUTY]))
        return None
    sheet = services.PaperForm(desk_id=desk.pk, form_code=code)
    try:
        application = services.start_paper_application(form=sheet, by=request.officer, at=request.at)
    except Denied as denied:
        add_denials(form, denied)
        return None
    return redirect("enrollment:paper-entries", application.pk)


def begun(request: OfficerRequest, form: NewSheetForm) -> HttpResponse | None:
    try:
        application = services.start_paper_application(form=form.command(), by=request.officer, at=request.at)
    except Denied as denied:
        add_denials(form, denied)
        return None
    return redirect("enrollment:paper-entries", application.pk)


@requires(Duty.INTAKE)
def entries(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    visit = visit_of(request, application_id)
    still_open = first_open(visit.application, day_of(request.at)) if visit.application.typed else None
    return filling.entries_step(visit, (still_open or SECTIONS[0]).slug, request.at)


@requires(Duty.INTAKE)
def section(request: OfficerRequest, application_id: UUID, slug: str) -> HttpResponse:
    return filling.entries_step(visit_of(request, application_id), slug, request.at)


@requires(Duty.INTAKE)
@require_POST
def keep(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    return filling.keep_step(visit_of(request, application_id), request.at)


@requires(Duty.INTAKE)
@require_safe
def papers(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    return filling.papers_step(visit_of(request, application_id), request.at)


@takes_files(OCTETS_MOST)
@requires(Duty.INTAKE)
@require_POST
def hand_in(request: OfficerRequest, application_id: UUID, part: str) -> HttpResponse:
    return filling.hand_in_step(visit_of(request, application_id), part, request.at)


@requires(Duty.INTAKE)
def confirm(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    visit = visit_of(request, application_id)

    def sent() -> HttpResponse:
        messages.success(request, _("紙の申請書を登録しました。つづけて原本を確認してください。"))
        return redirect("enrollment:paper-sent", application_id)

    return filling.confirm_step(visit, request.at, sent)


@requires(Duty.INTAKE)
@require_safe
def sent(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """What became of a sheet; the number to write on it."""
    visit = visit_of(request, application_id)
    may_withdraw = State(visit.application.state) in STEPS_FROM[Step.WITHDRAW]
    context = {"application": visit.application, "may_withdraw": may_withdraw}
    return render(request, "enrollment/paper_sent.html", context)


@requires(Duty.INTAKE)
def withdraw(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    """A sheet begun by mistake, or taken back by its applicant."""
    visit = visit_of(request, application_id)
    denials: list[str] = []
    if request.method == "POST":
        try:
            applying.withdraw_application(application_id=application_id, by=request.officer, at=request.at)
        except Denied as denied:
            denials = sentences(denied)
        else:
            messages.success(request, _("申請を取り下げました。"))
            return redirect("enrollment:paper-forms")
    context = {
        "application": visit.application,
        "denials": denials,
        "back_url": reverse("enrollment:paper-sent", args=[application_id]),
    }
    return render(request, "enrollment/withdraw.html", context, status=409 if denials else 200)


@requires(Duty.INTAKE)
@require_safe
def copy(request: OfficerRequest, application_id: UUID, part: str) -> HttpResponse:
    """What the desk itself has scanned, while it types."""
    visit = visit_of(request, application_id)
    try:
        found = queries.typed_copy(visit.application, part_of(part))
    except ApplicationPaper.DoesNotExist:
        raise Http404 from None
    place = entry_place(visit.application, request.officer)
    return file_answer(reading.open_found(found, place=place, by=request.officer, at=request.at), part)


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
def strike_out(request: OfficerRequest, application_id: UUID, part: str) -> HttpResponse:
    """A copy that shows the reverse of a マイナンバーカード is deleted at once, and the case goes back with the reason."""
    kind = part_of(part)
    try:
        application = queries.held_case(request.officer, application_id)
    except Application.DoesNotExist:
        raise Http404 from None
    if kind is Part.PHOTO or kind not in queries.parts_present(application):
        raise Http404
    if request.method != "POST":
        context = {"application": application, "part": kind.value, "word": PART_WORDS[kind]}
        return render(request, "enrollment/strike_out.html", context)
    services.strike_out_reverse_side(
        application_id=application.pk, part=kind, by=request.officer, at=request.at
    )
    messages.success(request, _("控えを消去しました。理由を選んで返送してください。"))
    answer = redirect("enrollment:return", application.pk)
    answer["Location"] += "?reason=reverse-side"
    return answer


@public
@require_safe
def blank_form(request: MomentRequest) -> HttpResponse:
    """An empty form for the pen; every download has a code of its own."""
    return pdf_answer(printing.blank_form(at=request.at), "application-form.pdf")
