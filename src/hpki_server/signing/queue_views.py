"""The holder and the documents that wait for a signature: look at them, sign with the card, take the result along."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.people.access import ApplicantRequest, applicant_only
from hpki_server.people.denial import Denied
from hpki_server.people.uploads import takes_files
from hpki_server.signing import queue_queries
from hpki_server.signing import queue_shown as shown
from hpki_server.signing.preview.looking import is_pdf, look_at
from hpki_server.signing.preview.pdf import LARGE, PAGES_AT_ONCE, WIDTH, picture_of_page
from hpki_server.signing.queue_forms import KeepForm, OwnDocumentForm, ReasonForm, SignedElsewhereForm, chosen
from hpki_server.signing.queue_models import SigningTask
from hpki_server.signing.queue_names import signed_media_of
from hpki_server.signing.queue_rules import DOCUMENT_OCTETS, MOST_ADDED
from hpki_server.signing.queue_shown import ShownTask
from hpki_server.signing.services import accepting, depositing, ending_tasks, keeping

# Whatever the octets are, they run nothing and fetch nothing.
_SEALED_OFF: Final = "default-src 'none'; sandbox"


def own(request: ApplicantRequest, task_id: UUID) -> ShownTask:
    """Raises `Http404` for anybody else's."""
    try:
        return shown.shown(request.account, task_id, at=request.at)
    except SigningTask.DoesNotExist:
        raise Http404 from None


@applicant_only
@require_safe
def queue(request: ApplicantRequest) -> HttpResponse:
    return render(request, "signing/queue.html", {"shelf": shown.shelf_of(request.account, at=request.at)})


@takes_files(DOCUMENT_OCTETS)
@applicant_only
@require_http_methods(["GET", "HEAD", "POST"])
def own_deposit(request: ApplicantRequest) -> HttpResponseBase:
    """A document of the holder's own."""
    is_sent = request.method == "POST"
    form = OwnDocumentForm(
        request.POST if is_sent else None, request.FILES if is_sent else None, at=request.at
    )
    if is_sent and form.is_valid():
        try:
            done = depositing.deposit_own(form.deposit(), by=request.account, at=request.at)
        except Denied as denied:
            _add_denials(form, denied)
        else:
            messages.success(request, _("文書をお預かりしました。内容を確かめて、署名してください。"))
            return redirect("signing:task", done.task.id)
    context = {"form": form, "cards": shown.signers_of(request.account, at=request.at)}
    return render(request, "signing/own_deposit.html", context, status=422 if form.errors else 200)


