"""Whoever forgot the password: the page before the login."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hpki_server.lifecycle.forms import RegainForm
from hpki_server.lifecycle.services import regaining
from hpki_server.lifecycle.views.answers import add_denials
from hpki_server.people.access import MomentRequest, public
from hpki_server.people.denial import Denied
from hpki_server.people.network_address import address_of


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: MomentRequest) -> HttpResponse:
    form = RegainForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            regaining.ask_for_link(form.claim(address=address_of(request)), at=request.at)
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(
                request,
                _(
                    "ご登録と合っていれば、メールをお送りしました。メールのリンクから新しいパスワードをお決めください。10 分たっても届かないときは、迷惑メールと入力した内容をお確かめください。"
                ),
            )
            return redirect("people:login")
    return render(request, "lifecycle/forgotten.html", {"form": form}, status=422 if form.errors else 200)
