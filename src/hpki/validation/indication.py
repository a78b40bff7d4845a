"""The outcome words of ETSI EN 319 102-1 (5.1.3, tables 5 and 6), as far as a certificate can earn them."""

from enum import StrEnum
from typing import Final


class Indication(StrEnum):
    """Passed, failed, or not to be told from what is at hand."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why it did not pass, in the order in which the first one that applies names the outcome.

    EN 319 102-1 judges a signature of unknown age and therefore ends in "no proof of existence" where a certificate
    has expired or was revoked.  Here the moment `at` is given: it *is* the proven moment of use, so those outcomes are
    REVOKED, EXPIRED and NOT_YET_VALID of table 5.
    """

    FORMAT_FAILURE = "FORMAT_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    REVOKED = "REVOKED"
    REVOKED_CA = "REVOKED_CA_NO_POE"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    TRY_LATER = "TRY_LATER"


# Failed is what no further evidence can mend at this moment under this policy; a missing certificate or a fresher
# revocation list may still turn up.  (EN 319 102-1 leaves constraint failures indeterminate, since another signature
# policy may accept them; here the policy is given too.)
UNDECIDED: Final = frozenset({SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.TRY_LATER})
PRECEDENCE: Final = {sub: place for place, sub in enumerate(SubIndication)}


def indication_of(sub_indication: SubIndication | None) -> Indication:
    """The main indication that a sub-indication stands under."""
    if sub_indication is None:
        return Indication.PASSED
    return Indication.INDETERMINATE if sub_indication in UNDECIDED else Indication.FAILED