@applicant_only
@require_safe
def task(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    document = own(request, task_id)
    first = _page_from(request)
    look = None if document.draft is None else look_at(document.draft, first=first)
    context = {
        "document": document,
        "look": look,
        "pages": _steps_through(look.pdf.pages, first) if look and look.pdf else None,
        "signer": shown.signer_of(document.task, request.account, at=request.at),
        "result": shown.result_of(document) if document.is_signed else None,
        "keep_form": KeepForm(),
    }
    return render(request, "signing/task.html", context)


def _page_from(request: ApplicantRequest) -> int:
    asked = request.GET.get("from", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 7 else 1


def _steps_through(pages: int, first: int) -> dict[str, int | None]:
    """Where the pages before and after those that are shown begin."""
    following = first + PAGES_AT_ONCE
    return {
        "step": PAGES_AT_ONCE,
        "first": first,
        "last": min(following - 1, pages),
        "before": max(1, first - PAGES_AT_ONCE) if first > 1 else None,
        "after": following if following <= pages else None,
    }


@applicant_only
@require_safe
def task_page(request: ApplicantRequest, task_id: UUID, number: int) -> HttpResponse:
    """One page of a PDF as a picture; nothing of the file itself reaches the browser."""
    document = own(request, task_id)
    if document.draft is None or not is_pdf(document.draft):
        raise Http404
    width = LARGE if request.GET.get("size") == "large" else WIDTH
    try:
        picture = picture_of_page(document.draft, number, width)
    except Denied:
        raise Http404 from None
    return _file(picture, "image/png", f"page-{number}.png", is_shown=True)


@applicant_only
@require_safe
def task_draft(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    """The file as it was handed in, to be opened with the holder's own software."""
    document = own(request, task_id)
    if document.draft is None:
        raise Http404
    return _file(document.draft, "application/octet-stream", document.task.file_name)


@applicant_only
@require_safe
def task_signed(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    document = own(request, task_id)
    if document.signed is None:
        raise Http404
    return _file(document.signed, signed_media_of(document.task), document.signed_name)


@applicant_only
@require_safe
def task_report(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    """What the judge says of the signed document now, as a sheet for the file."""
    document = own(request, task_id)
    sheet = shown.report_sheet(document)
    if sheet is None:
        raise Http404
    return _file(sheet, "application/pdf", f"report-{document.task.signed_sha256[:12]}.pdf")


@applicant_only
@require_safe
def sign(request: ApplicantRequest) -> HttpResponse:
    """How the chosen documents are signed with the card; the page waits for the signatures."""
    documents = _chosen(request)
    waiting = [each for each in documents if each.is_waiting]
    if not documents:
        messages.error(request, _("署名する文書に、チェックを入れてください。"))
        return redirect("signing:queue")
    context = {
        "documents": documents,
        "waiting": len(waiting),
        "only": waiting[0] if len(waiting) == 1 else None,
        "cards": shown.signers_of(request.account, at=request.at),
        "command": _command(waiting),
        "query": _query(documents),
        "is_virtual": settings.CARD_READER == "virtual",
    }
    return render(request, "signing/sign.html", context)


@applicant_only
@require_safe
def sign_progress(request: ApplicantRequest) -> HttpResponse:
    """The part of the page that changes, asked for every few seconds."""
    documents = _chosen(request)
    waiting = sum(each.is_waiting for each in documents)
    if request.GET.get("waiting") == str(waiting):
        # Nothing new: what stands there stays, and so does the reader's focus in it.
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = {
        "documents": documents,
        "waiting": waiting,
        "query": _query(documents),
        # How to sign is of no use any more once all is done.
        "is_update": True,
    }
    return render(request, "signing/sign_progress.html", context)


@takes_files(DOCUMENT_OCTETS + MOST_ADDED)
@applicant_only
@require_http_methods(["GET", "HEAD", "POST"])
def signed_elsewhere(request: ApplicantRequest, task_id: UUID) -> HttpResponseBase:
    """The document was signed with other software; here it comes back and is checked like any other."""
    document = own(request, task_id)
    is_sent = request.method == "POST"
    form = SignedElsewhereForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and form.is_valid():
        try:
            accepting.accept_signed(
                task_id,
                form.octets(),
                holders=queue_queries.holders_of(request.account, at=request.at),
                by=request.account,
                at=request.at,
            )
        except Denied as denied:
            _add_denials(form, denied)
        else:
            messages.success(request, _("署名を受け取り、確かめました。"))
            return redirect("signing:task", task_id)
    context = {"document": document, "form": form}
    return render(request, "signing/signed_elsewhere.html", context, status=422 if form.errors else 200)


def _chosen(request: ApplicantRequest) -> list[ShownTask]:
    return [own(request, task_id) for task_id in chosen(request.GET.getlist("task"))]


def _query(documents: list[ShownTask]) -> str:
    return "&".join(f"task={each.task.id}" for each in documents)


def _command(documents: list[ShownTask]) -> str:
    chosen_tasks = "".join(f" --task {each.task.id}" for each in documents)
    return f"hpki sign queue --server {settings.ORIGIN.rstrip('/')}{chosen_tasks}"


@applicant_only
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    document = own(request, task_id)
    if document.is_own:
        # An own document is taken back; there is nobody to tell.
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ending_tasks.decline(
                task_id,
                reason=form.cleaned_data["reason"],
                holders=shown.holders_ever(request.account),
                by=request.account,
                at=request.at,
            )
        except Denied as denied:
            _add_denials(form, denied)
        else:
            messages.success(request, _("署名しないことを、依頼元にお伝えします。"))
            return redirect("signing:queue")
    context = {"document": document, "form": form}
    return render(request, "signing/decline.html", context, status=422 if form.errors else 200)


@applicant_only
@require_POST
def withdraw_own(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    """An own document is taken back before it is signed."""
    return _done(
        request,
        task_id,
        lambda: ending_tasks.withdraw(task_id, by=request.account, at=request.at),
        _("文書を取り下げました。お預かりした内容は消します。"),
    )


@applicant_only
@require_POST
def collect_own(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    """The holder has an own signed document in hand; here it goes."""
    return _done(
        request,
        task_id,
        lambda: ending_tasks.collect(task_id, by=request.account, at=request.at),
        _("お受け取りを記録しました。こちらにあった文書は消します。"),
    )


@applicant_only
@require_POST
def keep_own(request: ApplicantRequest, task_id: UUID) -> HttpResponse:
    """An own signed document stays here for a while, because somebody asked."""
    own(request, task_id)
    form = KeepForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("残す日数を選んでください。"))
        return redirect("signing:task", task_id)
    return _done(
        request,
        task_id,
        lambda: keeping.keep(task_id, days=form.cleaned_data["days"], by=request.account, at=request.at),
        _("選ばれた日まで、こちらに残します。"),
    )


def _done(
    request: ApplicantRequest, task_id: UUID, act: Callable[[], SigningTask], said: str
) -> HttpResponse:
    own(request, task_id)
    try:
        act()
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
    else:
        messages.success(request, said)
    return redirect("signing:task", task_id)


def _add_denials(form: Form, denied: Denied) -> None:
    for denial in denied.denials:
        form.add_error(None, str(denial.sentence))


def _file(octets: bytes, media_type: str, name: str, *, is_shown: bool = False) -> HttpResponse:
    response = HttpResponse(octets, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(not is_shown, name) or "attachment"
    response["Content-Security-Policy"] = _SEALED_OFF
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
