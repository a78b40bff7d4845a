"""Logging in: password, then for officers a TOTP code.  Every try counts before it is judged."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from hpki.keys.secret import Secret
from hpki_server.people import audit, rules, totp
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account, LoginThrottle, TotpDevice, normal_username
from hpki_server.people.sealing import open_sealed, seal

TOTP_PURPOSE = "people.totp"


@dataclass(frozen=True)
class LoginClaim:
    """What was typed, and from where; nothing in here has been checked."""

    unverified_username: str
    password: Secret
    address: str
    kind: Account.Kind


@dataclass(frozen=True)
class PasswordProven:
    """Exists only after `prove_password` succeeded."""

    account: Account
    at: dt.datetime


def prove_password(claim: LoginClaim, *, at: dt.datetime) -> PasswordProven:
    """Raises `Denied` with `locked` or `wrong_login`; the second says nothing about what was wrong."""
    username = normal_username(claim.unverified_username)
    count_try(f"login:{username}", claim.address, at=at)
    account = Account.objects.filter(username=username, kind=claim.kind, is_active=True).first()
    if account is None:
        make_password(claim.password.reveal())  # as slow as a check, so that time does not tell who exists
        raise Denied([_wrong_login()])
    if not account.check_password(claim.password.reveal()):
        _record_refusal(account, "password", at=at)
        raise Denied([_wrong_login()])
    forgive(f"login:{username}", claim.address, at=at)
    return PasswordProven(account, at)


def accept_login(proven: PasswordProven, *, at: dt.datetime) -> Account:
    """For applicants the password is enough."""
    if proven.account.kind != Account.Kind.APPLICANT:
        raise ValueError("an officer logs in with a second factor")
    return _accept(proven.account, at=at)


def accept_code(account: Account, code: str, address: str, *, at: dt.datetime) -> Account:
    """An officer's login after the password; raises `Denied` with `locked` or `wrong_code`."""
    count_try(f"totp:{account.pk}", address, at=at)
    if not _use_code(account, code, at=at):
        _record_refusal(account, "code", at=at)
        raise Denied(
            [
                Denial(
                    "wrong_code",
                    _("確認コードが違うか、すでに使われています。次のコードが表示されてからご入力ください。"),
                )
            ]
        )
    forgive(f"totp:{account.pk}", address, at=at)
    return _accept(account, at=at)


@transaction.atomic
def _accept(account: Account, *, at: dt.datetime) -> Account:
    account.previous_login_at, account.last_login = account.last_login, at
    account.save(update_fields=["previous_login_at", "last_login"])
    LoginThrottle.objects.filter(last_failure_at__lt=at - rules.LONGEST_MEMORY).delete()
    audit.record("login:accept", by=account, subject_kind="account", subject_id=account.pk, at=at)
    return account


@transaction.atomic
def _record_refusal(account: Account, factor: str, *, at: dt.datetime) -> None:
    audit.record(
        "login:refuse",
        by="system",
        subject_kind="account",
        subject_id=account.pk,
        at=at,
        details={"factor": factor},
    )


@transaction.atomic
def _use_code(account: Account, code: str, *, at: dt.datetime) -> bool:
    """True once for a time step: RFC 6238 5.2, "The verifier MUST NOT accept the second attempt of the OTP"."""
    device = TotpDevice.objects.select_for_update().filter(account=account).first()
    if device is None:
        return False
    step = totp.matching_step(totp_secret(device), code, at=at)
    if step is None or step <= device.last_used_step:
        return False
    device.last_used_step = step
    device.confirmed_at = device.confirmed_at or at
    device.save(update_fields=["last_used_step", "confirmed_at"])
    return True


