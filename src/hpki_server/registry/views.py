"""Pages of the duty REGISTRY."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.uploads import takes_files
from hpki_server.registry import searching, services
from hpki_server.registry.forms import MOST_UPLOAD_OCTETS, ImportForm, NameForm, SearchForm
from hpki_server.registry.models import RegistryEntry
from hpki_server.registry.services import Outcome, naming, reading


@requires(Duty.REGISTRY)
@require_safe
def entries(request: OfficerRequest) -> HttpResponseBase:
    """By name, by number, or all of them by number; a page begins where the one before ended."""
    form = SearchForm(request.GET)
    wanted, after = form.wanted(), request.GET.get("after", "")
    if "name" in wanted:
        found = searching.by_name(request.officer, wanted["name"], after, number=wanted.get("number", ""))
    else:
        found = searching.by_number(request.officer, wanted.get("number", ""), after)
    context = {"form": form, "found": found, "query": form.query(), "is_first": not after}
    return render(request, "registry/entries.html", context)


@requires(Duty.REGISTRY)
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: OfficerRequest, entry_id: UUID) -> HttpResponseBase:
    """One entry with all its names; another name is written down here."""
    form = NameForm(request.POST or None)
    try:
        if form.is_valid():
            naming.record_name(entry_id, form.command(), by=request.officer, at=request.at)
            messages.success(request, _("氏名を記録しました。"))
            return redirect("registry:entry", entry_id)
    except Denied as denied:
        for denial in denied.denials:
            form.add_error(None, str(denial.sentence))
    except RegistryEntry.DoesNotExist:
        raise Http404 from None
    try:
        found = reading.open_entry(entry_id, by=request.officer, at=request.at)
    except RegistryEntry.DoesNotExist:
        raise Http404 from None
    context = {"found": found, "form": form}
    return render(request, "registry/entry.html", context, status=422 if form.errors else 200)


@takes_files(MOST_UPLOAD_OCTETS)
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
