"""The outcome words of a whole signature: ETSI EN 319 102-1 V1.3.1, 5.1.3, tables 5 and 6.

Later editions than V1.1.1 file EXPIRED and NOT_YET_VALID under failed; so does this one.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from hpki.validation.indication import SubIndication as CertificateSub


class Indication(StrEnum):
    """What a signature, or the worst of a document's signatures, comes to."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why it did not pass, in the order in which the first one that applies names the outcome: failures first."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    TRY_LATER = "TRY_LATER"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"


_FAILURES: Final = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.REVOKED,
        SubIndication.EXPIRED,
        SubIndication.NOT_YET_VALID,
    }
)
_PRECEDENCE: Final = {sub: place for place, sub in enumerate(SubIndication)}

# What a certificate's own outcome at a moment means for a signature of which only that moment is known (5.3.4, 5.5.4).
OF_CERTIFICATE: Final = {
    CertificateSub.FORMAT_FAILURE: SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    CertificateSub.SIG_CRYPTO_FAILURE: SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    CertificateSub.NO_CERTIFICATE_CHAIN_FOUND: SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    CertificateSub.CERTIFICATE_CHAIN_GENERAL_FAILURE: SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    CertificateSub.REVOKED: SubIndication.REVOKED_NO_POE,
    CertificateSub.REVOKED_CA: SubIndication.REVOKED_CA_NO_POE,
    CertificateSub.EXPIRED: SubIndication.OUT_OF_BOUNDS_NO_POE,
    CertificateSub.NOT_YET_VALID: SubIndication.NOT_YET_VALID,
    CertificateSub.CRYPTO_CONSTRAINTS_FAILURE: SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    CertificateSub.CHAIN_CONSTRAINTS_FAILURE: SubIndication.CHAIN_CONSTRAINTS_FAILURE,
    CertificateSub.TRY_LATER: SubIndication.TRY_LATER,
}


def indication_of(sub_indication: SubIndication | None) -> Indication:
    """The main indication that a sub-indication stands under."""
    if sub_indication is None:
        return Indication.TOTAL_PASSED
    return Indication.TOTAL_FAILED if sub_indication in _FAILURES else Indication.INDETERMINATE


def worst_of(found: Iterable[SubIndication | None]) -> SubIndication | None:
    """The sub-indication that names the outcome of several."""
    return min((sub for sub in found if sub is not None), key=_PRECEDENCE.__getitem__, default=None)
