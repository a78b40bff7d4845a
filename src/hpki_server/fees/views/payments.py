"""Payments without an invoice beside the invoices they may be for, and money that goes back."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.fees import queries
from hpki_server.fees.forms import PaymentForm, RefundForm, SentForm
from hpki_server.fees.models import Invoice, Payment, Refund
from hpki_server.fees.services import (
    match_payment,
    propose_refund,
    record_payment,
    record_sent,
    unmatch_payment,
)
from hpki_server.fees.services.books import day_of
from hpki_server.fees.states import RefundReason
from hpki_server.fees.views.invoices import invoice_of
from hpki_server.fees.views.pages import add_denials, done, frame
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

# Each stands beside its likely invoices, so a page holds few.
PAIRS = 20


@requires(Duty.CASHIER)
@require_safe
def unmatched(request: OfficerRequest) -> HttpResponse:
    page = Paginator(queries.unmatched(request.officer), PAIRS).get_page(request.GET.get("page"))
    pairs = [(payment, queries.likely_invoices(payment)) for payment in page]
    return render(request, "fees/unmatched.html", {**frame(request), "page": page, "pairs": pairs})


@requires(Duty.CASHIER)
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: OfficerRequest) -> HttpResponse:
    """Money whose invoice is not known yet."""
    initial = {"received_on": day_of(request.at).isoformat()}
    form = PaymentForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            payment = record_payment(form.command(), invoice_id=None, by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("入金を記帳しました。"))
            return redirect("fees:payment", payment.id)
    context = {**frame(request), "form": form}
    return render(request, "fees/record_payment.html", context, status=422 if form.errors else 200)


def payment_of(request: OfficerRequest, payment_id: UUID) -> Payment:
    try:
        return queries.payment(request.officer, payment_id)
    except Payment.DoesNotExist:
        raise Http404 from None


@requires(Duty.CASHIER)
@require_safe
def shown(request: OfficerRequest, payment_id: UUID) -> HttpResponse:
    payment = payment_of(request, payment_id)
    return payment_page(request, payment, RefundForm(initial={"amount": refundable(payment)}))


def refundable(payment: Payment) -> int:
    """What may go back of it at most."""
    if payment.invoice is None:
        return payment.kept
    return min(payment.kept, payment.invoice.standing.excess)


def payment_page(request: OfficerRequest, payment: Payment, form: Form) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    found = queries.invoices(request.officer, words=words)[:10] if words else Invoice.objects.none()
    context = {
        **frame(request),
        "payment": payment,
        "likely": queries.likely_invoices(payment) if payment.invoice is None else [],
        "found": found,
        "q": words,
        "refunds": payment.refunds.order_by("confirmed_at"),
        "proposals": queries.refunds_proposed(payment),
        "refundable": refundable(payment),
        "form": form,
    }
    return render(request, "fees/payment.html", context, status=422 if form.errors else 200)


@requires(Duty.CASHIER)
@require_POST
def match(request: OfficerRequest, payment_id: UUID) -> HttpResponse:
    payment = payment_of(request, payment_id)
    try:
        invoice = invoice_of(request, UUID(request.POST.get("invoice", "")))
    except ValueError:
        raise Http404 from None

    def act() -> str:
        match_payment(payment_id=payment.id, invoice_id=invoice.id, by=request.officer, at=request.at)
        return _("%(number)s に消し込みました。") % {"number": invoice.spaced_number}

    goal = "fees:unmatched" if request.POST.get("back") == "list" else "fees:invoice"
    return done(request, act, redirect(goal) if goal == "fees:unmatched" else redirect(goal, invoice.id))


@requires(Duty.CASHIER)
@require_POST
def unmatch(request: OfficerRequest, payment_id: UUID) -> HttpResponse:
    payment = payment_of(request, payment_id)

    def act() -> str:
        unmatch_payment(payment_id=payment.id, by=request.officer, at=request.at)
        return _("消し込みを外しました。")

    return done(request, act, redirect("fees:payment", payment.id))


@requires(Duty.CASHIER)
@require_POST
def refund(request: OfficerRequest, payment_id: UUID) -> HttpResponse:
    payment = payment_of(request, payment_id)
    form = RefundForm(request.POST)
    if form.is_valid():
        try:
            propose_refund(
                payment_id=payment.id,
                amount=form.cleaned_data["amount"],
                reason=RefundReason(form.cleaned_data["reason"]),
                by=request.officer,
                at=request.at,
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(
                request, _("返金を申し出ました。別の担当者が「二人での確認」で確認すると、確定します。")
            )
            return redirect("fees:payment", payment.id)
    return payment_page(request, payment, form)


@requires(Duty.CASHIER)
@require_safe
def refunds(request: OfficerRequest) -> HttpResponse:
    context = {
        **frame(request),
        "held": queries.invoices(request.officer, state="to-refund")[:PAIRS],
        "unsent": queries.unsent(request.officer),
        "today": day_of(request.at).isoformat(),
    }
    return render(request, "fees/refunds.html", context)


@requires(Duty.CASHIER)
@require_POST
def sent(request: OfficerRequest, refund_id: UUID) -> HttpResponse:
    try:
        found = queries.refund(request.officer, refund_id)
    except Refund.DoesNotExist:
        raise Http404 from None
    form = SentForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for each in form.errors["sent_on"]))
        return redirect("fees:refunds")

    def act() -> str:
        record_sent(
            refund_id=found.id, sent_on=form.cleaned_data["sent_on"], by=request.officer, at=request.at
        )
        return _("送金済みにしました。")

    return done(request, act, redirect("fees:refunds"))
