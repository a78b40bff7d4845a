"""Accounts come into being: applicants by themselves, officers by an officer with the duty ACCOUNTS."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hpki.keys.secret import Secret
from hpki_server.people import audit, queries
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, DutyGrant, Organisation, TotpDevice, normal_username
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import seal
from hpki_server.people.services.login import TOTP_PURPOSE, LoginClaim, count_registration, prove_password


@dataclass(frozen=True)
class ApplicantRegistration:
    """What the form gave; the address is not confirmed."""

    unverified_username: str
    name: str
    kana: str
    password: Secret
    # Where it comes from; empty at the server's own console.
    address: str = ""


@dataclass(frozen=True)
class PasswordChange:
    """What somebody typed in the session of `account`."""

    account: Account
    unverified_present: Secret
    password: Secret
    # Where it comes from, for the throttle.
    address: str


@dataclass(frozen=True)
class StaffRegistration:
    username: str
    name: str
    kana: str = ""


def _create(
    kind: Account.Kind, username: str, name: str, kana: str, *, password: Secret | None, at: dt.datetime
) -> Account:
    account = Account(
        kind=kind, username=normal_username(username), name=name.strip(), kana=kana.strip(), created_at=at
    )
    if password is None:
        account.set_unusable_password()
    else:
        account.set_password(password.reveal())
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise Denied(
            [
                Denial(
                    "username_taken",
                    _("このメールアドレスはすでに登録されています。ログインのページからお入りください。"),
                )
            ]
        ) from error
    return account


def register_applicant(registration: ApplicantRegistration, *, at: dt.datetime) -> Account:
    """An applicant's account, at once usable; raises `Denied` with `username_taken` or `locked`."""
    count_registration(registration.address, at=at)
    return _register(registration, at=at)


@transaction.atomic
def _register(registration: ApplicantRegistration, *, at: dt.datetime) -> Account:
    account = _create(
        Account.Kind.APPLICANT,
        registration.unverified_username,
        registration.name,
        registration.kana,
        password=registration.password,
        at=at,
    )
    audit.record("account:register", by=account, subject_kind="account", subject_id=account.pk, at=at)
    return account


@transaction.atomic
def create_staff(registration: StaffRegistration, *, by: Officer | str, at: dt.datetime) -> Account:
    """An officer's account without password; it opens by the link of `setup_token`."""
    if isinstance(by, Officer) and not by.may(Duty.ACCOUNTS):
        raise Denied([Denial("duty_missing", _("担当者を登録する権限がありません。"))])
    account = _create(
        Account.Kind.STAFF, registration.username, registration.name, registration.kana, password=None, at=at
    )
    audit.record("account:create", by=by, subject_kind="account", subject_id=account.pk, at=at)
    return account


def setup_token(account: Account) -> str:
    """Goes once into the link with which an account's own person chooses a password; dies with its use and after three days."""
    return default_token_generator.make_token(account)


def set_first_password(*, account_id: UUID, token: str, password: Secret, at: dt.datetime) -> Account:
    """The officer's own choice, by the setup link; raises `Denied` with `link_dead`."""
    sentence = _("このリンクは使用済みか、期限が切れています。権限担当者に新しいリンクをお求めください。")
    dead = Denial("link_dead", sentence)
    return _choose(Account.Kind.STAFF, account_id, token, password, dead=dead, at=at)


def choose_new_password(*, account_id: UUID, token: str, password: Secret, at: dt.datetime) -> Account:
    """The applicant's, by the link that came by mail; raises `Denied` with `link_dead`."""
    sentence = _(
        "このリンクは使用済みか、期限が切れています。「パスワードを忘れたとき」から、もう一度メールをお受け取りください。"
    )
    dead = Denial("link_dead", sentence)
    return _choose(Account.Kind.APPLICANT, account_id, token, password, dead=dead, at=at)


@transaction.atomic
def _choose(
    kind: Account.Kind, account_id: UUID, token: str, password: Secret, *, dead: Denial, at: dt.datetime
) -> Account:
    account = Account.objects.select_for_update().filter(pk=account_id, kind=kind).first()
    if account is None or not account.is_active or not default_token_generator.check_token(account, token):
        raise Denied([dead])
    account.set_password(password.reveal())
    account.save(update_fields=["password"])
    audit.record("account:set-password", by=account, subject_kind="account", subject_id=account.pk, at=at)
    return account


