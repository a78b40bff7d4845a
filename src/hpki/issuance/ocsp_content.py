"""What an OCSP answer shall say, and the answer before it is signed."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.x509 import ocsp

from hpki.errors import MalformedInput
from hpki.issuance.ocsp_request import CertId
from hpki.issuance.ocsp_responder import Responder
from hpki.issuance.status import Revoked, Status, Unknown

NONCE: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.2")  # RFC 9654 2.1
ARCHIVE_CUTOFF: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")  # RFC 6960 4.4.4
EXTENDED_REVOKE: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.9")  # RFC 6960 4.4.8
# RFC 6960 2.2: a certificate that was never issued is told as revoked at 1 January 1970, reason certificateHold.
NOT_ISSUED: Final = Revoked(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), x509.ReasonFlags.certificate_hold)


@dataclass(frozen=True, slots=True)
class SingleStatus:
    """One certificate and its status."""

    cert_id: CertId
    status: Status


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """The content of one answer, about certificates of one issuer.

    `at` is producedAt and thisUpdate.  `archive_cutoff`: from when on the issuer still knows the status of expired
    certificates.  `extended_revoke` tells a serial that was never issued as revoked (RFC 6960 2.2) instead of unknown.
    """

    singles: tuple[SingleStatus, ...]
    at: dt.datetime
    next_update: dt.datetime
    nonce: bytes | None = None
    archive_cutoff: dt.datetime | None = None
    extended_revoke: bool = False

    def told(self, status: Status) -> Status:
        """The status as this answer tells it."""
        return NOT_ISSUED if self.extended_revoke and isinstance(status, Unknown) else status

    @property
    def tells_not_issued(self) -> bool:
        """Whether a certificate is told as revoked that was never issued."""
        return self.extended_revoke and any(isinstance(single.status, Unknown) for single in self.singles)


@dataclass(frozen=True)
class AnswerCandidate:
    """The answer with a signature of zeros, as its lints see it."""

    response_der: bytes
    content: AnswerContent
    responder: Responder

    @cached_property
    def response(self) -> ocsp.OCSPResponse:
        """The candidate, parsed.  Raises MalformedInput."""
        try:
            return ocsp.load_der_ocsp_response(self.response_der)
        except ValueError as refused:
            raise MalformedInput("candidate OCSP answer", str(refused)) from refused
