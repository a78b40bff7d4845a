"""Lints that run before every signature over an OCSP answer."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.x509 import ocsp

from hpki.errors import MalformedInput
from hpki.issuance.finding import Finding
from hpki.issuance.ocsp_content import ARCHIVE_CUTOFF, EXTENDED_REVOKE, NONCE, AnswerCandidate, SingleStatus
from hpki.issuance.ocsp_request import ECHOED_NONCES, MOST_CERTIFICATES
from hpki.issuance.status import Good, Revoked, Status, Unknown

# RFC 5280 5.3.1, CRLReason; removeFromCRL (8) belongs to delta lists only.
REASON_CODES: Final = MappingProxyType(
    {
        x509.ReasonFlags.unspecified: 0,
        x509.ReasonFlags.key_compromise: 1,
        x509.ReasonFlags.ca_compromise: 2,
        x509.ReasonFlags.affiliation_changed: 3,
        x509.ReasonFlags.superseded: 4,
        x509.ReasonFlags.cessation_of_operation: 5,
        x509.ReasonFlags.certificate_hold: 6,
        x509.ReasonFlags.remove_from_crl: 8,
        x509.ReasonFlags.privilege_withdrawn: 9,
        x509.ReasonFlags.aa_compromise: 10,
    }
)
# Own: as a list of today is valid at most 96 hours, an answer is not good for longer either.
LONGEST_LIFE: Final = dt.timedelta(hours=96)


def responder(candidate: AnswerCandidate) -> Iterator[Finding]:
    response, facts = candidate.response, candidate.responder
    if response.responder_key_hash != facts.key_hash or response.certificates != [facts.certificate]:
        yield Finding("responder", "the answer names or carries another responder", "RFC 6960 4.2.2.3")


def times(candidate: AnswerCandidate) -> Iterator[Finding]:
    content, certificate = candidate.content, candidate.responder.certificate
    if candidate.response.produced_at_utc != content.at:
        yield Finding("times_changed", "producedAt is not the requested moment", "style: compare")
    if not content.at < content.next_update <= content.at + LONGEST_LIFE:
        yield Finding("life", "nextUpdate is at most 96 hours after thisUpdate", "own; RFC 5019 2.2.4")
    # RFC 5019 4: clients check the responder's certificate; an answer that outlives it would be refused then.
    if not certificate.not_valid_before_utc <= content.at:
        yield Finding("responder_early", "the responder's certificate is not valid yet", "RFC 6960 4.2.2.2")
    if content.next_update > certificate.not_valid_after_utc:
        yield Finding(
            "responder_ends", "the responder's certificate ends before nextUpdate", "RFC 6960 4.2.2.2"
        )


def singles(candidate: AnswerCandidate) -> Iterator[Finding]:
    asked = candidate.content.singles
    if not 0 < len(asked) <= MOST_CERTIFICATES:
        yield Finding(
            "certificates", f"an answer speaks of 1 to {MOST_CERTIFICATES} certificates", "own bound"
        )
        return
    written = list(candidate.response.responses)
    if len(written) != len(asked):
        yield Finding("singles_changed", "the answer speaks of more or fewer certificates", "style: compare")
        return
    for single, shown in zip(asked, written, strict=True):
        yield from _about(candidate, single, shown)


def _about(
    candidate: AnswerCandidate, single: SingleStatus, shown: ocsp.OCSPSingleResponse
) -> Iterator[Finding]:
    content, cert_id = candidate.content, single.cert_id
    if not candidate.responder.identity.is_meant_by(cert_id):
        yield Finding("foreign_issuer", "the CertID names another issuer", "RFC 6960 4.2.2.2")
        return
    if (shown.serial_number, shown.issuer_name_hash, shown.issuer_key_hash, shown.hash_algorithm.name) != (
        cert_id.serial_number,
        cert_id.issuer_name_hash,
        cert_id.issuer_key_hash,
        cert_id.hash_algorithm,
    ):
        yield Finding("cert_id_changed", "the CertID is not the one asked about", "RFC 6960 3.2 (1)")
    if (shown.this_update_utc, shown.next_update_utc) != (content.at, content.next_update):
        yield Finding("times_changed", "the times are not the requested ones", "style: compare")
    yield from _status(content.told(single.status), shown, content.at)


def _status(meant: Status, shown: ocsp.OCSPSingleResponse, at: dt.datetime) -> Iterator[Finding]:
    if _shown_status(shown) != meant:
        yield Finding("status_changed", "the status is not the requested one", "style: compare")
    if isinstance(meant, Revoked):
        if meant.revoked_at > at:
            yield Finding("revoked_ahead", "it is revoked after thisUpdate", "RFC 6960 2.4")
        if meant.reason is x509.ReasonFlags.unspecified:
            yield Finding("reason_unspecified", "reason 0 is left out", "RFC 5280 5.3.1")
        if meant.reason is x509.ReasonFlags.remove_from_crl:
            yield Finding("reason_remove", "removeFromCRL stands in delta lists only", "RFC 5280 5.3.1")


def _shown_status(shown: ocsp.OCSPSingleResponse) -> Status:
    status = shown.certificate_status
    if status is ocsp.OCSPCertStatus.REVOKED and shown.revocation_time_utc is not None:
        return Revoked(shown.revocation_time_utc, shown.revocation_reason)
    return Good() if status is ocsp.OCSPCertStatus.GOOD else Unknown()


def extensions(candidate: AnswerCandidate) -> Iterator[Finding]:
    content, response = candidate.content, candidate.response
    nonce = content.nonce
    expected = ([] if nonce is None else [NONCE]) + ([EXTENDED_REVOKE] if content.tells_not_issued else [])
    try:
        written = response.extensions
        shown = (
            [extension.value for extension in response.single_extensions] if len(content.singles) == 1 else []
        )
    except ValueError as refused:
        raise MalformedInput("candidate OCSP answer", str(refused)) from refused
    if [(entry.oid, entry.critical) for entry in written] != [(oid, False) for oid in expected]:
        yield Finding("extensions", "nonce and extended-revoke are all that may stand", "RFC 6960 4.4")
    if nonce is not None:
        if len(nonce) not in ECHOED_NONCES:
            yield Finding("nonce_length", "a nonce of 16 to 32 octets is repeated", "RFC 9654 2.1")
        if any(isinstance(e.value, x509.OCSPNonce) and e.value.nonce != nonce for e in written):
            yield Finding("nonce_changed", "the nonce is not the one in the request", "RFC 9654 2.1")
    cutoffs = [] if content.archive_cutoff is None or len(content.singles) != 1 else [ARCHIVE_CUTOFF]
    if [value.oid for value in shown] != cutoffs:
        yield Finding("single_extensions", "archive cut-off is all that may stand", "RFC 6960 4.4.4")


ALL: Final[Sequence[Callable[[AnswerCandidate], Iterator[Finding]]]] = (responder, times, singles, extensions)
