"""Invoices: the list with ages, and one invoice with all its money."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.fees import documents, queries
from hpki_server.fees.forms import CancelForm, PaymentForm
from hpki_server.fees.models import Invoice
from hpki_server.fees.services import cancel_invoice, record_payment
from hpki_server.fees.services.books import day_of
from hpki_server.fees.states import CancelReason, InvoiceState
from hpki_server.fees.views.pages import ROWS, add_denials, done, frame, pdf_answer, row_of
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.CASHIER)
@require_safe
def listed(request: OfficerRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    state = request.GET.get("state", "" if words else InvoiceState.OPEN.value)
    found = queries.invoices(request.officer, words=words, state=state)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    if words and page.paginator.count == 1:
        return redirect("fees:invoice", page[0].id)
    today = day_of(request.at)
    context = {
        **frame(request),
        "rows": [row_of(invoice, on=today) for invoice in page],
        "page": page,
        "q": words,
        "state": state,
        "states": [*InvoiceState.choices, ("to-refund", _("返金が必要")), ("", _("すべて"))],
        "query": urlencode({"q": words, "state": state}),
    }
    return render(request, "fees/invoices.html", context)


@requires(Duty.CASHIER)
@require_safe
def shown(request: OfficerRequest, invoice_id: UUID) -> HttpResponse:
    return invoice_page(request, invoice_of(request, invoice_id), PaymentForm(initial=_initial(request)))


def _initial(request: OfficerRequest) -> dict[str, str]:
    return {"received_on": day_of(request.at).isoformat()}


def invoice_of(request: OfficerRequest, invoice_id: UUID) -> Invoice:
    try:
        return queries.invoice(request.officer, invoice_id)
    except Invoice.DoesNotExist:
        raise Http404 from None


def invoice_page(request: OfficerRequest, invoice: Invoice, form: Form) -> HttpResponse:
    context = {
        **frame(request),
        "row": row_of(invoice, on=day_of(request.at)),
        "invoice": invoice,
        "lines": invoice.lines.all(),
        "payments": queries.payments_of(invoice),
        "form": form,
        "cancel_form": CancelForm(),
    }
    return render(request, "fees/invoice.html", context, status=422 if form.errors else 200)


@requires(Duty.CASHIER)
@require_POST
def pay(request: OfficerRequest, invoice_id: UUID) -> HttpResponse:
    invoice = invoice_of(request, invoice_id)
    form = PaymentForm(request.POST)
    if form.is_valid():
        try:
            record_payment(form.command(), invoice_id=invoice.id, by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("入金を記帳しました。"))
            return redirect("fees:invoice", invoice.id)
    return invoice_page(request, invoice, form)


@requires(Duty.CASHIER)
@require_POST
def cancel(request: OfficerRequest, invoice_id: UUID) -> HttpResponse:
    invoice = invoice_of(request, invoice_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return invoice_page(request, invoice, form)

    def act() -> str:
        reason = CancelReason(form.cleaned_data["reason"])
        cancel_invoice(invoice_id=invoice.id, reason=reason, by=request.officer, at=request.at)
        return _("請求を取り消しました。")

    return done(request, act, redirect("fees:invoice", invoice.id))


@requires(Duty.CASHIER)
@require_safe
def pdf(request: OfficerRequest, invoice_id: UUID) -> HttpResponse:
    invoice = invoice_of(request, invoice_id)
    return pdf_answer(documents.invoice_pdf(invoice, at=request.at), f"{invoice.number}-invoice")


@requires(Duty.CASHIER)
@require_safe
def receipt(request: OfficerRequest, invoice_id: UUID) -> HttpResponse:
    invoice = invoice_of(request, invoice_id)
    try:
        content = documents.receipt_pdf(invoice, at=request.at)
    except Denied:
        raise Http404 from None
    return pdf_answer(content, f"{invoice.number}-receipt")
