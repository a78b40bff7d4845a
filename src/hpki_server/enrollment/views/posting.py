"""Letters that went into the letter box: a pile at a time, and what was recorded wrongly."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from hpki_server.enrollment import posting_lists
from hpki_server.enrollment.models import LetterPosting
from hpki_server.enrollment.posting_forms import CorrectPostingForm, PostedForm
from hpki_server.enrollment.posting_lists import LETTER_WORDS
from hpki_server.enrollment.rules import Letter, letter_terms
from hpki_server.enrollment.services import posting as services
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def posted(request: OfficerRequest, kind: str) -> HttpResponse:
    """These letters were posted on that day: ticked in the list, or their codes read."""
    if kind not in set(Letter):
        raise Http404
    letter = Letter(kind)
    lines = posting_lists.lines(request.officer, letter, at=request.at)
    form = PostedForm(
        request.POST if request.method == "POST" else None,
        waiting=[line.case.id for line in lines],
        ready=[line.case.id for line in lines if line.is_ready],
        today=day_of(request.at),
    )
    if form.is_valid():
        try:
            count = services.record_posted(form.pile(letter), by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            sentence = ngettext(
                "%(count)s 通の投函を記録しました。", "%(count)s 通の投函を記録しました。", count
            )
            messages.success(request, sentence % {"count": count})
            return redirect("enrollment:letters")
    context: dict[str, Any] = {
        "form": form,
        "letter": letter,
        "word": LETTER_WORDS[letter],
        "lines": lines,
        "terms": letter_terms(day_of(request.at)),
        "most": services.MOST,
    }
    return render(request, "enrollment/posted.html", context, status=422 if form.errors else 200)


@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: OfficerRequest, posting_id: int) -> HttpResponse:
    found = posting_lists.correctable(request.officer).filter(id=posting_id).first()
    if found is None:
        raise Http404
    form = CorrectPostingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.correct_posting(form.correction(found.id), by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("投函の記録を訂正しました。"))
            return redirect("enrollment:issuing-case", found.application_id)
    return correct_page(request, found, form)


def correct_page(request: OfficerRequest, found: LetterPosting, form: CorrectPostingForm) -> HttpResponse:
    context = {"posting": found, "application": found.application, "form": form}
    return render(request, "enrollment/correct_posting.html", context, status=422 if form.errors else 200)
