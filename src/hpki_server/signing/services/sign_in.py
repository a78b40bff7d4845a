"""A holder signs in with the card: its authentication key answers a nonce, and a short session follows."""

import datetime as dt
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography import x509
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki.card.sign_in import NONCE_OCTETS, sign_in_message
from hpki.certs.reading import REFUSALS
from hpki.errors import HpkiError
from hpki.issuance.profiles import AUTHENTICATION
from hpki.keys.algorithms import verify
from hpki.keys.secret import Secret
from hpki_server.authority.models import Certificate
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.signing.queue_models import HolderSession, SignInChallenge
from hpki_server.signing.services.accepting import is_in_force

CHALLENGE_LIFE: Final = dt.timedelta(minutes=2)
SESSION_LIFE: Final = dt.timedelta(minutes=15)
_MOST_CERTIFICATE: Final = 16 * 1024

CHALLENGE_UNFIT: Final = Denial(
    "challenge_unfit", _("問いかけの期限が切れたか、すでに使われています。もう一度やり直してください。")
)
CARD_UNKNOWN: Final = Denial("card_unknown", _("当センターが発行した認証用の証明書ではありません。"))
CARD_ENDED: Final = Denial("card_not_in_force", _("このカードは、停止または失効しています。"))
ANSWER_UNFIT: Final = Denial(
    "answer_unfit",
    _("カードの応答が確認できません。サーバーのアドレスを、このサーバーが名乗るとおりに指定してください。"),
)


@dataclass(frozen=True)
class SignInClaim:
    """What somebody says that a card answered; nothing in here has been checked."""

    challenge: UUID
    unverified_certificate_der: bytes
    unverified_signature: bytes


@dataclass(frozen=True)
class SignedIn:
    """A session, and the token that opens it: shown to the holder's program once."""

    session: HolderSession
    token: Secret


@transaction.atomic
def new_challenge(*, at: dt.datetime) -> SignInChallenge:
    """A nonce for whoever asks: it says nothing, and is good for one answer."""
    return SignInChallenge.objects.create(
        nonce=os.urandom(NONCE_OCTETS), made_at=at, expires_at=at + CHALLENGE_LIFE
    )


def sign_in(claim: SignInClaim, *, server: str, at: dt.datetime) -> SignedIn:
    """A session of a quarter of an hour.

    Raises `Denied`: `challenge_unfit`, `card_unknown`, `card_not_in_force`, `answer_unfit`; the challenge is used up
    either way.
    """
    denial, signed_in = _judged(claim, server=server, at=at)
    # Outside the transaction: a refusal must not bring the challenge back to life.
    if signed_in is None:
        raise Denied([denial or ANSWER_UNFIT])
    return signed_in


@transaction.atomic
def _judged(claim: SignInClaim, *, server: str, at: dt.datetime) -> tuple[Denial | None, SignedIn | None]:
    challenge = SignInChallenge.objects.select_for_update().filter(id=claim.challenge).first()
    if challenge is None:
        return CHALLENGE_UNFIT, None
    certificate = _recorded(claim.unverified_certificate_der)
    denial = _denial(claim, challenge, certificate, server=server, at=at)
    challenge.used_at = challenge.used_at or at
    challenge.save(update_fields=["used_at"])
    if denial is not None or certificate is None:
        _record("signing:refuse-sign-in", certificate, challenge, denial, at=at)
        return denial or CARD_UNKNOWN, None
    token = secrets.token_urlsafe(32)
    session = HolderSession.objects.create(
        token_sha256=_hashed(token),
        card=certificate.card,
        certificate=certificate,
        made_at=at,
        expires_at=at + SESSION_LIFE,
    )
    _record("signing:sign-in", certificate, challenge, None, at=at)
    return None, SignedIn(session, Secret(token))


def session_with(token: str, *, at: dt.datetime) -> HolderSession | None:
    """The session that a token opens, as long as it runs and the card counts."""
    found = (
        HolderSession.objects.select_related("card", "certificate__card")
        .defer("card__photo_sealed", "certificate__card__photo_sealed")
        .filter(token_sha256=_hashed(token), expires_at__gt=at)
        .first()
    )
    return found if found is not None and is_in_force(found.certificate, at) else None


def _hashed(token: str) -> str:
    # 256 random bits: a plain hash cannot be guessed back, and looking it up tells nothing by its time.
    return hashlib.sha256(token.encode()).hexdigest()


def _recorded(certificate_der: bytes) -> Certificate | None:
    """The authority's own record: octet for octet the certificate that it issued."""
    if len(certificate_der) > _MOST_CERTIFICATE:
        return None
    try:
        serial = x509.load_der_x509_certificate(certificate_der).serial_number
    except REFUSALS:
        return None
    rows = Certificate.objects.select_related("card").filter(
        serial_hex=f"{serial:040x}", profile=AUTHENTICATION.name, state=Certificate.State.SIGNED
    )
    rows = rows.defer("tbs_der", "card__photo_sealed")
    return next((row for row in rows if bytes(row.certificate_der or b"") == certificate_der), None)


def _denial(
    claim: SignInClaim,
    challenge: SignInChallenge,
    certificate: Certificate | None,
    *,
    server: str,
    at: dt.datetime,
) -> Denial | None:
    if challenge.used_at is not None or not challenge.made_at <= at < challenge.expires_at:
        return CHALLENGE_UNFIT
    if certificate is None:
        return CARD_UNKNOWN
    key = x509.load_der_x509_certificate(claim.unverified_certificate_der).public_key()
    try:
        verify(key, claim.unverified_signature, sign_in_message(server, bytes(challenge.nonce)))
    except HpkiError:
        return ANSWER_UNFIT
    # Told only to whoever has the card: others learn nothing about its state.
    return None if is_in_force(certificate, at) else CARD_ENDED


def _record(
    act: str,
    certificate: Certificate | None,
    challenge: SignInChallenge,
    denial: Denial | None,
    *,
    at: dt.datetime,
) -> None:
    card = certificate.card if certificate else None
    audit.record(
        act,
        by=f"card:{card.card_id}" if card and denial is None else "system",
        subject_kind="card" if card else "sign-in",
        subject_id=card.id if card else challenge.id,
        at=at,
        organisation=card.organisation_id if card else None,
        details={"challenge": str(challenge.id), "denial": denial.code if denial else None},
    )
