"""Print runs of letters, and cards that nobody fetches."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import posting_lists, production_lists
from hpki_server.enrollment.models import LetterRun
from hpki_server.enrollment.rules import letter_terms
from hpki_server.enrollment.services import letters as services
from hpki_server.enrollment.services import not_fetched
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.cases import case_of
from hpki_server.enrollment.views.documents import pdf_answer
from hpki_server.enrollment.words import sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.ISSUING)
@require_safe
def letters(request: OfficerRequest) -> HttpResponse:
    context = {
        "trays": production_lists.trays(request.officer, at=request.at),
        "runs": production_lists.runs(request.officer),
        "unposted": posting_lists.counts(request.officer),
        "posted_days": posting_lists.recent(request.officer),
        "sendable": production_lists.sendable(request.officer),
        "terms": letter_terms(day_of(request.at)),
        "channels": production_lists.channels(at=request.at),
        "most": services.MOST,
    }
    return render(request, "enrollment/letters.html", context)


@requires(Duty.ISSUING)
@require_POST
def print_run(request: OfficerRequest, kind: str) -> HttpResponse:
    """One PDF of all letters of a kind that may be printed now."""
    if kind not in LetterRun.Kind.values:
        raise Http404
    try:
        run, content = services.print_letters(LetterRun.Kind(kind), by=request.officer, at=request.at)
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
        return redirect("enrollment:letters")
    return pdf_answer(content, f"{kind}-{day_of(request.at).isoformat()}-{run.count}.pdf")


@requires(Duty.ISSUING)
@require_POST
def sent(request: OfficerRequest) -> HttpResponse:
    moved = services.record_all_notified(by=request.officer, at=request.at)
    messages.success(request, _("%(count)s 件を受取待ちにしました。") % {"count": moved})
    return redirect("enrollment:letters")


@requires(Duty.ISSUING, Duty.PICKUP)
@require_safe
def unfetched(request: OfficerRequest) -> HttpResponse:
    context = {
        "lines": production_lists.unfetched(request.officer, at=request.at),
        "terms": letter_terms(day_of(request.at)),
    }
    return render(request, "enrollment/unfetched.html", context)


@requires(Duty.PICKUP)
@require_POST
def bring_back(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    case_of(request, application_id, Duty.PICKUP)
    return _act(
        request,
        lambda: not_fetched.bring_back(application_id=application_id, by=request.officer, at=request.at),
        _("カードを電子認証センターへ返送したことを記録しました。"),
    )


@requires(Duty.ISSUING)
@require_POST
def send_again(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    case_of(request, application_id, Duty.ISSUING)
    return _act(
        request,
        lambda: not_fetched.send_again(application_id=application_id, by=request.officer, at=request.at),
        _("カードを受取場所へもう一度送ったことを記録しました。"),
    )


@requires(Duty.ISSUING)
@require_POST
def propose_end(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    case_of(request, application_id, Duty.ISSUING)
    return _act(
        request,
        lambda: not_fetched.propose_end(application_id=application_id, by=request.officer, at=request.at),
        _("申し出ました。別の担当者が「二人での確認」で確認すると、カードを破砕して手続を終えます。"),
    )


def _act(request: OfficerRequest, done: Callable[[], object], sentence: str) -> HttpResponse:
    try:
        done()
    except Denied as denied:
        for said in sentences(denied):
            messages.error(request, said)
    else:
        messages.success(request, sentence)
    return redirect("enrollment:unfetched")
