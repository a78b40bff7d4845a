"""One's own password, changed by whoever is logged in."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hpki_server.people.access import ApplicantRequest, OfficerRequest, applicant_only, requires
from hpki_server.people.denial import Denied
from hpki_server.people.forms import PasswordChangeForm
from hpki_server.people.network_address import address_of
from hpki_server.people.services import accounts as account_services


@applicant_only
@never_cache
@sensitive_post_parameters("present", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: ApplicantRequest) -> HttpResponseBase:
    return _change_password(request, "portal:applicant-home")


@requires()
@never_cache
@sensitive_post_parameters("present", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_change_password(request: OfficerRequest) -> HttpResponseBase:
    return _change_password(request, "portal:staff-home")


def _change_password(request: ApplicantRequest | OfficerRequest, home: str) -> HttpResponseBase:
    form = PasswordChangeForm(request.POST or None)
    if form.is_valid():
        try:
            changed = account_services.change_password(
                form.change(request.account, address=address_of(request)), at=request.at
            )
        except Denied as denied:
            form.add_error("present", str(denied.denials[0].sentence))
        else:
            update_session_auth_hash(request, changed)
            messages.success(
                request, _("パスワードを変更しました。ほかの機器では、もう一度ログインが必要です。")
            )
            return redirect(home)
    return render(request, "people/change_password.html", {"form": form, "home": home})
