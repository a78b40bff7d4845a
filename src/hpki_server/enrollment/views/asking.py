"""The page of the exchange with the ministry: make a batch, fetch its file, hand in what came back."""

import csv

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment.services import asking
from hpki_server.enrollment.words import sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.uploads import takes_files
from hpki_server.registry import queries
from hpki_server.registry.exchange_files import Encoding, RequestRow, batch_file
from hpki_server.registry.forms import MOST_UPLOAD_OCTETS, ReplyForm
from hpki_server.registry.models import MatchBatch
from hpki_server.registry.services import Outcome, exchange, reading

MOST_BATCHES = 100


@takes_files(MOST_UPLOAD_OCTETS)
@requires(Duty.REGISTRY)
def exchanges(request: OfficerRequest) -> HttpResponse:
    """The batches, and a form for the files that came back."""
    form = ReplyForm(request.POST or None, request.FILES or None)
    report = None
    if form.is_valid():
        take = exchange.import_answers if form.holds_answers() else exchange.record_acknowledgement
        try:
            report = take(form.cleaned_data["file"], by=request.officer, at=request.at)
        except Denied as denied:
            form.add_error("file", sentences(denied))
    counts = [(outcome, report.counts[outcome]) for outcome in Outcome] if report else []
    context = {
        "form": form,
        "report": report,
        "counts": counts,
        "batches": queries.batches(request.officer)[:MOST_BATCHES],
        "open": len(asking.open_requests()),
    }
    return render(request, "enrollment/exchange.html", context, status=422 if form.errors else 200)


@requires(Duty.REGISTRY)
@require_POST
def ask_ministry(request: OfficerRequest) -> HttpResponse:
    try:
        batch = asking.ask_ministry(by=request.officer, at=request.at)
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
    else:
        messages.success(
            request,
            _("照会 %(sequence)s を作りました。ファイルをお取りください。") % {"sequence": batch.sequence},
        )
    return redirect("enrollment:exchanges")


@requires(Duty.REGISTRY)
@require_safe
def batch(request: OfficerRequest, sequence: int, encoding: str) -> HttpResponse:
    """The file of a batch, the same bytes each time."""
    if encoding not in {one.value for one in Encoding}:
        raise Http404
    content, _missing = batch_file(_rows(request, sequence), Encoding(encoding))
    response = HttpResponse(content, content_type=f"text/csv; charset={encoding.removesuffix('-sig')}")
    response["Content-Disposition"] = f'attachment; filename="match-{sequence:06d}-{encoding}.csv"'
    return response


@requires(Duty.REGISTRY)
@require_safe
def unmappable(request: OfficerRequest, sequence: int) -> HttpResponse:
    """Which glyphs of a batch CP932 lacks, for the letter that goes with the file."""
    _content, missing = batch_file(_rows(request, sequence), Encoding.CP932)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="match-{sequence:06d}-glyphs.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(["行", "受付番号", "字", "文字コード", "MJ"])
    writer.writerows((one.line, one.reference, one.glyph, one.code_points, one.mj_code) for one in missing)
    return response


def _rows(request: OfficerRequest, sequence: int) -> list[RequestRow]:
    try:
        found = reading.open_batch(sequence, by=request.officer, at=request.at)
    except MatchBatch.DoesNotExist:
        raise Http404 from None
    return [exchange.row_of(one) for one in found]
