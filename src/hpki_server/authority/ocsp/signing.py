"""Who signs for which issuer, and what an answer says: the same for the desk and for the shelf."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from cryptography import x509

from hpki.errors import KeyError_, MalformedInput
from hpki.issuance.ocsp import prepare_answer, sign_answer
from hpki.issuance.ocsp_content import AnswerContent, SingleStatus
from hpki.issuance.ocsp_request import CertId
from hpki.issuance.ocsp_responder import Responder
from hpki.issuance.status import CertificateFacts, Revoked, Status, status_of
from hpki.keys.signer import Signer
from hpki_server.authority.models import Issuer, OcspResponder
from hpki_server.authority.ports import facts_of

# Answers signed ahead are good for a day, and replaced when a third of it is over; one on demand is good for an hour, as
# what is unknown now may be issued in a minute.
SHELF_LIFE = dt.timedelta(hours=24)
REFRESH_AFTER = dt.timedelta(hours=8)
DEMAND_LIFE = dt.timedelta(hours=1)


@dataclass(frozen=True)
class RespondingUnit:
    """A responder that can sign now."""

    issuer: UUID
    responder: Responder
    signer: Signer

    def lives_until(self, moment: dt.datetime) -> bool:
        return moment <= self.responder.certificate.not_valid_after_utc

    def answer(self, asked: Sequence[tuple[CertId, CertificateFacts | None]], terms: AnswerContent) -> bytes:
        """The signed answer.  Raises ProfileViolation, SignatureMismatch, KeyUnavailable, KeyRefused."""
        singles = tuple(SingleStatus(cert_id, told_status(facts, terms.at)) for cert_id, facts in asked)
        return sign_answer(prepare_answer(replace(terms, singles=singles), self.responder), self.signer)

    def terms(self, *, at: dt.datetime, life: dt.timedelta, nonce: bytes | None = None) -> AnswerContent:
        """An answer without its certificates.

        Archive cut-off: the records of an issuer are kept from its beginning and for ever (RFC 6960 4.4.4), so the
        status of an expired certificate is told like any other's.
        """
        begun = self.responder.issuer.certificate.not_valid_before_utc
        return AnswerContent((), at, at + life, nonce, archive_cutoff=begun)


def told_status(facts: CertificateFacts | None, at: dt.datetime) -> Status:
    """The one rule, in whole seconds, as an answer counts."""
    status = status_of(facts, at)
    if isinstance(status, Revoked):
        return replace(status, revoked_at=status.revoked_at.replace(microsecond=0))
    return status


def responding_unit(issuer: UUID, *, at: dt.datetime, life: dt.timedelta) -> RespondingUnit | None:
    """The responder that lives longest and whose key opens here; None when there is none."""
    from hpki_server.authority.ceremony.key_store import open_signer  # stands beside us, as in `ports`

    rows = OcspResponder.objects.filter(
        issuer=issuer, state=OcspResponder.State.SIGNED, not_before__lte=at, not_after__gte=at + life
    ).order_by("-not_after")
    record = Issuer.objects.get(id=issuer)
    for row in rows[:4]:
        certificate = x509.load_der_x509_certificate(bytes(row.certificate_der or b""))
        try:
            signer = open_signer(row.key_store)
            responder = Responder(certificate, facts_of(record))
        except (KeyError_, MalformedInput):
            continue
        if signer.public_key() == certificate.public_key():
            return RespondingUnit(issuer, responder, signer)
    return None
