"""Approved applications that wait for money or for their card, and a change of membership among them."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hpki_server.enrollment import queries
from hpki_server.enrollment.fee_facts import money_of
from hpki_server.enrollment.kind_forms import KindForm
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services.member_change import propose_change
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.views.cases import case_of, wrong_moment
from hpki_server.enrollment.words import add_denials
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

ROWS = 50


@requires(Duty.APPROVAL)
@require_safe
def approved(request: OfficerRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    found = queries.approved(request.officer, words=words)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    today = day_of(request.at)
    context = {
        "rows": [(case, money_of(case, on=today)) for case in page],
        "page": page,
        "q": words,
        "query": urlencode({"q": words}),
    }
    return render(request, "enrollment/approved.html", context)


@requires(Duty.APPROVAL)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = case_of(request, application_id, Duty.APPROVAL)
    if elsewhere := wrong_moment(request, application, State.APPROVED):
        return elsewhere
    form = KindForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            propose_change(form.command(application.id), by=request.officer, at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            words = {"number": application.number}
            sentence = _(
                "%(number)s の会員種別の変更を申し出ました。別の担当者が「二人での確認」で確認すると、手数料を計算し直します。"
            )
            messages.success(request, sentence % words)
            return redirect("enrollment:approved")
    money = money_of(application, on=day_of(request.at))
    context = {"application": application, "form": form, "money": money}
    return render(request, "enrollment/member_kind.html", context, status=422 if form.errors else 200)
