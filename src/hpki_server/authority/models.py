"""Issuers, cards, certificates and what belongs to them: tables, states, constraints of one row."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.authority import (
    production_models,  # noqa: F401 - Django finds a room's tables through this file
    time_stamp_models,  # noqa: F401 - as above
)
from hpki_server.people.member_kind import MemberKind
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
    # The latest number taken by a CRL of any kind; raised and committed before that CRL is signed.
    crl_number = models.PositiveBigIntegerField(default=0)
    # New certificates are spread over so many lists (0: the full list only); each keeps the list of its issue.
    crl_shards = models.PositiveSmallIntegerField(default=0)
    crl_delta = models.BooleanField(default=False)
    # Certificates that expired from this moment on stay on the list (expiredCertsOnCRL); null: they leave it.
    expired_on_crl_from = models.DateTimeField(null=True, blank=True)
    # The authority's own certificate, revoked by its parent.
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=32, blank=True)
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
    """One revocation list: first its number, taken for good, then the list itself, kept for ever.

    Signatures are judged at past moments, so no list is ever removed.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", _("署名前")
        ISSUED = "issued", _("発行済み")
        ABANDONED = "abandoned", _("取りやめ")

    class Scope(models.TextChoices):
        """hpki.issuance.crl_request.ListScope."""

        ALL = "all", _("全体")
        SHARD = "shard", _("分割")
        ROOTS = "roots", _("ルート")
        SUBORDINATES = "subordinates", _("下位認証局")

    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="crls")
    number = models.PositiveBigIntegerField()
    scope = models.CharField(max_length=16, choices=Scope.choices, default=Scope.ALL)
    # 1, 2, … of a shard; 0 otherwise.
    shard = models.PositiveSmallIntegerField(default=0)
    # A delta names the complete list that it builds on; null: this is a complete list.
    base_number = models.PositiveBigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ISSUED)
    der = models.BinaryField(default=b"")
    sha256 = models.CharField(max_length=64, blank=True)
    entries = models.PositiveIntegerField(default=0)
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()
    # The latest change of a status that the list knows.
    status_change = models.PositiveBigIntegerField(default=0)
    # So many octets of the entries stay as they are in the next list; what is on hold stands behind them.
    settled_octets = models.PositiveBigIntegerField(default=0)
    settled_entries = models.PositiveIntegerField(default=0)
    # Entries of certificates that expired before are gone; null: the next list takes nothing over from this one.
    keeps_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # A delta has the number of the complete list that was made with it (RFC 5280 5.2.3), and nothing else has.
            models.UniqueConstraint(
                fields=["issuer", "number"],
                condition=models.Q(base_number__isnull=True),
                name="crl_number_once",
            ),
            models.UniqueConstraint(
                fields=["issuer", "number"],
                condition=models.Q(base_number__isnull=False),
                name="crl_delta_number_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["reserved", "issued", "abandoned"]), name="crl_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["issuer", "scope", "shard", "state", "number"], name="crl_latest"),
            models.Index(fields=["id"], condition=models.Q(state="reserved"), name="crl_open"),
        ]


class StatusChange(models.Model):
    """One change of one certificate's status; only ever added to.

    It is written under the audit chain's lock, so `id` grows in the order of the commits: whoever remembers the
    latest id misses nothing.
    """

    class Kind(models.TextChoices):
        REVOKE = "revoke", _("失効")
        HOLD = "hold", _("一時停止")
        RELEASE = "release", _("再開")
        ABANDON = "abandon", _("取りやめ")

    id = models.BigAutoField(primary_key=True)
    issuer = models.ForeignKey(
        Issuer, on_delete=models.PROTECT, related_name="status_changes", db_index=False
    )
    serial_hex = models.CharField(max_length=40)
    shard = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["issuer", "id"], name="status_change_issuer")]


class OcspResponder(models.Model):
    """A short-lived certificate that answers for an issuer (RFC 6960 4.2.2.2), and where its key lives.

    First the intention, then the certificate, as with every other one.
    """

    class State(models.TextChoices):
        INTENDED = "intended", _("署名前")
        SIGNED = "signed", _("署名済み")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="responders")
    serial_hex = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=State.choices, default=State.INTENDED)
    tbs_der = models.BinaryField()
    certificate_der = models.BinaryField(null=True)
    key_store = models.JSONField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "serial_hex"], name="responder_serial_once"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="signed", certificate_der__isnull=False)
                    | models.Q(state="intended", certificate_der__isnull=True)
                ),
                name="responder_state_fits",
            ),
        ]
        indexes = [models.Index(fields=["issuer", "not_after"], name="responder_choice")]


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

    class Origin(models.TextChoices):
        MADE = "made", _("当センターで発行")
        IMPORTED = "imported", _("移行")

    class Carrier(models.TextChoices):
        PLASTIC = "plastic", _("カード")
        REMOTE = "remote", _("リモート利用")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Plastic with a chip, or keys that the service keeps (see production_models.RemoteKey).
    carrier = models.CharField(max_length=16, choices=Carrier.choices, default=Carrier.PLASTIC)
    # Of the blank that it was made on; "" when no stock was kept then.
    chip_serial = models.CharField(max_length=32, blank=True)
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
    # Printed beside the legal name, e.g. "旧姓 山田".
    beside_name = models.CharField(max_length=120, blank=True)
    born_on = models.DateField()
    qualification_code = models.CharField(max_length=32)
    registration_number = models.CharField(max_length=16)
    registered_on = models.DateField()
    member_kind = models.CharField(max_length=16, choices=MemberKind.choices, default=MemberKind.NON_MEMBER)
    member_id = models.CharField(max_length=32, blank=True)
    # Made here, or issued elsewhere before and imported: such a card has no certificates with us.
    origin = models.CharField(max_length=16, choices=Origin.choices, default=Origin.MADE)
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
            # One application, one living card of each carrier: an order sent twice gives the first card back.
            models.UniqueConstraint(
                fields=["reference", "carrier"],
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
            models.CheckConstraint(
                condition=models.Q(carrier__in=["plastic", "remote"]), name="card_carrier_known"
            ),
            # What the service keeps signs nothing before remote signing comes.
            models.CheckConstraint(
                condition=~models.Q(carrier="remote", state="active"), name="card_remote_not_active"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state"], name="card_organisation_state"),
            # All that the counts by prefecture read, so that they never touch the rows with their photographs.
            models.Index(
                fields=["organisation", "member_kind", "issued_at", "state", "carrier"],
                name="card_statistics",
            ),
        ]


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
    # The list that speaks of it, bound when it was issued: 0 the full one, else a shard's number.
    crl_shard = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The CRLReason as RFC 5280 5.3.1 spells it, e.g. "keyCompromise"; "" = none given.
    revocation_reason = models.CharField(max_length=32, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True) | models.Q(held_at__isnull=True),
                name="certificate_held_or_revoked",
            ),
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
            # All that a list says of its entries, in the order in which it says it.
            models.Index(
                fields=["issuer", "crl_shard", "revocation_reason", "serial_hex", "revoked_at", "not_after"],
                condition=models.Q(revoked_at__isnull=False),
                name="certificate_revoked",
            ),
            models.Index(
                fields=["issuer", "held_at"],
                condition=models.Q(held_at__isnull=False),
                name="certificate_held",
            ),
            models.Index(
                fields=["status_changed_at"],
                condition=models.Q(status_changed_at__isnull=False),
                name="certificate_changed",
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
