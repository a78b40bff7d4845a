"""What is the status of a certificate?  One rule, two mouths: OCSP answers and revocation lists both ask here."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the issuer's records say of one serial number.

    `issued` is False while a certificate is only intended.  `revoked_at` of a held certificate is the moment of the
    hold.  A serial that was taken and given up counts as revoked from then on: nobody can know whether it was signed.
    """

    serial_number: int
    not_after: dt.datetime
    revoked_at: dt.datetime | None = None
    reason: x509.ReasonFlags | None = None
    held: bool = False
    issued: bool = True


@dataclass(frozen=True, slots=True)
class Good:
    """Issued, and neither revoked nor held."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Revoked, or held with the reason certificateHold.  `reason` is None where none is given."""

    revoked_at: dt.datetime
    reason: x509.ReasonFlags | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Never issued by this issuer."""


Status = Good | Revoked | Unknown


def status_of(facts: CertificateFacts | None, at: dt.datetime) -> Status:
    """The status at the moment `at`, which is now: for the past there are the archived lists.

    Revoked stays revoked when the clock was set back; the moment that then lies ahead is told as `at`.
    A serial without a record is unknown, never good.
    """
    if facts is None:
        return Unknown()
    if facts.revoked_at is not None:
        # RFC 5280 5.3.1: certificateHold is the reason of a pause and of nothing else.
        reason = x509.ReasonFlags.certificate_hold if facts.held else facts.reason
        # RFC 5280 5.3.1: "the reason code CRL entry extension SHOULD be absent instead of using the unspecified (0)".
        return Revoked(min(facts.revoked_at, at), None if reason is x509.ReasonFlags.unspecified else reason)
    return Good() if facts.issued else Unknown()
