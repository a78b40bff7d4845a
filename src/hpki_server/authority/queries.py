"""What other rooms may know about cards and certificates; they have decided who may see it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final
from uuid import UUID

from cryptography.x509 import ReasonFlags
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki.issuance.profiles import AUTHENTICATION, PRESENCE, SIGNING
from hpki.issuance.status import CertificateFacts
from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.authority.time_stamp_models import TimeStampUnit
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Chip, Tone
from hpki_server.people.queries import centre_ids
from hpki_server.people.sealing import open_sealed

PHOTO = "authority:photo"


def photo_of(card: Card) -> bytes:
    """The photograph as PNG, for the face of the card."""
    sealed = Card.objects.values_list("photo_sealed", flat=True).get(id=card.id)
    return open_sealed(bytes(sealed), purpose=PHOTO)


def certificates_of(card: Card) -> dict[str, bytes]:
    """The card's signed certificates as DER, by profile."""
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED)
    return {row.profile: bytes(row.certificate_der or b"") for row in rows}


def certificate_facts(issuer: UUID, serial_number: int) -> CertificateFacts | None:
    """What `status_of` wants to know of one serial of an issuer; None when there is no record of it."""
    row = (
        Certificate.objects.filter(issuer=issuer, serial_hex=f"{serial_number:040x}")
        .values_list("state", "not_after", "revoked_at", "revocation_reason", "held_at")
        .first()
    )
    if row is None:
        return _unit_facts(issuer, serial_number)
    return facts_of_row(serial_number, row)


def _unit_facts(issuer: UUID, serial_number: int) -> CertificateFacts | None:
    """The certificate of a time-stamp unit, which no card carries."""
    row = (
        TimeStampUnit.objects.filter(issuer=issuer, serial_hex=f"{serial_number:040x}")
        .values_list("state", "not_after")
        .first()
    )
    return None if row is None else facts_of_row(serial_number, (row[0], row[1], None, "", None))


# state, not_after, revoked_at, revocation_reason, held_at
StatusRow = tuple[str, dt.datetime, dt.datetime | None, str, dt.datetime | None]


def facts_of_row(serial_number: int, row: StatusRow) -> CertificateFacts:
    state, not_after, revoked_at, reason, held_at = row
    return CertificateFacts(
        serial_number=serial_number,
        not_after=not_after,
        revoked_at=revoked_at or held_at,
        reason=ReasonFlags(reason) if reason else None,
        held=held_at is not None,
        issued=state == Certificate.State.SIGNED,
    )


def latest_change(issuer: UUID) -> int:
    """The id of the issuer's latest change of a status, 0 before the first."""
    latest = StatusChange.objects.filter(issuer=issuer).order_by("-id").values_list("id", flat=True).first()
    return latest or 0


def chain_above(certificate: UUID) -> tuple[bytes, bytes]:
    """The issuer's certificate and the root's."""
    row = Certificate.objects.select_related("issuer").get(id=certificate)
    root = issuer = row.issuer
    while root.parent is not None:
        root = root.parent
    return bytes(issuer.certificate_der), bytes(root.certificate_der)


# --- pages of the duties REVOKING and HOLDING -------------------------------------------------------------------

_PROFILE_WORDS: Final = {
    SIGNING.name: _("署名用"),
    AUTHENTICATION.name: _("認証用"),
    PRESENCE.name: _("在席用"),
}


def cards_in_reach(viewer: Officer, duties: Iterable[Duty], *, words: str = "") -> QuerySet[Card]:
    """Cards of the associations where one of the duties runs, of all for the centre; newest first."""
    held = frozenset[UUID]().union(*(viewer.organisations(duty) for duty in duties))
    cards = (
        Card.objects.select_related("organisation").defer("photo_sealed").order_by("-ordered_at", "card_id")
    )
    if not held & centre_ids():
        cards = cards.filter(organisation__in=held)
    for word in words.split()[:4]:
        named = [f"{name}__startswith" for name in ("card_id", "family_name", "given_name")]
        named += [f"{name}__istartswith" for name in ("family_kana", "given_kana", "family_romaji")]
        cards = cards.filter(reduce(or_, (Q(**{lookup: word}) for lookup in named)))
    return cards


@dataclass(frozen=True)
class StatusLine:
    """A certificate and its status in words."""

    row: Certificate
    name: str | Promise
    word: str | Promise
    tone: Tone
    since: dt.datetime | None


def status_lines(card: Card) -> list[StatusLine]:
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED).order_by("-profile")
    return [_status_line(row) for row in rows.defer("tbs_der", "certificate_der")]


def _status_line(row: Certificate) -> StatusLine:
    name = _PROFILE_WORDS.get(row.profile, row.profile)
    if row.held_at is not None:
        return StatusLine(row, name, _("一時停止中"), Tone.WARN, row.held_at)
    if row.revoked_at is not None:
        return StatusLine(row, name, _("失効済み"), Tone.BAD, row.revoked_at)
    return StatusLine(row, name, _("有効"), Tone.OK, None)


def with_standing(cards: Iterable[Card], *, on: dt.date) -> list[tuple[Card, Chip]]:
    """Each card with a word for how it stands on a day: what is paused or past its last day does not look live."""
    shown = list(cards)
    held = set(
        Certificate.objects.filter(
            card__in=shown, held_at__isnull=False, revoked_at__isnull=True
        ).values_list("card_id", flat=True)
    )
    return [(card, _standing(card, is_held=card.pk in held, on=on)) for card in shown]


def _standing(card: Card, *, is_held: bool, on: dt.date) -> Chip:
    if card.state != Card.State.ACTIVE:
        return Chip(card.get_state_display())
    if is_held:
        return Chip(_("一時停止中"), Tone.WARN)
    if card.expires_on < on:
        return Chip(_("有効期限切れ"), Tone.BAD)
    return Chip(card.get_state_display(), Tone.OK)
