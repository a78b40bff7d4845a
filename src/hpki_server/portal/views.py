"""Public front, the two homes, and what a page says when it cannot be shown."""

from typing import Final

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hpki_server.enrollment import progress
from hpki_server.lifecycle import home
from hpki_server.people.access import (
    ApplicantRequest,
    MomentRequest,
    OfficerRequest,
    applicant_only,
    public,
    requires,
)
from hpki_server.people.duties import Duty
from hpki_server.portal import queries
from hpki_server.portal.overview import overview
from hpki_server.signing import queue_shown

# Addresses at which programs ask; their failures are no pages.
MACHINES: Final = "/api/"
CODES: Final = {
    400: "request_unreadable",
    403: "forbidden",
    404: "address_unknown",
    413: "too_large",
    500: "failed",
    503: "busy",
}


@public
@require_safe
def front(request: MomentRequest) -> HttpResponseBase:
    return render(request, "portal/front.html")


@applicant_only
@require_safe
def applicant_home(request: ApplicantRequest) -> HttpResponseBase:
    application = queries.latest_application(request.account)
    held_by = progress.held_by(application) if application else ""
    context = {
        "application": application,
        "held_by": held_by,
        "home": home.home_of(request.account, at=request.at),
        "to_sign": queue_shown.waiting_count(request.account, at=request.at),
    }
    return render(request, "portal/applicant_home.html", context)


@requires()
@require_safe
def staff_home(request: OfficerRequest) -> HttpResponseBase:
    return render(request, "portal/staff_home.html", {"desks": queries.desks(request.officer)})


@requires(Duty.INTAKE, Duty.PICKUP)
@require_safe
def association_overview(request: OfficerRequest) -> HttpResponseBase:
    shown = overview(request.officer, request.GET.get("desk", ""), at=request.at)
    return render(request, "portal/overview.html", {"shown": shown})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Also how Django tells that the session could not be written: the database was busy too long.
    if isinstance(exception, SessionInterrupted):
        return _failure(
            request,
            503,
            _("いまは処理が混み合っています"),
            _(
                "操作は行われていないことがあります。1 分ほど待ってからページを開き直し、結果をお確かめください。続くときは、システムの担当者にお知らせください。"
            ),
        )
    if isinstance(exception, RequestDataTooBig):
        return _failure(
            request,
            413,
            _("送られたものが大きすぎます"),
            _(
                "ここで受け取れる大きさを超えています。案内されている大きさまでのファイルで、もう一度お送りください。"
            ),
        )
    return _failure(
        request,
        400,
        _("送信された内容を読み取れませんでした"),
        _(
            "ページを開き直して、もう一度お試しください。ファイルを送るときは、大きさと種類をお確かめください。"
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    return _failure(
        request,
        403,
        _("このページを開く権限がありません"),
        _(
            "お使いのアカウントではご覧になれません。別のアカウントをお持ちの方は、一度ログアウトしてから入り直してください。担当者の方は、所属団体の権限担当者にお申し出ください。"
        ),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django hands it over
    return _failure(
        request,
        403,
        _("ページの有効期限が切れました"),
        _(
            "安全のため、送信を受け付けませんでした。前のページに戻って開き直し、もう一度お試しください。ブラウザーの Cookie が無効のときは有効にしてください。"
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django hands it over
    return _failure(
        request,
        404,
        _("ページが見つかりません"),
        _(
            "アドレスが変わったか、入力が違っている可能性があります。アドレスをお確かめになるか、はじめのページからお進みください。"
        ),
    )


def server_failed(request: HttpRequest) -> HttpResponse:
    # Drawn without session and database: they may be what failed.
    title = _("処理を完了できませんでした")
    if request.path.startswith(MACHINES):
        return _refusal(500, title)
    facts = {
        "title": title,
        "what_to_do": _(
            "こちらの不具合です。申し訳ございません。少し待ってからもう一度お試しください。続くときは、日時を添えてセンターにお知らせください。"
        ),
        "status": 500,
    }
    return HttpResponse(render_to_string("portal/failure.html", facts), status=500)


def _failure(request: HttpRequest, status: int, title: str, what_to_do: str) -> HttpResponse:
    if request.path.startswith(MACHINES):
        return _refusal(status, title)
    facts = {"title": title, "what_to_do": what_to_do, "status": status}
    return render(request, "portal/failure.html", facts, status=status)


def _refusal(status: int, sentence: str) -> HttpResponse:
    """As the API itself says no (`signing.api_answers.Refusal`)."""
    return JsonResponse({"code": CODES[status], "sentence": sentence, "fields": []}, status=status)
