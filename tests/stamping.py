"""A time-stamp unit of the tests' hierarchy."""

import hashlib
from functools import cache

from hpki import oids
from hpki.issuance import profiles
from hpki.issuance.timestamp import TimeStampUnit, prepare_token, sign_token
from hpki.issuance.timestamp_request import ImprintHash, TimeStampRequest, read_request
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner
from tests import pki

AT = pki.CEREMONY_DAY.replace(microsecond=123_456)
DOCUMENT = "処方箋 花子".encode()
HIERARCHY = pki.hierarchy()
ROOT = HIERARCHY.root.issuer.certificate
IMPRINT = hashlib.sha256(DOCUMENT).digest()


def unit(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> TimeStampUnit:
    return _unit(algorithm)


@cache
def _unit(algorithm: KeyAlgorithm) -> TimeStampUnit:
    certificate = HIERARCHY.issue(profiles.TIME_STAMP, signer(algorithm).public_key())
    authority = HIERARCHY.authority_for(profiles.TIME_STAMP)
    return TimeStampUnit(certificate, oids.POLICY_TIME_STAMP_TEST, (authority.issuer.certificate,))


def signer(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> SoftwareSigner:
    return pki.key(algorithm, "time-stamp unit")


def request(**changed: object) -> TimeStampRequest:
    facts: dict[str, object] = {
        "imprint_hash": ImprintHash.SHA_256,
        "algorithm_der": ImprintHash.SHA_256.identifier_der,
        "imprint": IMPRINT,
        "nonce": 2**63 + 5,
        "wants_certificate": True,
    }
    return TimeStampRequest(**{**facts, **changed})  # type: ignore[arg-type]  # the names above are the fields


def token(query: bytes, algorithm: KeyAlgorithm = KeyAlgorithm.P_256, serial_number: int = 7) -> bytes:
    prepared = prepare_token(read_request(query), unit(algorithm), serial_number=serial_number, at=AT)
    return sign_token(prepared, signer(algorithm))
