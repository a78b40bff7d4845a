"""What the cashier's pages share: ages in words, denials as messages, files that run nothing."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hpki_server.fees import queries
from hpki_server.fees.models import Invoice
from hpki_server.fees.services.books import day_of
from hpki_server.fees.states import InvoiceState
from hpki_server.people.access import OfficerRequest
from hpki_server.people.denial import Denied
from hpki_server.people.pieces import Chip, Tone

ROWS = 50
# From two weeks on somebody should ask whether the invoice arrived.
WARN_DAYS = 14
_TONES = {
    InvoiceState.OPEN: Tone.WARN,
    InvoiceState.SETTLED: Tone.OK,
    InvoiceState.CANCELLED: Tone.QUIET,
    InvoiceState.REFUNDED: Tone.QUIET,
}


@dataclass(frozen=True)
class InvoiceRow:
    invoice: Invoice
    state: Chip
    age: Chip | None
    told: str
    """What is missing or too much, in words."""


def row_of(invoice: Invoice, *, on: dt.date) -> InvoiceRow:
    state = InvoiceState(invoice.state)
    age = _age(invoice, on) if state is InvoiceState.OPEN else None
    return InvoiceRow(invoice, Chip(state.label, _TONES[state]), age, told(invoice))


def _age(invoice: Invoice, on: dt.date) -> Chip:
    if on > invoice.due_on:
        late = (on - invoice.due_on).days
        return Chip(
            ngettext("期限を %(days)d 日過ぎ", "期限を %(days)d 日過ぎ", late) % {"days": late}, Tone.BAD
        )
    days = (on - invoice.issued_on).days + 1
    tone = Tone.WARN if days > WARN_DAYS else Tone.QUIET
    return Chip(ngettext("%(days)d 日目", "%(days)d 日目", days) % {"days": days}, tone)


def told(invoice: Invoice) -> str:
    standing = invoice.standing
    if standing.excess:
        return _("%(yen)s 円を返す必要があります") % {"yen": f"{standing.excess:,}"}
    if standing.owed and invoice.paid > invoice.refunded:
        return _("%(yen)s 円足りません") % {"yen": f"{standing.owed:,}"}
    return ""


def frame(request: OfficerRequest) -> dict[str, object]:
    """What stands on every page of the cashier: the tabs with what waits behind each."""
    return {"standings": queries.standings(request.officer, on=day_of(request.at))}


def add_denials(form: BaseForm, denied: Denied) -> None:
    for denial in denied.denials:
        form.add_error(None, str(denial.sentence))


def done(request: OfficerRequest, act: Callable[[], str], goal: HttpResponse) -> HttpResponse:
    """Do it and say so, or say why not; a page of its own again, so that a reload repeats nothing."""
    try:
        messages.success(request, act())
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
    return goal


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    # Whatever the bytes are, they run nothing and fetch nothing.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
