"""What happens at a reception desk and around a case: numbers seen, appointments, entries sent later, who has a case."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models.application import Application
from hpki_server.enrollment.models.words import IDENTITY_WORDS
from hpki_server.people.models import Account, Organisation

IDENTITY_CHOICES = [(kind.value, word) for kind, word in IDENTITY_WORDS.items()]


class Occasion(models.TextChoices):
    """Why a person comes to the desk."""

    INTAKE = "intake", _("原本の確認")
    PICKUP = "pickup", _("カードのお受け取り")


class IdentitySeen(models.Model):
    """A photo ID that lay on the desk: its kind, and its number as a keyed hash, never the number."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="identities_seen")
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    kind = models.CharField(max_length=20, choices=IDENTITY_CHOICES)
    # 64 hexadecimal figures, or nothing for a document without number.
    number_hash = models.CharField(max_length=64, blank=True)
    # The number was known from somebody else's case, and the officer read it once more.
    used_by_another = models.BooleanField(default=False)
    seen_at = models.DateTimeField()
    seen_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["number_hash"], name="identity_seen_number")]


class DeskSlot(models.Model):
    """A time at which a desk receives people by appointment."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    places = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "starts_at"], name="desk_slot_once"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=5) & models.Q(minutes__lte=240), name="desk_slot_minutes"
            ),
            models.CheckConstraint(condition=models.Q(places__lte=50), name="desk_slot_places"),
        ]


class Appointment(models.Model):
    """One person's place in a slot."""

    class State(models.TextChoices):
        BOOKED = "booked", _("予約中")
        KEPT = "kept", _("来訪済み")
        MISSED = "missed", _("来訪なし")
        CANCELLED = "cancelled", _("取消")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slot = models.ForeignKey(DeskSlot, on_delete=models.PROTECT, related_name="appointments")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="appointments")
    occasion = models.CharField(max_length=8, choices=Occasion.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.BOOKED)
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state="booked"),
                name="appointment_one_open_per_case",
            ),
            models.CheckConstraint(
                condition=models.Q(state="booked", ended_at__isnull=True)
                | (~models.Q(state="booked") & models.Q(ended_at__isnull=False)),
                name="appointment_ends_once",
            ),
        ]


class DeskEntry(models.Model):
    """What a desk wrote without the network and sent later: each nonce has one outcome for ever."""

    class Kind(models.TextChoices):
        INTAKE = "intake", _("受付")
        VISIT = "visit", _("来訪の記録")

    class Outcome(models.TextChoices):
        DONE = "done", _("登録済み")
        REFUSED = "refused", _("登録できません")

    nonce = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, null=True, related_name="+")
    # Keyed: the payload holds a number that a plain hash would not hide.
    payload_hash = models.CharField(max_length=64)
    # The device's clock said so.
    claimed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    # The rules' codes, in order.
    codes = models.JSONField(default=list)


class PickupVisit(models.Model):
    """The holder came, or did not, and the card stayed at the desk."""

    class Kind(models.TextChoices):
        CAME = "came", _("来訪（お渡しは後日）")
        MISSED = "missed", _("予約の日に来訪なし")
        CALLED = "called", _("電話で連絡")

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="visits")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    visited_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")


class PickupCheck(models.Model):
    """The first tap at pickup: who was seen with what, and that the card answered; the second tap hands it over."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="pickup_check"
    )
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    identity_kind = models.CharField(max_length=20, choices=IDENTITY_CHOICES)
    identity_expires_on = models.DateField(null=True)
    number_hash = models.CharField(max_length=64, blank=True)
    number_reread = models.BooleanField(default=False)


class CaseHolder(models.Model):
    """The officer at the centre who has a waiting case on the screen."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="holder"
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()


class EntriesChecked(models.Model):
    """Which entries an examiner found on the papers."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="entries_checked")
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    # Codes of rules.EntryField.
    fields = models.JSONField(default=list)
