"""The signing queue: client systems, documents that wait for a physician's signature, and sign-ins by card."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card, Certificate
from hpki_server.people.models import Account, Organisation


class ClientSystem(models.Model):
    """A hospital's system that deposits documents and collects them.  Two officers registered it.

    Its key is made once, shown once, and stands here as a hash; the public prefix finds the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="client_systems")
    name = models.CharField(max_length=80)
    # Null until the key is made; unique, so that a key names one system.
    key_prefix = models.CharField(max_length=16, null=True, unique=True)  # noqa: DJ001 - unique and not made yet
    key_sha256 = models.CharField(max_length=64, blank=True)
    registered_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    key_made_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(key_prefix__isnull=True, key_sha256="", key_made_at__isnull=True)
                | (Q(key_prefix__isnull=False, key_made_at__isnull=False) & ~Q(key_sha256="")),
                name="client_system_key_whole",
            ),
        ]


class SigningTask(models.Model):
    """One document that waits for one holder's signature, deposited by a client system or by the holder."""

    class State(models.TextChoices):
        WAITING = "waiting", _("署名待ち")
        SIGNED = "signed", _("署名済み")
        COLLECTED = "collected", _("引渡し済み")
        DECLINED = "declined", _("署名せず")
        WITHDRAWN = "withdrawn", _("取下げ")
        EXPIRED = "expired", _("期限経過")

    class Format(models.TextChoices):
        PDF = "pdf", _("PDF（PAdES 署名）")
        XML = "xml", _("XML（XAdES 署名）")
        OTHER = "other", _("その他（CAdES 署名・別ファイル）")

    class Level(models.TextChoices):
        B = "B", _("署名のみ（B）")
        T = "T", _("タイムスタンプ付き（T）")
        LT = "LT", _("長期検証用の情報付き（LT）")
        LTA = "LTA", _("長期保存用（LTA）")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(ClientSystem, on_delete=models.PROTECT, null=True, related_name="tasks")
    deposited_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    # The holder, by licence: a renewed card signs what was deposited under the one before it.
    qualification_code = models.CharField(max_length=32)
    registration_number = models.CharField(max_length=16)
    environment = models.CharField(max_length=16)

    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    state_since = models.DateTimeField()
    deposited_at = models.DateTimeField()
    deadline = models.DateTimeField()
    format = models.CharField(max_length=8, choices=Format.choices)
    level = models.CharField(max_length=4, choices=Level.choices)
    title = models.CharField(max_length=120)
    file_name = models.CharField(max_length=120)
    # The client's own word for the patient; it means nothing to anybody else.
    patient_reference = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)
    octets = models.PositiveIntegerField()
    # Under this key the client gets the same task again; what it said then, as a hash.
    idempotency_key = models.CharField(max_length=64, blank=True)
    deposit_sha256 = models.CharField(max_length=64)

    # Why the holder did not sign, in the holder's words.
    reason = models.CharField(max_length=300, blank=True)
    signed_sha256 = models.CharField(max_length=64, blank=True)
    signed_octets = models.PositiveIntegerField(default=0)
    signed_at = models.DateTimeField(null=True, blank=True)
    # The holder asked that an own signed document stays until then; otherwise the terms of the state count.
    keep_until = models.DateTimeField(null=True, blank=True)
    signer = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "signed", "collected", "declined", "withdrawn", "expired"]),
                name="signing_task_state_known",
            ),
            models.CheckConstraint(
                condition=Q(client__isnull=True, deposited_by__isnull=False)
                | Q(client__isnull=False, deposited_by__isnull=True),
                name="signing_task_one_depositor",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signed", "collected"])
                | (Q(signed_at__isnull=False, signer__isnull=False) & ~Q(signed_sha256="")),
                name="signing_task_signed_has_signer",
            ),
            models.UniqueConstraint(
                fields=["client", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="signing_task_client_key_once",
            ),
            models.UniqueConstraint(
                fields=["deposited_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="signing_task_own_key_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["registration_number", "qualification_code", "state", "deposited_at"],
                name="signing_task_holder",
            ),
            models.Index(fields=["client", "state", "deposited_at"], name="signing_task_client"),
            models.Index(fields=["state", "state_since"], name="signing_task_rest"),
            models.Index(fields=["deadline"], condition=Q(state="waiting"), name="signing_task_deadline"),
        ]


class TaskDocument(models.Model):
    """The octets of a draft or of what was signed, sealed; gone as soon as nobody needs them."""

    class Kind(models.TextChoices):
        DRAFT = "draft", _("署名前の文書")
        SIGNED = "signed", _("署名済みの文書")

    task = models.ForeignKey(SigningTask, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "kind"], name="task_document_once")]


class SignInChallenge(models.Model):
    """A nonce that one card may answer, once and soon."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    nonce = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)


class HolderSession(models.Model):
    """A holder who signed in with the card's authentication key; the token itself is nowhere but with the holder."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="+")
    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
