"""Logging in and out, registering, and an officer's first steps."""

import datetime as dt
from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login, logout
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hpki.keys.secret import Secret
from hpki_server.people import queries, totp
from hpki_server.people.access import LAST_SEEN, SECOND_FACTOR, MomentRequest, public
from hpki_server.people.denial import Denied
from hpki_server.people.forms import CodeForm, LoginForm, NewPasswordForm, RegistrationForm
from hpki_server.people.models import Account
from hpki_server.people.network_address import address_of
from hpki_server.people.services import accounts as account_services
from hpki_server.people.services import login as login_services

BACKEND = "django.contrib.auth.backends.ModelBackend"
HALF_LOGIN = "half_login"
HALF_LOGIN_LIMIT = dt.timedelta(minutes=5)


class PasswordByLink(Protocol):
    """A service that sets a password for whoever holds a link."""

    def __call__(self, *, account_id: UUID, token: str, password: Secret, at: dt.datetime) -> object:
        """Raises `Denied`."""
        ...


def _next_page(request: HttpRequest, otherwise: str) -> str:
    """Where to go after login: `next` if it is a path of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse(otherwise)


def _add_denials(form: Form, denied: Denied) -> None:
    for denial in denied.denials:
        form.add_error(None, str(denial.sentence))


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: MomentRequest) -> HttpResponseBase:
    """An applicant's login."""
    form = LoginForm(request.POST or None)
    if form.is_valid():
        claim = form.claim(address=address_of(request), kind=Account.Kind.APPLICANT)
        try:
            account = login_services.accept_login(
                login_services.prove_password(claim, at=request.at), at=request.at
            )
        except Denied as denied:
            _add_denials(form, denied)
        else:
            login(request, account, backend=BACKEND)
            return redirect(_next_page(request, "portal:applicant-home"))
    return render(request, "people/login.html", {"form": form, "next": request.GET.get("next", "")})


@public
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: MomentRequest) -> HttpResponseBase:
    form = RegistrationForm(request.POST or None)
    if form.is_valid():
        try:
            account_services.register_applicant(form.registration(address=address_of(request)), at=request.at)
        except Denied as denied:
            # Whether an address is registered, perhaps an officer's, is nobody else's business: same answer.
            if "username_taken" not in denied.codes:
                _add_denials(form, denied)
                return render(request, "people/register.html", {"form": form})
        messages.success(
            request,
            _(
                "登録を受け付けました。メールアドレスとパスワードでログインしてください。以前に登録したことのあるアドレスでは、以前のパスワードのままです。"
            ),
        )
        return redirect("people:login")
    return render(request, "people/register.html", {"form": form})


@public
@require_POST
def log_out(request: MomentRequest) -> HttpResponseBase:
    was_staff = isinstance(request.user, Account) and request.user.kind == Account.Kind.STAFF
    logout(request)
    messages.success(request, _("ログアウトしました。"))
    return redirect("people:staff-login" if was_staff else "portal:front")


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_log_in(request: MomentRequest) -> HttpResponseBase:
    """First half of an officer's login."""
    form = LoginForm(request.POST or None)
    if form.is_valid():
        claim = form.claim(address=address_of(request), kind=Account.Kind.STAFF)
        try:
            account = login_services.prove_password(claim, at=request.at).account
        except Denied as denied:
            _add_denials(form, denied)
        else:
            _remember_half(request, account)
            return redirect("people:staff-code" if queries.has_second_factor(account) else "people:staff-app")
    return render(request, "people/staff_login.html", {"form": form, "next": request.GET.get("next", "")})


def _remember_half(request: MomentRequest, account: Account) -> None:
    """A new session that knows only whose password was right, for a few minutes."""
    wanted = _next_page(request, "portal:staff-home")
    request.session.flush()
    request.session[HALF_LOGIN] = {
        "account": str(account.pk),
        "password": account.get_session_auth_hash(),
        "at": int(request.at.timestamp()),
        "next": wanted,
    }


def _half_login(request: MomentRequest) -> Account | None:
    half = request.session.get(HALF_LOGIN)
    if not half or request.at.timestamp() - half["at"] > HALF_LOGIN_LIMIT.total_seconds():
        return None
    account = Account.objects.filter(pk=half["account"], kind=Account.Kind.STAFF, is_active=True).first()
    if account is None or account.get_session_auth_hash() != half["password"]:
        return None
    return account


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_code(request: MomentRequest) -> HttpResponseBase:
    """Second half: the code of the authenticator app."""
    account = _half_login(request)
    if account is None:
        return redirect("people:staff-login")
    if not queries.has_second_factor(account):
        return redirect("people:staff-app")
    return _code_page(request, account, "people/staff_code.html", {})


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_app(request: MomentRequest) -> HttpResponseBase:
    """An officer's first login: the authenticator app learns the secret, a first code confirms it."""
    account = _half_login(request)
    if account is None:
        return redirect("people:staff-login")
    try:
        secret = login_services.pending_totp(account, at=request.at)
    except Denied:
        return redirect("people:staff-code")
    uri = totp.provisioning_uri(secret, account.username)
    shown = secret.reveal()
    groups = " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))
    return _code_page(
        request, account, "people/staff_app.html", {"qr": totp.qr_data_uri(uri), "secret_groups": groups}
    )


def _code_page(
    request: MomentRequest, account: Account, template: str, context: dict[str, str]
) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            accepted = login_services.accept_code(
                account, form.cleaned_data["code"], address_of(request), at=request.at
            )
        except Denied as denied:
            form.add_error("code", str(denied.denials[0].sentence))
        else:
            wanted: str = request.session[HALF_LOGIN]["next"]
            request.session.flush()
            login(request, accepted, backend=BACKEND)
            request.session[SECOND_FACTOR] = request.session[LAST_SEEN] = int(request.at.timestamp())
            return redirect(wanted)
    return render(request, template, context | {"form": form, "officer_name": account.name})


@public
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def staff_setup(request: MomentRequest, account_id: UUID, token: str) -> HttpResponseBase:
    """An officer chooses the first password by the link that an ACCOUNTS officer handed over."""
    form = NewPasswordForm(request.POST or None)
    if _is_password_set(form, account_services.set_first_password, account_id, token, at=request.at):
        messages.success(
            request, _("パスワードを設定しました。続けてログインし、確認アプリを登録してください。")
        )
        return redirect("people:staff-login")
    return render(request, "people/staff_setup.html", {"form": form})


@public
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: MomentRequest, account_id: UUID, token: str) -> HttpResponseBase:
    """An applicant who forgot the password chooses another by the link that came by mail."""
    form = NewPasswordForm(request.POST or None)
    if _is_password_set(form, account_services.choose_new_password, account_id, token, at=request.at):
        messages.success(request, _("新しいパスワードを設定しました。続けてログインしてください。"))
        return redirect("people:login")
    return render(request, "people/new_password.html", {"form": form})


def _is_password_set(
    form: NewPasswordForm, service: PasswordByLink, account_id: UUID, token: str, *, at: dt.datetime
) -> bool:
    if not form.is_valid():
        return False
    try:
        service(account_id=account_id, token=token, password=form.password_secret(), at=at)
    except Denied as denied:
        _add_denials(form, denied)
        return False
    return True
