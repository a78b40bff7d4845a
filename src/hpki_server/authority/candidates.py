"""What a certificate will say: our record of the card turned into a request to the issuer.

Nothing here comes from the card but its proven public key.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509

from hpki.certs.hcrole import HcRole
from hpki.certs.names import japanese_name, presence_name, subject_name
from hpki.certs.qualifications import qualification
from hpki.issuance.algorithms import JAPAN
from hpki.issuance.algorithms import validity as possible_validity
from hpki.issuance.profiles import AUTHENTICATION, PRESENCE, PROFILES, SIGNING, Environment, Profile
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki_server.authority.ledger import CardFacts
from hpki_server.authority.possession import ProvenKey

# What stands on every card, in the order in which it is issued, and the keys that cards make.
CARD_PROFILES: tuple[tuple[Profile, KeyAlgorithm], ...] = (
    (SIGNING, KeyAlgorithm.RSA_2048),
    (AUTHENTICATION, KeyAlgorithm.RSA_2048),
    (PRESENCE, KeyAlgorithm.P_256),
)


class Validity(NamedTuple):
    not_before: dt.datetime
    not_after: dt.datetime


@lru_cache(maxsize=256)
def validity(first_day: dt.date, last_day: dt.date, issuer_from: dt.datetime) -> Validity:
    """Whole days of Japan's calendar, as the certificates in use have it, but never before the issuer itself."""
    begins = dt.datetime.combine(first_day, dt.time(), JAPAN).astimezone(dt.UTC)
    ends = dt.datetime.combine(last_day, dt.time(23, 59, 59), JAPAN).astimezone(dt.UTC)
    return Validity(not_before=max(begins, issuer_from), not_after=ends)


def local_day(at: dt.datetime) -> dt.date:
    return at.astimezone(JAPAN).date()


def last_day(issuers: Mapping[str, x509.Certificate], *, at: dt.datetime) -> dt.date:
    """The last day that a card ordered now can promise: no certificate on it would outlive issuer or algorithm.

    `issuers` by the profile they issue; one that is not there yet sets no limit.  Raises ProfileViolation when
    no life is left.
    """
    ends = []
    for profile, key_algorithm in CARD_PROFILES:
        issuer = issuers.get(profile.name)
        algorithms = [key_algorithm, *([] if issuer is None else [algorithm_of(issuer.public_key())])]
        ends.append(possible_validity(profile, issuer, algorithms, at)[1])
    return local_day(min(ends))


@lru_cache(maxsize=64)
def _hcroles(qualification_code: str) -> tuple[HcRole, ...]:
    text = qualification(qualification_code).hcrole
    # Without a code the lints refuse the certificate; a card without its qualification is never made.
    return () if text is None else (HcRole(text),)


class _Holder(NamedTuple):
    """The parts that all certificates of one card share."""

    subject: x509.Name
    subject_ja: x509.Name
    hcroles: tuple[HcRole, ...]


def _holder(card: CardFacts) -> _Holder:
    return _Holder(
        # Given name first, as the certificates in use write it.
        subject=subject_name(
            common_name=f"{card.given_romaji} {card.family_romaji}", serial_number=card.card_id
        ),
        subject_ja=japanese_name(
            family_name=card.family_name, given_name=card.given_name, serial_number=card.card_id
        ),
        hcroles=_hcroles(card.qualification_code),
    )


def certificate_requests(
    card: CardFacts, keys: Sequence[ProvenKey], validities: Sequence[Validity]
) -> list[CertificateRequest]:
    """One request for each key of a card, in the order given."""
    holder = _holder(card)
    environment = Environment(card.environment)
    requests = []
    for key, valid in zip(keys, validities, strict=True):
        profile = PROFILES[key.profile]
        # The presence key answers without a PIN, so its certificate names the card and not the person.
        named = profile is not PRESENCE
        requests.append(
            CertificateRequest(
                profile=profile,
                environment=environment,
                subject=holder.subject if named else presence_name(card.card_id),
                public_key=key.public_key,
                serial_number=new_serial_number(),
                not_before=valid.not_before,
                not_after=valid.not_after,
                subject_ja=holder.subject_ja if named else None,
                hcroles=holder.hcroles if named else (),
            )
        )
    return requests
