"""Accounts, organisations, duties and the audit chain: tables and the constraints of one row."""

import datetime as dt
import json
import unicodedata
import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hpki_server.people import head_models  # noqa: F401 - Django finds a room's tables through this file
from hpki_server.people.duties import DUTY_CHOICES


class Organisation(models.Model):
    class Kind(models.TextChoices):
        ASSOCIATION = "association", _("都道府県医師会")
        DISTRICT = "district", _("郡市区医師会")
        HOSPITAL = "hospital", _("病院")
        CENTRE = "centre", _("電子認証センター")
        MINISTRY = "ministry", _("厚生労働省")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # JIS X 0401 prefecture (33 = 岡山) for a prefectural association; what lies in a prefecture begins with its two
    # digits ("33-01"; a hospital's ten-digit institution code does by itself); an own code elsewhere.
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    # The prefectural association above a district association or a hospital's desk; one storey, no more.
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "code"], name="organisation_kind_code"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["association", "district", "hospital", "centre", "ministry"]),
                name="organisation_kind_known",
            ),
            models.CheckConstraint(
                condition=(models.Q(kind="district") & models.Q(parent__isnull=False))
                | models.Q(kind="hospital")
                | (models.Q(kind__in=["association", "centre", "ministry"]) & models.Q(parent__isnull=True)),
                name="organisation_parent_fits_kind",
            ),
        ]

    @property
    def shown_name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and not (get_language() or "ja").startswith("ja") else self.name


def normal_username(typed: str) -> str:
    """The one spelling under which an account is stored: no outer space, compatibility forms folded, lower case."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=normal_username(username or ""))


class Account(AbstractBaseUser):
    class Kind(models.TextChoices):
        STAFF = "staff", _("担当者")
        APPLICANT = "applicant", _("申請者")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    kana = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    # What 前回ログイン shows: the login before the present one.
    previous_login_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["staff", "applicant"]), name="account_kind_known"
            ),
        ]

    def clean(self) -> None:
        super().clean()
        self.username = normal_username(self.username)


class TotpDevice(models.Model):
    """The second factor of one account.  A time step counts once."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="totp", primary_key=True)
    sealed_secret = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_used_step = models.BigIntegerField(default=0)


class DutyGrant(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="grants")
    duty = models.CharField(max_length=16, choices=DUTY_CHOICES)
    granted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "organisation", "duty"],
                condition=models.Q(until_at__isnull=True),
                name="duty_grant_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(until_at__isnull=True) | models.Q(until_at__gte=models.F("from_at")),
                name="duty_grant_ends_after_start",
            ),
        ]

    def runs_at(self, at: dt.datetime) -> bool:
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


class Proposal(models.Model):
    """An act that needs two officers: one proposes it, another confirms it, and only then it is done."""

    class State(models.TextChoices):
        OPEN = "open", _("確認待ち")
        CONFIRMED = "confirmed", _("確認済み")
        WITHDRAWN = "withdrawn", _("取下げ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What is to be done: a name in people.dual_control.ACTS.
    act = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    # What exactly, as canonical JSON of short words; the confirmed act does this and nothing else.
    details = models.TextField(default="{}")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "confirmed", "withdrawn"]), name="proposal_state_known"
            ),
            # Two pairs of eyes, held by the database as well.
            models.CheckConstraint(
                condition=~models.Q(state="confirmed") | ~models.Q(decided_by=models.F("proposed_by")),
                name="proposal_confirmed_by_another",
            ),
            models.UniqueConstraint(
                fields=["act", "subject_kind", "subject_id", "details"],
                condition=models.Q(state="open"),
                name="proposal_open_once",
            ),
        ]

    def facts(self) -> dict[str, str | int | bool | None]:
        """`details` as values."""
        facts: dict[str, str | int | bool | None] = json.loads(self.details)
        return facts


class LoginThrottle(models.Model):
    """Failures in a row for one account name or one network address; kept across restarts."""

    # "account:…" or "address:…"; the part after the colon is a keyed hash, so the table lists nobody.
    key = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)


class AuditLine(models.Model):
    """One act.  Written once; triggers of the database refuse change and removal."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    act = models.CharField(max_length=64)
    by = models.CharField(max_length=64)
    organisation = models.CharField(max_length=64, blank=True)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    # Canonical JSON, kept as the text that was hashed.
    details = models.TextField()
    previous_hash = models.CharField(max_length=64)
    leaf_hash = models.CharField(max_length=64)
    root_hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="audit_line_subject")]

    def facts(self) -> dict[str, str | int | bool | None]:
        """`details` as values."""
        facts: dict[str, str | int | bool | None] = json.loads(self.details)
        return facts


class AuditHead(models.Model):
    """The one row that says how long the chain is; locked by every act that writes to it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    last_leaf_hash = models.CharField(max_length=64, default="0" * 64)
    root_hash = models.CharField(max_length=64)
    # RFC 6962 compact range: roots of the complete subtrees, widest first, in hexadecimal.
    peaks = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_head_one_row")]
