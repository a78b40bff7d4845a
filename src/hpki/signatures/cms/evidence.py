"""Certificates and revocation data out of the places where CMS keeps them.  What cannot be read is named, not hidden."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import oid_of
from hpki.signatures.cms.octets import Attribute
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.revocation_list import RevocationList, read_revocation_list

MOST_OF_A_KIND: Final = 512
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_CONTEXT_2: Final = 0xA2
_ENUMERATED_SUCCESS: Final = b"\x0a\x01\x00"
_OCSP_BASIC_DER: Final = bytes.fromhex("06092b0601050507300101")


@dataclass
class Found:
    """What has been collected from one place; `troubles` are findings about entries that cannot be read."""

    place: str
    certificates: dict[bytes, CertificateFacts] = field(default_factory=dict)
    crls: dict[bytes, RevocationList] = field(default_factory=dict)
    answers: dict[bytes, OcspAnswer] = field(default_factory=dict)
    troubles: list[SignatureFinding] = field(default_factory=list)

    def add_certificates(self, choices: Iterable[bytes]) -> "Found":
        """CertificateChoices (RFC 5652 10.2.2); attribute certificates are told of, not read."""
        for choice in choices:
            if choice[0] != der.SEQUENCE:
                self.troubles.append(
                    SignatureFinding("envelope_unverified", "attribute certificate", self.place)
                )
            elif len(self.certificates) < MOST_OF_A_KIND:
                self._try(self._add_certificate, choice)
        return self

    def add_crls(self, choices: Iterable[bytes]) -> "Found":
        """RevocationInfoChoices (RFC 5652 10.2.1): lists, and OCSP answers as RFC 5940 puts them."""
        for choice in choices:
            if len(self.crls) + len(self.answers) >= MOST_OF_A_KIND:
                break
            self._try(self._add_list if choice[0] == der.SEQUENCE else self._add_other, choice)
        return self

    def add_values(self, attribute: Attribute) -> "Found":
        """The certificate-values or revocation-values attribute (EN 319 122-1 A.1.1.2, A.1.2.2)."""
        reader = (
            self._add_certificate_values
            if attribute.type == oids.CERTIFICATE_VALUES
            else self._add_revocation_values
        )
        for value in attribute.values:
            self._try(reader, value)
        return self

    def evidence(self) -> Evidence:
        """All of it."""
        return Evidence(
            tuple(self.certificates.values()), tuple(self.crls.values()), tuple(self.answers.values())
        )

    def identities(self) -> frozenset[bytes]:
        """The SHA-256 of everything in it."""
        return identities(self.evidence())

    def _try(self, add: Callable[[bytes], None], octets: bytes) -> None:
        try:
            add(octets)
        except MalformedInput as refused:
            self.troubles.append(SignatureFinding("envelope_unverified", str(refused), self.place))

    def _add_certificate(self, octets: bytes) -> None:
        self.certificates[octets] = read_certificate(octets)

    def _add_list(self, octets: bytes) -> None:
        self.crls[octets] = read_revocation_list(octets)

    def _add_answer(self, octets: bytes) -> None:
        self.answers[octets] = read_ocsp_answer(octets)

    def _add_other(self, octets: bytes) -> None:
        content = DerCursor(octets, "RevocationInfoChoice").enter(_CONTEXT_1)
        kind = oid_of(content.octets(der.OBJECT_IDENTIFIER))
        value = content.element()
        content.finish()
        if kind == oids.OCSP_RESPONSE:
            self._add_answer(value)
        elif kind == oids.OCSP_BASIC:
            self._add_answer(response_of(value))
        else:
            raise MalformedInput("RevocationInfoChoice", f"{kind.dotted_string} is not known")

    def _add_certificate_values(self, octets: bytes) -> None:
        values = DerCursor(octets, "certificate-values").enter(der.SEQUENCE)
        while values.more():
            self._try(self._add_certificate, values.element())

    def _add_revocation_values(self, octets: bytes) -> None:
        values = DerCursor(octets, "revocation-values").enter(der.SEQUENCE)
        if (lists := values.optional(_CONTEXT_0)) is not None:
            listed = lists.enter(der.SEQUENCE)
            while listed.more():
                self._try(self._add_list, listed.element())
        if (answers := values.optional(_CONTEXT_1)) is not None:
            answered = answers.enter(der.SEQUENCE)
            while answered.more():
                self._try(self._add_answer, response_of(answered.element()))
        values.skip_optional(_CONTEXT_2)
        values.finish()


def response_of(basic_der: bytes) -> bytes:
    """The OCSPResponse that a BasicOCSPResponse stood in (RFC 6960 4.2.1); nothing else can stand in one."""
    inner = der.tlv(der.SEQUENCE, _OCSP_BASIC_DER, der.tlv(der.OCTET_STRING, basic_der))
    return der.tlv(der.SEQUENCE, _ENUMERATED_SUCCESS, der.tlv(_CONTEXT_0, inner))


def basic_of(response_der: bytes) -> bytes:
    """The BasicOCSPResponse in an OCSPResponse.  Raises MalformedInput."""
    response = DerCursor(response_der, "OCSPResponse").enter(der.SEQUENCE)
    response.element()
    bytes_of = response.enter(_CONTEXT_0).enter(der.SEQUENCE)
    bytes_of.octets(der.OBJECT_IDENTIFIER)
    return bytes_of.octets(der.OCTET_STRING)


def identities(evidence: Evidence) -> frozenset[bytes]:
    """The SHA-256 of everything in some evidence, certificates inside OCSP answers included."""
    inside = (each.sha256 for answer in evidence.ocsp_answers for each in answer.certificates)
    certificates = (each.sha256 for each in evidence.certificates)
    crls = (each.sha256 for each in evidence.crls)
    answers = (each.sha256 for each in evidence.ocsp_answers)
    return frozenset((*certificates, *crls, *answers, *inside))
