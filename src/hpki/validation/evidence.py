"""Evidence: certificates, revocation lists and OCSP answers in our hands.  Nothing in it is trusted."""

from collections.abc import Iterable
from dataclasses import dataclass

from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.revocation_list import RevocationList, read_revocation_list


@dataclass(frozen=True)
class Evidence:
    """What the judge may use; the order says nothing."""

    certificates: tuple[CertificateFacts, ...] = ()
    crls: tuple[RevocationList, ...] = ()
    ocsp_answers: tuple[OcspAnswer, ...] = ()

    @classmethod
    def of(
        cls,
        certificate_ders: Iterable[bytes] = (),
        crl_ders: Iterable[bytes] = (),
        ocsp_ders: Iterable[bytes] = (),
    ) -> "Evidence":
        """Evidence read from DER.  Raises MalformedInput when one of them cannot be read."""
        return cls(
            tuple(read_certificate(octets) for octets in certificate_ders),
            tuple(read_revocation_list(octets) for octets in crl_ders),
            tuple(read_ocsp_answer(octets) for octets in ocsp_ders),
        )

    def joined(self, other: "Evidence") -> "Evidence":
        """What both hold, each thing once."""
        return Evidence(
            tuple(dict.fromkeys((*self.certificates, *other.certificates))),
            tuple(dict.fromkeys((*self.crls, *other.crls))),
            tuple(dict.fromkeys((*self.ocsp_answers, *other.ocsp_answers))),
        )
