"""The bank's files: sent once, taken over step by step while the page shows how far, then told row by row."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.fees import queries
from hpki_server.fees.bank_csv import REASONS
from hpki_server.fees.forms import FileForm
from hpki_server.fees.models import BankFile
from hpki_server.fees.services import continue_file, receive_file
from hpki_server.fees.services.importing import report_of
from hpki_server.fees.states import RowOutcome
from hpki_server.fees.views.pages import ROWS, add_denials, frame
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.uploads import takes_files

TONES = {
    RowOutcome.MATCHED: "ok",
    RowOutcome.UNMATCHED: "warn",
    RowOutcome.KNOWN: "quiet",
    RowOutcome.OUTGOING: "quiet",
    RowOutcome.REFUSED: "bad",
}


@takes_files(FileForm.OCTETS)
@requires(Duty.CASHIER)
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: OfficerRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            file = receive_file(sent, name=sent.name or "", by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            return redirect("fees:file", file.id)
    page = Paginator(queries.files(request.officer), ROWS).get_page(request.GET.get("page"))
    context = {**frame(request), "form": form, "page": page}
    return render(request, "fees/files.html", context, status=422 if form.errors else 200)


def file_of(request: OfficerRequest, file_id: UUID) -> BankFile:
    try:
        return queries.files(request.officer).get(id=file_id)
    except BankFile.DoesNotExist:
        raise Http404 from None


@requires(Duty.CASHIER)
@require_safe
def shown(request: OfficerRequest, file_id: UUID) -> HttpResponse:
    file = file_of(request, file_id)
    outcome = request.GET.get("outcome", "")
    page = Paginator(queries.rows(file, outcome=outcome), ROWS).get_page(request.GET.get("page"))
    counts = report_of(file).counts
    context = {
        **frame(request),
        "file": file,
        "page": page,
        "counts": [(each, TONES[each], counts[each]) for each in RowOutcome],
        "rows": [
            (
                row,
                RowOutcome(row.outcome),
                TONES[RowOutcome(row.outcome)],
                [REASONS[code] for code in row.reasons],
            )
            for row in page
        ],
        "outcome": outcome,
        "query": urlencode({"outcome": outcome}),
    }
    return render(request, "fees/file.html", context)


@requires(Duty.CASHIER)
@require_POST
def go_on(request: OfficerRequest, file_id: UUID) -> HttpResponse:
    """One step; the page asks for the next by itself, or the officer does."""
    file = file_of(request, file_id)
    continue_file(file_id=file.id, by=request.officer, at=request.at)
    return redirect("fees:file", file.id)
