"""Issuers, cards, certificates and what belongs to them: tables, states, constraints of one row."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.people.models import Organisation


class Issuer(models.Model):
    """CA name + key that signs.  Made by a ceremony, never by a page."""

    class State(models.TextChoices):
        ACTIVE = "active", _("発行中")
        CLOSED = "closed", _("発行終了")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    # Names in hpki.issuance.profiles.PROFILES: what this CA is, and what it issues to end entities ("" = only to CAs).
    profile = models.CharField(max_length=32)
    issues = models.CharField(max_length=32, blank=True)
    environment = models.CharField(max_length=16)
    certificate_der = models.BinaryField()
    certificate_sha256 = models.CharField(max_length=64, unique=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    # Where the key lives, never the key: {"kind": "software", …} or {"kind": "pkcs11", …}.
    key_store = models.JSONField()
    crl_url = models.URLField(max_length=200)
    cps_url = models.URLField(max_length=200)
    # Number of the latest CRL; raised in the transaction that stores that CRL.
    crl_number = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "closed"]), name="issuer_state_known"
            ),
        ]
        indexes = [models.Index(fields=["environment", "issues", "state"], name="issuer_choice")]


class IssuedCrl(models.Model):
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="crls")
    number = models.PositiveBigIntegerField()
    der = models.BinaryField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "number"], name="crl_number_once")]


class CardSeries(models.Model):
    """The last printed number of one prefecture; locked by the order that takes the next."""

    prefecture = models.CharField(max_length=2, primary_key=True)
    last_number = models.PositiveIntegerField(default=0)


class Card(models.Model):
    """One card: what its face and its certificates say, frozen when it was ordered, and where it stands."""

    class State(models.TextChoices):
        ORDERED = "ordered", _("発行指示済み")
        PERSONALISING = "personalising", _("IC書込み中")
        ISSUED = "issued", _("発行済み")
        ACTIVE = "active", _("有効")
        STOPPED = "stopped", _("停止")
        SCRAPPED = "scrapped", _("廃棄")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Printed on the face: prefecture, number, check digit; see rules.printed_number.
    card_id = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ORDERED)
    layout = models.CharField(max_length=16)
    environment = models.CharField(max_length=16)
    # The application that this card answers, e.g. "33-2026-000001".
    reference = models.CharField(max_length=32)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="cards")

    family_name = models.CharField(max_length=60)
    given_name = models.CharField(max_length=60)
    family_kana = models.CharField(max_length=60, blank=True)
    given_kana = models.CharField(max_length=60, blank=True)
    family_romaji = models.CharField(max_length=60)
    given_romaji = models.CharField(max_length=60)
    born_on = models.DateField()
    qualification_code = models.CharField(max_length=32)
    registration_number = models.CharField(max_length=16)
    registered_on = models.DateField()
    member_id = models.CharField(max_length=32, blank=True)
    photo_sealed = models.BinaryField()
    expires_on = models.DateField()

    ordered_at = models.DateTimeField()
    ordered_by = models.CharField(max_length=64)
    issued_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["ordered", "personalising", "issued", "active", "stopped", "scrapped"]
                ),
                name="card_state_known",
            ),
            # One application, one living card: an order sent twice gives the first card back.
            models.UniqueConstraint(
                fields=["reference"],
                condition=~models.Q(state__in=["stopped", "scrapped"]),
                name="card_one_per_reference",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["issued", "active"]) | models.Q(issued_at__isnull=False),
                name="card_issued_has_moment",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="active") | models.Q(activated_at__isnull=False),
                name="card_active_has_moment",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="card_organisation_state")]


class Certificate(models.Model):
    """One certificate for a card: first the intention, then the certificate itself.

    The row exists, committed, before the issuer's key moves.  A serial is never used again, whatever became of it.
    """

    class State(models.TextChoices):
        INTENDED = "intended", _("署名前")
        SIGNED = "signed", _("署名済み")
        ABANDONED = "abandoned", _("取りやめ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="certificates", db_index=False)
    # 40 lower-case hexadecimal digits: 20 octets (RFC 5280 4.1.2.2 allows no more).
    serial_hex = models.CharField(max_length=40)
    profile = models.CharField(max_length=32)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="certificates")
    state = models.CharField(max_length=16, choices=State.choices, default=State.INTENDED)
    # The linted bytes, kept until they stand in `certificate_der`; of an abandoned record for good.
    tbs_der = models.BinaryField()
    tbs_sha256 = models.CharField(max_length=64)
    certificate_der = models.BinaryField(null=True)
    public_key_sha256 = models.CharField(max_length=64)
    intended_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "serial_hex"], name="certificate_serial_once"),
            # A card counts once: it never has two living certificates of one profile …
            models.UniqueConstraint(
                fields=["card", "profile"],
                condition=~models.Q(state="abandoned"),
                name="certificate_card_profile_once",
            ),
            # … and a key is never certified twice.
            models.UniqueConstraint(
                fields=["public_key_sha256"],
                condition=~models.Q(state="abandoned"),
                name="certificate_key_once",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state="signed", certificate_der__isnull=False, signed_at__isnull=False)
                    | models.Q(
                        state__in=["intended", "abandoned"],
                        certificate_der__isnull=True,
                        signed_at__isnull=True,
                    )
                ),
                name="certificate_state_fits",
            ),
        ]
        indexes = [
            # Open records are few; the job that closes them reads only this.
            models.Index(
                fields=["intended_at"], condition=models.Q(state="intended"), name="certificate_open"
            ),
        ]


class PinEnvelope(models.Model):
    """PIN and PUK between personalisation and the PIN letter; emptied when the letter is printed."""

    card = models.OneToOneField(Card, on_delete=models.PROTECT, related_name="pin_envelope", primary_key=True)
    # {"pin", "puk"} as JSON, sealed; empty once printed.
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True, blank=True)


class PresenceChallenge(models.Model):
    """A nonce for one card and one purpose, good once and for a short time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="challenges")
    purpose = models.CharField(max_length=16)
    nonce = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
