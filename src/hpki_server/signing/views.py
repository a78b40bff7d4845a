"""Anyone may have a signed document judged; the report is theirs for an hour."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from hpki_server.people.access import MomentRequest, public
from hpki_server.people.uploads import takes_files
from hpki_server.signing import limits, queries, summary
from hpki_server.signing.forms import DocumentForm
from hpki_server.signing.services.judging import judge_and_keep


@takes_files(3 * limits.DOCUMENT_OCTETS)
@public
@require_http_methods(["GET", "HEAD", "POST"])
def validate(request: MomentRequest) -> HttpResponseBase:
    if request.method != "POST":
        return render(request, "signing/validate.html", {"form": DocumentForm()})
    form = DocumentForm(request.POST, request.FILES)
    if limits.is_too_often(request, limits.PAGE, at=request.at):
        form.add_error(None, str(limits.TOO_OFTEN.sentence))
        return render(request, "signing/validate.html", {"form": form}, status=429)
    if not form.is_valid():
        return render(request, "signing/validate.html", {"form": form}, status=422)
    lang = "ja" if (get_language() or "ja").startswith("ja") else "en"
    run = judge_and_keep(form.asked(), at=request.at, lang=lang)
    return redirect("signing:report", address=run.id)


@public
@require_safe
def report(request: MomentRequest, address: UUID) -> HttpResponseBase:
    run = queries.report_with(address, at=request.at)
    if run is None:
        return render(request, "signing/gone.html", status=404)
    context = {
        "run": run,
        "verdict": summary.verdict_of(run.report),
        "signatures": summary.signatures_of(run.report),
        "findings": summary.findings_of(run.report),
        "time_stamps": run.report["time_stamps"],
    }
    return _private(render(request, "signing/report.html", context))


@public
@require_safe
def report_file(request: MomentRequest, address: UUID, form: str) -> HttpResponseBase:
    run = queries.report_with(address, at=request.at)
    if run is None:
        raise Http404
    name = f"validation-{run.sha256[:12]}.{form}"
    if form == "pdf":
        response = HttpResponse(bytes(run.sheet), content_type="application/pdf")
    elif form == "xml":
        response = HttpResponse(bytes(run.xml), content_type="application/xml")
    else:
        response = JsonResponse(run.report, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    """A report may name people; it comes back from nobody's store."""
    response["Cache-Control"] = "no-store, private"
    return response
