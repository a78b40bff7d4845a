"""CMS messages as Mallory writes them: every part can be left out, doubled or replaced, and the rest is in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.issuance.template import SIGNATURE_ALGORITHMS, oid_der, time_der
from hpki.signatures.algorithms import HASHES, SHA_256
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.encoding import attribute_der
from hpki.validation.facts import CertificateFacts
from tests.signing_scene import LETTER, SIGNED_AT

SHA_256_DER = bytes.fromhex("300b0609608648016503040201")
SHA_512_DER = bytes.fromhex("300b0609608648016503040203")


def content_type(kind: bytes = oid_der(oids.DATA)) -> bytes:
    return attribute_der(oids.CONTENT_TYPE, kind)


def message_digest(content: bytes = LETTER) -> bytes:
    return attribute_der(oids.MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, SHA_256.digest(content)))


def signing_time() -> bytes:
    return attribute_der(oids.SIGNING_TIME, time_der(SIGNED_AT))


def signing_certificate(certificate: CertificateFacts) -> bytes:
    hashed = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, certificate.sha256))
    return attribute_der(oids.SIGNING_CERTIFICATE_V2, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, hashed)))


def reference_v1(certificate: CertificateFacts) -> bytes:
    hashed = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, HASHES["sha1"].digest(certificate.der)))
    return attribute_der(oids.SIGNING_CERTIFICATE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, hashed)))


@dataclass(frozen=True)
class Forgery:
    """One message in the making; what is not given is as an honest signer writes it."""

    unit: SigningUnit
    attributes: Sequence[bytes] | None = None
    without_attributes: bool = False
    content: bytes = LETTER
    signed_octets: bytes | None = None
    digest_algorithm: bytes = SHA_256_DER
    signature_algorithm: bytes | None = None
    named: CertificateFacts | None = None
    certificates: Sequence[CertificateFacts] | None = None
    unsigned: Sequence[bytes] = ()
    more_signers: Sequence[bytes] = field(default=())
    version: int = 1
    kind: ObjectIdentifier = oids.DATA

    def signer_info(self) -> bytes:
        certificate = self.unit.certificate
        attributes = self.attributes
        if attributes is None:
            attributes = (
                content_type(oid_der(self.kind)), message_digest(self.content), signing_time(), signing_certificate(certificate)
            )  # fmt: skip
        signed = der.tlv(der.SET, *sorted(attributes))
        message = self.content if self.without_attributes else signed
        named = self.named or certificate
        return der.tlv(
            der.SEQUENCE,
            b"\x02\x01\x01",
            der.tlv(der.SEQUENCE, named.issuer, der.unsigned_integer(named.serial_number)),
            self.digest_algorithm,
            b"" if self.without_attributes else b"\xa0" + signed[1:],
            self.signature_algorithm or SIGNATURE_ALGORITHMS[self.unit.signer.algorithm],
            der.tlv(der.OCTET_STRING, self.signed_octets or self.unit.signer.sign(message)),
            der.tlv(0xA1, *sorted(self.unsigned)) if self.unsigned else b"",
        )

    def message(self) -> bytes:
        carried = (
            (self.unit.certificate, *self.unit.chain) if self.certificates is None else self.certificates
        )
        signers = (self.signer_info(), *self.more_signers)
        return der.tlv(
            der.SEQUENCE,
            oid_der(oids.SIGNED_DATA),
            der.tlv(
                0xA0,
                der.tlv(
                    der.SEQUENCE,
                    der.unsigned_integer(self.version),
                    der.tlv(der.SET, self.digest_algorithm),
                    der.tlv(
                        der.SEQUENCE,
                        oid_der(self.kind),
                        der.tlv(0xA0, der.tlv(der.OCTET_STRING, self.content)),
                    ),
                    der.tlv(0xA0, *sorted(each.der for each in carried)),
                    der.tlv(der.SET, *sorted(signers)),
                ),
            ),
        )