@transaction.atomic
def renew_access(*, account_id: UUID, by: Officer, at: dt.datetime) -> Account:
    """Password and second factor end, for a lost telephone or a forgotten password; the officer starts by a new link."""
    lock_both(by, account_id, at=at)
    account = Account.objects.select_for_update().get(pk=account_id, kind=Account.Kind.STAFF)
    if account.pk == by.account_id:
        raise Denied(
            [
                Denial(
                    "renewing_oneself",
                    _("ご自分のログイン手段は更新できません。別の担当者にお申し出ください。"),
                )
            ]
        )
    if not by.may(Duty.ACCOUNTS):
        raise Denied([Denial("duty_missing", _("ログイン手段を更新する権限がありません。"))])
    _stay_in_reach(account, by=by, at=at)
    TotpDevice.objects.filter(account=account).delete()
    account.set_unusable_password()
    account.save(update_fields=["password"])
    audit.record("account:renew-access", by=by, subject_kind="account", subject_id=account.pk, at=at)
    return account


def change_password(change: PasswordChange, *, at: dt.datetime) -> Account:
    """One's own new password; raises `Denied` with `locked` or `wrong_password`.

    A wrong present one counts as a failed login, so an open session is no place to guess at it.
    """
    account = change.account
    claim = LoginClaim(
        account.username, change.unverified_present, change.address, Account.Kind(account.kind)
    )
    try:
        prove_password(claim, at=at)
    except Denied as denied:
        if "wrong_login" not in denied.codes:
            raise
        raise Denied([Denial("wrong_password", _("いまのパスワードが違います。"))]) from denied
    return _change_password(account.pk, change.password, at=at)


@transaction.atomic
def _change_password(account_id: UUID, password: Secret, *, at: dt.datetime) -> Account:
    account = Account.objects.select_for_update().get(pk=account_id)
    account.set_password(password.reveal())
    account.save(update_fields=["password"])
    audit.record("account:change-password", by=account, subject_kind="account", subject_id=account.pk, at=at)
    return account


def _stay_in_reach(account: Account, *, by: Officer, at: dt.datetime) -> None:
    """Whoever gets a link to an account can come in as that officer, with every duty it holds anywhere."""
    held = queries.officer_of(account, at=at).duties
    if not all(queries.reaches(by, organisation_id) for _duty, organisation_id in held):
        raise Denied(
            [
                Denial(
                    "out_of_reach",
                    _("この担当者はほかの団体の権限も持っています。センターにお申し出ください。"),
                )
            ]
        )


def lock_both(by: Officer, account_id: UUID, *, at: dt.datetime) -> None:
    """Two who take away from each other at one moment come one after the other, and the second has nothing left.

    Raises `Denied` with `duty_missing` for an officer who was closed, or whose ACCOUNTS was withdrawn, while waiting.
    """
    pair = Account.objects.select_for_update().filter(pk__in={by.account_id, account_id}).order_by("pk")
    active = {account.pk for account in pair if account.is_active}
    running = DutyGrant.objects.filter(
        queries.running_at(at),
        account=by.account_id,
        duty=Duty.ACCOUNTS.value,
        withdrawn_by__isnull=True,
    )
    if by.may(Duty.ACCOUNTS) and (by.account_id not in active or not running.exists()):
        raise Denied([Denial("duty_missing", _("担当者の権限を扱う権限が、すでに終わっています。"))])


@transaction.atomic
def close_account(*, account_id: UUID, by: Officer, at: dt.datetime) -> Account:
    """The account opens no more; its sessions end with their next request, its history stays."""
    lock_both(by, account_id, at=at)
    account = Account.objects.select_for_update().get(pk=account_id, kind=Account.Kind.STAFF)
    if account.pk == by.account_id:
        raise Denied([Denial("closing_oneself", _("ご自分のアカウントは停止できません。"))])
    if not by.may(Duty.ACCOUNTS):
        raise Denied([Denial("duty_missing", _("アカウントを停止する権限がありません。"))])
    _stay_in_reach(account, by=by, at=at)
    account.is_active = False
    account.save(update_fields=["is_active"])
    audit.record("account:close", by=by, subject_kind="account", subject_id=account.pk, at=at)
    return account


@transaction.atomic
def enrol_known_totp(account: Account, secret: Secret, *, at: dt.datetime) -> TotpDevice:
    """A confirmed second factor with a given secret: how a demonstration or a test makes its cast."""
    device, _made = TotpDevice.objects.update_or_create(
        account=account,
        defaults={
            "sealed_secret": seal(secret.reveal().encode(), purpose=TOTP_PURPOSE),
            "confirmed_at": at,
            "last_used_step": 0,
        },
    )
    audit.record("totp:enrol", by="system", subject_kind="account", subject_id=account.pk, at=at)
    return device


@transaction.atomic
def add_organisation(organisation: Organisation, *, by: Officer | str, at: dt.datetime) -> Organisation:
    organisation.save(force_insert=True)
    audit.record(
        "organisation:add",
        by=by,
        subject_kind="organisation",
        subject_id=organisation.pk,
        at=at,
        organisation=organisation.pk,
        details={"kind": organisation.kind, "code": organisation.code},
    )
    return organisation
