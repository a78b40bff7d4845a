"""The audit chain, for the duty AUDIT."""

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hpki_server.people import queries
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.duties import Duty
from hpki_server.people.forms import AuditFilter
from hpki_server.people.models import AuditHead

PAGE_ROWS = 50


@requires(Duty.AUDIT)
@require_safe
def audit_lines(request: OfficerRequest) -> HttpResponseBase:
    form = AuditFilter(request.GET)
    lines = queries.audit_lines(request.officer, **form.wanted())
    page = Paginator(lines, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "names": queries.names_of(line.by for line in page),
        "head": AuditHead.objects.first(),
        "query": form.query(),
    }
    return render(request, "people/audit.html", context)