@transaction.atomic
def pending_totp(account: Account, *, at: dt.datetime) -> Secret:
    """The secret of a first enrolment, the same for every view of the page until a code confirms it."""
    device = TotpDevice.objects.select_for_update().filter(account=account).first()
    if device is not None and device.confirmed_at is not None:
        raise Denied([Denial("totp_confirmed", _("確認アプリはすでに登録されています。"))])
    if device is None:
        secret = totp.new_secret()
        device = TotpDevice.objects.create(
            account=account, sealed_secret=seal(secret.reveal().encode(), purpose=TOTP_PURPOSE)
        )
        audit.record("totp:begin", by=account, subject_kind="account", subject_id=account.pk, at=at)
    return totp_secret(device)


def totp_secret(device: TotpDevice) -> Secret:
    return Secret(open_sealed(bytes(device.sealed_secret), purpose=TOTP_PURPOSE).decode())


def count_try(name: str, address: str, *, at: dt.datetime) -> None:
    """Counts one try for the name and for the address; raises `Denied` while either is locked.

    The try counts before anything is compared and is taken back on success, so that tries sent all at once
    cannot outrun the lock.
    """
    _count_both(_key("account", name), _key("address", address), at=at)


def count_registration(address: str, *, at: dt.datetime) -> None:
    """Counts one new account from the address; raises `Denied` with `locked`.  Never taken back."""
    if until := _count_one(_key("registration", address), rules.REGISTRATION_PATIENCE, at=at):
        raise Denied([_locked(until - at)])


def count_forgotten(name: str, address: str, *, at: dt.datetime) -> None:
    """Counts one wish for a new password, for the name and for the address; raises `Denied` with `locked`."""
    _count_both(_key("forgotten", name), _key("forgotten-from", address), at=at)


def _count_both(of_name: str, of_address: str, *, at: dt.datetime) -> None:
    # Both count, whichever is locked.
    locked = [
        until
        for key, patience in ((of_name, rules.ACCOUNT_PATIENCE), (of_address, rules.ADDRESS_PATIENCE))
        if (until := _count_one(key, patience, at=at))
    ]
    if locked:
        raise Denied([_locked(max(locked) - at)])


@transaction.atomic
def _count_one(key: str, patience: rules.Patience, *, at: dt.datetime) -> dt.datetime | None:
    # One question: between two, a success elsewhere could take the row away.
    row, _made = LoginThrottle.objects.select_for_update().get_or_create(
        key=key, defaults={"last_failure_at": at}
    )
    if row.locked_until and at < row.locked_until:
        return row.locked_until
    if at - row.last_failure_at > patience.forgets_after:
        row.failures = 0
    row.failures += 1
    lock = patience.lock(row.failures)
    row.locked_until = at + lock if lock else None
    row.last_failure_at = at
    row.save()
    return None


@transaction.atomic
def forgive(name: str, address: str, *, at: dt.datetime) -> None:
    """A success clears the name, but from the address takes back its own try only.

    So a ward full of colleagues behind one address is never locked out by coming in, and one good account does not
    open the door for guesses at others.
    """
    LoginThrottle.objects.filter(key=_key("account", name)).delete()
    row = LoginThrottle.objects.select_for_update().filter(key=_key("address", address)).first()
    if row is not None and row.failures:
        row.failures -= 1
        if row.last_failure_at == at:
            row.locked_until = None
        row.save()


def _key(kind: str, name: str) -> str:
    return f"{kind}:{salted_hmac('people.throttle', name, algorithm='sha256').hexdigest()}"


def _wrong_login() -> Denial:
    return Denial(
        "wrong_login",
        _(
            "メールアドレスまたはパスワードが違います。大文字・小文字と全角・半角をお確かめのうえ、もう一度ご入力ください。"
        ),
    )


def _locked(wait: dt.timedelta) -> Denial:
    minutes = -(-int(wait.total_seconds()) // 60) or 1
    sentence = ngettext(
        "続けて失敗したため、安全のため受付を止めています。%(minutes)d 分後にもう一度お試しください。",
        "続けて失敗したため、安全のため受付を止めています。%(minutes)d 分後にもう一度お試しください。",
        minutes,
    )
    return Denial("locked", sentence % {"minutes": minutes})
