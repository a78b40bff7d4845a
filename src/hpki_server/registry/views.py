"""Pages of the duty REGISTRY."""

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.uploads import MEBI, takes_files
from hpki_server.registry import queries, services
from hpki_server.registry.forms import EntryFilter, ImportForm
from hpki_server.registry.services import Outcome

PAGE_ROWS = 50
LIST_OCTETS_MOST = 40 * MEBI


@requires(Duty.REGISTRY)
@require_safe
def entries(request: OfficerRequest) -> HttpResponseBase:
    form = EntryFilter(request.GET)
    found = queries.entries(request.officer, **form.wanted())
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "registry/entries.html", {"form": form, "page": page, "query": form.query()})


@takes_files(LIST_OCTETS_MOST)
@requires(Duty.REGISTRY)
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: OfficerRequest) -> HttpResponseBase:
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            report = services.import_entries(form.cleaned_data["file"], by=request.officer, at=request.at)
        except Denied as denied:
            form.add_error("file", [str(denial.sentence) for denial in denied.denials])
        else:
            counts = [(outcome, report.counts[outcome]) for outcome in Outcome]
            return render(request, "registry/report.html", {"report": report, "counts": counts})
    return render(request, "registry/import.html", {"form": form})
