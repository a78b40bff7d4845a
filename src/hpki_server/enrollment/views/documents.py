"""Papers and the filled-in form as files: always a download, never a page of ours."""

import datetime as dt
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.documents.sheets import SheetsBusy, SheetUnreadable, sheet_png
from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.papers import PDF
from hpki_server.enrollment.queries import OpenedPaper
from hpki_server.enrollment.rules import PAPERS, Part, State
from hpki_server.enrollment.services import paper_route, reading
from hpki_server.enrollment.views.applying import own
from hpki_server.enrollment.views.cases import held_case
from hpki_server.people.access import ApplicantRequest, OfficerRequest, applicant_only, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
# Whatever the bytes are, they run nothing and fetch nothing.
SEALED_OFF = "default-src 'none'; sandbox"


def part_of(slug: str) -> Part:
    if slug not in {part.value for part in PAPERS}:
        raise Http404
    return Part(slug)


@applicant_only
@require_safe
def own_paper(request: ApplicantRequest, application_id: UUID, part: str) -> HttpResponse:
    kind = part_of(part)
    try:
        return file_answer(queries.own_paper(request.account, application_id, kind), kind.value)
    except ApplicationPaper.DoesNotExist:
        raise Http404 from None


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL, Duty.ISSUING, Duty.PICKUP)
@require_safe
def paper(request: OfficerRequest, application_id: UUID, part: str) -> HttpResponse:
    kind = part_of(part)
    try:
        opened = reading.open_paper(application_id, kind, by=request.officer, at=request.at)
    except ApplicationPaper.DoesNotExist:
        raise Http404 from None
    return file_answer(opened, kind.value)


@requires(Duty.VETTING, Duty.APPROVAL)
@require_safe
def paper_sheet(request: OfficerRequest, application_id: UUID, part: str) -> HttpResponse:
    """A PDF as one picture: nothing of the file itself reaches the officer's browser."""
    kind = part_of(part)
    try:
        opened = reading.open_paper(application_id, kind, by=request.officer, at=request.at)
        if opened.media_type != PDF:
            raise Http404
        picture = sheet_png(opened.content)
    except (ApplicationPaper.DoesNotExist, SheetUnreadable):
        raise Http404 from None
    except SheetsBusy:
        return HttpResponse(status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})
    return file_answer(OpenedPaper("image/png", picture, ""), kind.value)


@applicant_only
@require_safe
def own_form(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    return form_answer(own(request, application_id), request.at)


@applicant_only
@require_POST
def print_form(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    """A draft on paper, with a code by which any desk finds it again."""
    application = own(request, application_id)
    try:
        coded = paper_route.give_form_code(application_id=application.pk, by=request.account, at=request.at)
        content = printing.application_form(coded, at=request.at)
    except Denied:
        return redirect("enrollment:confirm", application.pk)
    return pdf_answer(content, "application-form.pdf")


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
@require_safe
def form(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = held_case(request, application_id)
    duty = queries.OPENS_PAPERS[State(application.state)]
    answer = form_answer(application, request.at)
    # Entries and portrait in one file: it counts as a paper.
    reading.record_opening(application, reading.FORM, duty=duty, by=request.officer, at=request.at)
    return answer


def form_answer(application: Application, at: dt.datetime) -> HttpResponse:
    # Before it is sent, and after its entries went, an application may lack anything that the form needs.
    if not application.number or application.minimised_at:
        raise Http404
    return pdf_answer(printing.application_form(application, at=at), f"{application.number}-form.pdf")


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    return file_answer(OpenedPaper("application/pdf", content, ""), name.removesuffix(".pdf"))


def file_answer(opened: OpenedPaper, name: str) -> HttpResponse:
    response = HttpResponse(opened.content, content_type=opened.media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{SUFFIXES[opened.media_type]}"'
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = SEALED_OFF
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
