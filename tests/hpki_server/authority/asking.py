"""What a client asks the status service, and what it reads in the answer."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from hpki.issuance.ocsp_request import CertIdHash
from hpki_server.authority import services
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.ocsp.ready import Reply
from hpki_server.authority.revocation import Case
from tests import cast
from tests.hpki_server.authority.stage import NOON

HASHES = {CertIdHash.SHA1: hashes.SHA1(), CertIdHash.SHA256: hashes.SHA256()}  # noqa: S303 - RFC 6960 4.1.1


HOUR = dt.timedelta(hours=1)


def signing(card: Card) -> Certificate:
    return Certificate.objects.get(card=card, profile="SIGNING")


def request_der(
    certificate: Certificate,
    digest: CertIdHash = CertIdHash.SHA256,
    *,
    serial: int | None = None,
    nonce: bytes | None = None,
) -> bytes:
    issuer = x509.load_der_x509_certificate(bytes(certificate.issuer.certificate_der))
    held = x509.load_der_x509_certificate(bytes(certificate.certificate_der or b""))
    model = ocsp.OCSPRequestBuilder().add_certificate(held, issuer, HASHES[digest]).build()
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        model.issuer_name_hash, model.issuer_key_hash, serial or held.serial_number, HASHES[digest]
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read(reply: Reply | None) -> ocsp.OCSPResponse:
    assert reply is not None
    return ocsp.load_der_ocsp_response(reply.body)


def lose(card: Card, *, at: dt.datetime = NOON + HOUR) -> None:
    services.revoke_card(card.id, case=Case.LOST, by=cast.officer(cast.ITO, at=at), at=at)
