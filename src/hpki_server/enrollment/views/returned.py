"""Cases that went back: who waits for whom, the letter, and the mail's text."""

from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hpki_server.enrollment import queries
from hpki_server.enrollment.ages import Waiting, age_of
from hpki_server.enrollment.documents.return_letter import return_letter, return_mail
from hpki_server.enrollment.models import REASON_WORDS, Application
from hpki_server.enrollment.return_notice import notice_of
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.enrollment.words import sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

ROWS = 50


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
@require_safe
def waiting(request: OfficerRequest) -> HttpResponse:
    page = Paginator(queries.returned(request.officer), ROWS).get_page(request.GET.get("page"))
    rows = [
        {
            "row": Waiting(case, age_of(case, at=request.at)),
            "reasons": reasons_of(case),
            "mail": mail_of(request, case),
        }
        for case in page
    ]
    return render(request, "enrollment/returned.html", {"rows": rows, "page": page})


@requires(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
@require_safe
def letter(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    try:
        application = queries.returned(request.officer).get(id=application_id)
    except Application.DoesNotExist:
        raise Http404 from None
    try:
        content = return_letter(notice_of(application, at=request.at))
    except Denied as denied:
        return render(
            request,
            "enrollment/not_printed.html",
            {"application": application, "denials": sentences(denied)},
            status=409,
        )
    return pdf_answer(content, f"{application.number}-return.pdf")


def reasons_of(application: Application) -> list[str]:
    found = queries.last_return(application)
    return [str(REASON_WORDS[ReturnReason(code)]) for code in found.reasons] if found else []


def mail_of(request: OfficerRequest, application: Application) -> str:
    """A link that opens the officer's own mail program; empty where nobody can be written to."""
    if not application.email:
        return ""
    try:
        subject, text = return_mail(notice_of(application, at=request.at))
    except Denied:
        return ""
    return f"mailto:{quote(application.email)}?subject={quote(subject)}&body={quote(text)}"
