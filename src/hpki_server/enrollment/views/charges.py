"""The applicant's invoices and receipts, as files."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from hpki_server.enrollment.fee_facts import money_of
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.applying import own
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.fees import documents
from hpki_server.fees.models import Invoice
from hpki_server.people.access import ApplicantRequest, applicant_only
from hpki_server.people.denial import Denied


def own_charge(request: ApplicantRequest, application_id: UUID, number: str) -> Invoice:
    money = money_of(own(request, application_id), on=day_of(request.at))
    found = next((each for each in money.invoices if each.number == number), None)
    if found is None:
        raise Http404
    return found


@applicant_only
@require_safe
def own_invoice(request: ApplicantRequest, application_id: UUID, number: str) -> HttpResponse:
    invoice = own_charge(request, application_id, number)
    return pdf_answer(documents.invoice_pdf(invoice, at=request.at), f"{number}-invoice.pdf")


@applicant_only
@require_safe
def own_receipt(request: ApplicantRequest, application_id: UUID, number: str) -> HttpResponse:
    invoice = own_charge(request, application_id, number)
    try:
        content = documents.receipt_pdf(invoice, at=request.at)
    except Denied:
        raise Http404 from None
    return pdf_answer(content, f"{number}-receipt.pdf")
