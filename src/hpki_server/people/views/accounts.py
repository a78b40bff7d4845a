"""Officers, their duties, and how they come in: pages of the duty ACCOUNTS."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hpki_server.people import queries
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.forms import GrantForm, StaffForm
from hpki_server.people.models import Account, DutyGrant
from hpki_server.people.services import accounts as account_services
from hpki_server.people.services import duties as duty_services


def _in_reach(request: OfficerRequest, account_id: UUID) -> Account:
    """The account, if this officer may see it; otherwise it does not exist for them."""
    found = queries.officers_in_reach(request.officer, at=request.at).filter(pk=account_id).first()
    if found is None:
        raise Http404
    return found


def _say_why_not(request: OfficerRequest, denied: Denied) -> None:
    for denial in denied.denials:
        messages.error(request, str(denial.sentence))


@requires(Duty.ACCOUNTS)
@require_safe
def accounts(request: OfficerRequest) -> HttpResponseBase:
    officers = queries.officers_in_reach(request.officer, at=request.at)
    return render(request, "people/accounts.html", {"officers": officers})


@requires(Duty.ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_account(request: OfficerRequest) -> HttpResponseBase:
    form = StaffForm(request.POST or None)
    if form.is_valid():
        try:
            made = account_services.create_staff(form.registration(), by=request.officer, at=request.at)
        except Denied as denied:
            form.add_error("username", str(denied.denials[0].sentence))
        else:
            return _link_page(request, made)
    return render(request, "people/new_account.html", {"form": form})


def _link_page(request: OfficerRequest, account: Account) -> HttpResponseBase:
    """The setup link, shown once; nothing keeps it."""
    token = account_services.setup_token(account)
    link = settings.ORIGIN + reverse("people:staff-setup", args=[account.pk, token])
    response = render(request, "people/setup_link.html", {"officer_account": account, "link": link})
    response["Cache-Control"] = "no-store"
    return response


@requires(Duty.ACCOUNTS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: OfficerRequest, account_id: UUID) -> HttpResponseBase:
    shown = _in_reach(request, account_id)
    form = GrantForm(request.POST or None)
    form.offer(queries.organisations_in_reach(request.officer))
    if form.is_valid():
        try:
            duty_services.propose_grant(
                account_id=account_id,
                organisation_id=form.organisation_id(),
                duty=form.duty_word(),
                by=request.officer,
                at=request.at,
            )
        except Denied as denied:
            for denial in denied.denials:
                form.add_error(None, str(denial.sentence))
        else:
            messages.success(request, _("権限の付与を申し出ました。別の担当者が確認すると有効になります。"))
            return redirect("people:account", account_id)
    facts = {"officer_account": shown, "form": form, "oneself": shown.pk == request.officer.account_id}
    return render(request, "people/account.html", facts)


@requires(Duty.ACCOUNTS)
@require_POST
def withdraw(request: OfficerRequest, grant_id: UUID) -> HttpResponseBase:
    grant = DutyGrant.objects.filter(pk=grant_id).first()
    if grant is None:
        raise Http404
    _in_reach(request, grant.account_id)
    try:
        duty_services.withdraw_duty(grant_id=grant_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
    else:
        messages.success(request, _("権限を取り消しました。"))
    return redirect("people:account", grant.account_id)


@requires(Duty.ACCOUNTS)
@require_POST
def renew_access(request: OfficerRequest, account_id: UUID) -> HttpResponseBase:
    _in_reach(request, account_id)
    try:
        renewed = account_services.renew_access(account_id=account_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
        return redirect("people:account", account_id)
    return _link_page(request, renewed)


@requires(Duty.ACCOUNTS)
@require_POST
def close_account(request: OfficerRequest, account_id: UUID) -> HttpResponseBase:
    _in_reach(request, account_id)
    try:
        account_services.close_account(account_id=account_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
    else:
        messages.success(request, _("アカウントを停止しました。"))
    return redirect("people:account", account_id)
