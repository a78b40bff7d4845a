"""Client systems: registered by two officers, given a key once, withdrawn at once."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.signing import queue_queries
from hpki_server.signing.client_forms import ClientForm
from hpki_server.signing.queue_models import ClientSystem
from hpki_server.signing.services import clients as services


@requires(Duty.ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def clients(request: OfficerRequest) -> HttpResponseBase:
    form = ClientForm(request.POST if request.method == "POST" else None, officer=request.officer)
    if form.is_valid():
        try:
            services.propose_client(
                name=form.cleaned_data["name"],
                organisation_id=form.cleaned_data["organisation"],
                days=form.cleaned_data["days"],
                by=request.officer,
                at=request.at,
            )
        except Denied as denied:
            for denial in denied.denials:
                form.add_error(None, str(denial.sentence))
        else:
            messages.success(
                request,
                _("申し出ました。別の担当者が「二人での確認」で確認すると、実行されます。"),
            )
            return redirect("signing:clients")
    rows = queue_queries.clients_in_reach(request.officer)
    context = {"form": form, "rows": rows, "now": request.at}
    return render(request, "signing/clients.html", context, status=422 if form.errors else 200)


@requires(Duty.ACCOUNTS)
@require_POST
def make_key(request: OfficerRequest, client_id: UUID) -> HttpResponseBase:
    """The key, shown once; nothing keeps it."""
    _in_reach(request, client_id)
    try:
        shown = services.make_key(client_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
        return redirect("signing:clients")
    return render(request, "signing/client_key.html", {"client": shown.client, "key": shown.key.reveal()})


@requires(Duty.ACCOUNTS)
@require_POST
def withdraw_client(request: OfficerRequest, client_id: UUID) -> HttpResponseBase:
    _in_reach(request, client_id)
    try:
        services.withdraw_client(client_id, by=request.officer, at=request.at)
    except Denied as denied:
        _say_why_not(request, denied)
    else:
        messages.success(request, _("登録を取り消しました。このシステムの鍵は、もう使えません。"))
    return redirect("signing:clients")


def _in_reach(request: OfficerRequest, client_id: UUID) -> ClientSystem:
    found = queue_queries.clients_in_reach(request.officer).filter(id=client_id).first()
    if found is None:
        raise Http404
    return found


def _say_why_not(request: OfficerRequest, denied: Denied) -> None:
    for denial in denied.denials:
        messages.error(request, str(denial.sentence))
