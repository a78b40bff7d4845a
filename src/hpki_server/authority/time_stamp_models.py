"""Time-stamp units and the record of every token: tables and the constraints of one row."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class TimeStampUnit(models.Model):
    """A key that signs time-stamps and its certificate: first the intention, then the certificate itself."""

    class State(models.TextChoices):
        INTENDED = "intended", _("署名前")
        SIGNED = "signed", _("署名済み")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey("authority.Issuer", on_delete=models.PROTECT, related_name="time_stamp_units")
    serial_hex = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=State.choices, default=State.INTENDED)
    tbs_der = models.BinaryField()
    certificate_der = models.BinaryField(null=True)
    key_store = models.JSONField()
    # The policy that its tokens assert, dotted.
    policy = models.CharField(max_length=64)
    # The first number of a token that nobody took yet; raised and committed before the numbers are used.
    next_token = models.PositiveBigIntegerField(default=1)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "serial_hex"], name="time_stamp_unit_serial_once"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="signed", certificate_der__isnull=False)
                    | models.Q(state="intended", certificate_der__isnull=True)
                ),
                name="time_stamp_unit_state_fits",
            ),
        ]


class TimeStamp(models.Model):
    """One token as it was given: what it says and its hash.  The token itself is the client's to keep."""

    unit = models.ForeignKey(
        TimeStampUnit, on_delete=models.PROTECT, related_name="time_stamps", db_index=False
    )
    serial_number = models.PositiveBigIntegerField()
    gen_time = models.DateTimeField(db_index=True)
    imprint_hash = models.CharField(max_length=8)
    imprint = models.CharField(max_length=128)
    token_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "serial_number"], name="time_stamp_serial_once"),
        ]
