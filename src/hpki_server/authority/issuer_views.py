"""Issuers and their lists; what is changed here waits for a second officer."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.x509 import ReasonFlags
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hpki_server.authority.models import Issuer
from hpki_server.authority.services import governing
from hpki_server.authority.services.governing import ListPolicy
from hpki_server.authority.services.publishing import standing, targets
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty


class ListPolicyForm(forms.Form):
    shards = forms.IntegerField(
        label=gettext_lazy("分割数（0 は分割しない）"), min_value=0, max_value=governing.MOST_SHARDS
    )
    delta = forms.BooleanField(label=gettext_lazy("差分リストを発行する"), required=False)
    keeps_expired = forms.BooleanField(label=gettext_lazy("期限切れの証明書をリストに残す"), required=False)


@requires(Duty.ISSUING, Duty.REVOKING)
@require_safe
def issuers(request: OfficerRequest) -> HttpResponseBase:
    rows = [
        {"issuer": issuer, "lists": [row for each in targets(issuer) if (row := standing(issuer, each))]}
        for issuer in Issuer.objects.order_by("slug")
    ]
    return render(request, "authority/issuers.html", {"rows": rows})


@requires(Duty.ISSUING, Duty.REVOKING)
@require_safe
def issuer(request: OfficerRequest, slug: str) -> HttpResponseBase:
    shown = _named(slug)
    policy = {
        "shards": shown.crl_shards,
        "delta": shown.crl_delta,
        "keeps_expired": shown.expired_on_crl_from is not None,
    }
    context = {
        "issuer": shown,
        "form": ListPolicyForm(initial=policy),
        "may_issue": request.officer.may(Duty.ISSUING),
        "may_revoke": request.officer.may(Duty.REVOKING),
    }
    return render(request, "authority/issuer.html", context)


@requires(Duty.ISSUING)
@require_POST
def propose_lists(request: OfficerRequest, slug: str) -> HttpResponseBase:
    form = ListPolicyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("失効リストの分割数が正しくありません。"))
        return redirect("authority:issuer", slug)
    policy = ListPolicy(**form.cleaned_data)
    with _told(request):
        governing.propose_list_policy(_named(slug), policy, by=request.officer, at=request.at)
    return redirect("authority:issuer", slug)


@requires(Duty.ISSUING)
@require_POST
def propose_key_use(request: OfficerRequest, slug: str) -> HttpResponseBase:
    with _told(request):
        governing.propose_key_use(_named(slug), "lists", by=request.officer, at=request.at)
    return redirect("authority:issuer", slug)


@requires(Duty.REVOKING)
@require_POST
def propose_revocation(request: OfficerRequest, slug: str) -> HttpResponseBase:
    compromised = request.POST.get("compromised") == "yes"
    reason = ReasonFlags.key_compromise if compromised else ReasonFlags.cessation_of_operation
    with _told(request):
        governing.propose_issuer_revocation(_named(slug), reason, by=request.officer, at=request.at)
    return redirect("authority:issuer", slug)


def _named(slug: str) -> Issuer:
    found = Issuer.objects.filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


@contextmanager
def _told(request: OfficerRequest) -> Iterator[None]:
    try:
        yield
    except Denied as denied:
        for denial in denied.denials:
            messages.error(request, str(denial.sentence))
    else:
        messages.success(request, _("申し出ました。別の担当者が「二人での確認」で確認すると、実行されます。"))
