"""DSS's diagnostic data played again: certificates, lists, answers, signatures and time-stamps with keys of our own.

Diagnostic data say what DSS saw (who issued what, when, for which purposes, which digests held, what a time-stamp covers)
and carry few of the octets.  Our judge looks at octets of certificates and revocation data, so each is made anew with the
properties that stand there; signatures and time-stamps are facts.  What one side alone knows is not played: trusted lists,
eIDAS qualification, structure and modifications of PDF and XML.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Final
from xml.etree import ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp

from hpki import oids
from hpki.signatures.algorithms import HASHES, SHA_256, HashKind, SignatureAlgorithm
from hpki.signatures.facts import (
    CertificateReference,
    DigestFact,
    DocumentFacts,
    Level,
    SignatureFacts,
    SignedMessage,
    SignerHint,
    TimeStampFacts,
    TimeStampKind,
)
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation_list import RevocationList, read_revocation_list
from tests import pki

_SPACE: Final = "{http://dss.esig.europa.eu/validation/diagnostic}"
# DSS's default policy asks for no freshness ("RevocationFreshness Level=IGNORE"): a list counts however old it is.
_NO_END: Final = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
_KINDS: Final = {
    "SIGNATURE_TIMESTAMP": TimeStampKind.SIGNATURE,
    "ARCHIVE_TIMESTAMP": TimeStampKind.ARCHIVE,
    "ALL_DATA_OBJECTS_TIMESTAMP": TimeStampKind.CONTENT,
    "INDIVIDUAL_DATA_OBJECTS_TIMESTAMP": TimeStampKind.CONTENT,
    "CONTENT_TIMESTAMP": TimeStampKind.CONTENT,
}
_USAGES: Final = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "contentCommitment": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "crlSign": "crl_sign",
    "cRLSign": "crl_sign",
}
_ALL_USAGES: Final = (*dict.fromkeys(_USAGES.values()), "encipher_only", "decipher_only")
_REASONS: Final = {each.value: each for each in x509.ReasonFlags}
_WEAK_RSA: Final = 1900
_WEAK_EC: Final = 256

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def _key(label: str, *, is_weak: bool) -> Key:
    """One key for each name.  Keys strong enough today are all P-256, which is quick; any of old is RSA of 1024 bits."""
    if is_weak:
        return rsa.generate_private_key(65537, 1024)  # noqa: S505 - plays a key of long ago
    return ec.generate_private_key(ec.SECP256R1())


def _text(element: ET.Element | None, path: str, otherwise: str = "") -> str:
    found = None if element is None else element.find("/".join(_SPACE + each for each in path.split("/")))
    return otherwise if found is None or found.text is None else found.text.strip()


def _all(element: ET.Element | None, path: str) -> list[ET.Element]:
    return [] if element is None else element.findall("/".join(_SPACE + each for each in path.split("/")))


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def _hash_kind(name: str) -> HashKind | None:
    return HASHES.get(name.lower().replace("-", "_"))


def _name(distinguished: str) -> x509.Name:
    told = hashlib.sha256(distinguished.encode()).hexdigest()[:32]
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, told)])


def _dn(element: ET.Element, kind: str) -> str:
    found = [each for each in _all(element, kind) if each.get("Format") == "CANONICAL"]
    return (found[0].text or "") if found else ""


@dataclass
class Reenacted:
    """One file of diagnostic data; whatever is made from it is made once."""

    root: ET.Element
    _certificates: dict[str, CertificateFacts] = field(default_factory=dict)

    @classmethod
    def of(cls, octets: bytes) -> "Reenacted":
        return cls(ET.fromstring(octets))  # noqa: S314 - files of DSS's own tests

    @cached_property
    def at(self) -> dt.datetime:
        """The moment of validation."""
        return _moment(_text(self.root, "ValidationDate"))

    @cached_property
    def _elements(self) -> dict[str, ET.Element]:
        """Certificates, revocation data and time-stamps by their identifier."""
        paths = ("UsedCertificates/Certificate", "UsedRevocations/Revocation", "UsedTimestamps/Timestamp")
        return {each.get("Id", ""): each for path in paths for each in _all(self.root, path)}

    # --- certificates -------------------------------------------------------------------------------------------------

    def _key_of(self, identifier: str) -> Key:
        element = self._elements[identifier]
        size, kind = int(_text(element, "PublicKeySize", "0")), _text(element, "PublicKeyEncryptionAlgo")
        is_weak = size < (_WEAK_EC if kind.endswith("ECDSA") else _WEAK_RSA)
        return _key(_text(element, "EntityKey", identifier), is_weak=is_weak)

    def certificate(self, identifier: str) -> CertificateFacts | None:
        """A certificate with the properties that stand there; None when it is not among those used."""
        if identifier not in self._elements:
            return None
        if identifier not in self._certificates:
            self._certificates[identifier] = self._made(identifier)
        return self._certificates[identifier]

    def _made(self, identifier: str, by: str = "") -> CertificateFacts:
        element = self._elements[identifier]
        signer = by or _signer_of(element)
        issuer = (
            _dn(self._elements[by], "SubjectDistinguishedName")
            if by
            else _dn(element, "IssuerDistinguishedName")
        )
        above = identifier if _text(element, "SelfSigned") == "true" else signer
        if _is_trusted_itself(element):
            above = ""
        key = self._key_of(above) if above in self._elements else _key(f"above {identifier}", is_weak=False)
        if _text(element, "BasicSignature/SignatureValid", "true") == "false" and signer:
            key = _key("stranger", is_weak=False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(_dn(element, "SubjectDistinguishedName")))
            .issuer_name(_name(issuer))
            .serial_number(int(hashlib.sha256(identifier.encode()).hexdigest()[:30], 16))
            .not_valid_before(_moment(_text(element, "NotBefore")))
            # DSS asks no end of an anchor but its sunset (RFC 5280 6.1: it is a name and a key); our judge does.
            .not_valid_after(
                _NO_END if _text(element, "Trusted") == "true" else _moment(_text(element, "NotAfter"))
            )
            .public_key(self._key_of(identifier).public_key())
        )
        for value, critical in _extensions(element, self._purpose_of(identifier)):
            builder = builder.add_extension(value, critical=critical)
        made = facts_of(builder.sign(key, hashes.SHA256()))
        made.__dict__["signature_hash"] = _stated_hash(element)
        return made

    @cached_property
    def _responders(self) -> set[str]:
        """The certificates that sign OCSP answers: older data leave out their purpose, and with it the right to do so."""
        told = _all(self.root, "UsedRevocations/Revocation")
        return {_signer_of(each) for each in told if _text(each, "Type") == "OCSP"}

    def _purpose_of(self, identifier: str) -> x509.ObjectIdentifier | None:
        return oids.EKU_OCSP_SIGNING if identifier in self._responders else None

    @property
    def anchors(self) -> list[TrustAnchor]:
        """The certificates that stand there as trusted, with their sunset."""
        return list(self._anchors())

    def _anchors(self) -> Iterator[TrustAnchor]:
        for each in _all(self.root, "UsedCertificates/Certificate"):
            found = each.find(f"{_SPACE}Trusted")
            certificate = self.certificate(each.get("Id", ""))
            if found is not None and found.text == "true" and certificate is not None:
                sunset = found.get("sunsetDate")
                if _is_trusted_itself(each):
                    certificate = self._root_above(each)
                yield TrustAnchor(certificate, not_after=None if sunset is None else _moment(sunset))

    def _root_above(self, element: ET.Element) -> CertificateFacts:
        """Our anchors are authorities: an end entity that is trusted by itself stands below one of its own."""
        name = _name(_dn(element, "IssuerDistinguishedName"))
        key = _key(f"above {element.get('Id', '')}", is_weak=False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .serial_number(1)
            .not_valid_before(_moment(_text(element, "NotBefore")))
            .not_valid_after(_NO_END)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
        return facts_of(builder.sign(key, hashes.SHA256()))

    @cached_property
    def twins(self) -> dict[str, list[CertificateFacts]]:
        """Responders that answer for the children of another authority than their own, certified by that one too.

        DSS takes an answer from a responder anywhere below the anchor, RFC 6960 4.2.2.2 only from the issuer's own.
        """
        found: dict[str, list[CertificateFacts]] = {}
        for element in _all(self.root, "UsedRevocations/Revocation"):
            responder = _signer_of(element)
            for about, _ in self._told(element.get("Id", "")):
                issuer = _signer_of(self._elements[about])
                known = {issuer, *self._above(issuer)}
                above = "" if responder not in self._elements else _signer_of(self._elements[responder])
                if _text(element, "Type") == "OCSP" and issuer and above != issuer and above in known - {""}:
                    found.setdefault(responder, []).append(self._made(responder, issuer))
        return found

    def _above(self, identifier: str) -> Iterator[str]:
        """The certificates above one, as far as they are known."""
        for _ in range(8):
            if identifier not in self._elements:
                return
            identifier = _signer_of(self._elements[identifier])
            yield identifier

    # --- revocation data ----------------------------------------------------------------------------------------------

    @cached_property
    def revocations(self) -> dict[str, list[RevocationList | OcspAnswer]]:
        """What each revocation datum is played by: one list, or an answer for each certificate that it speaks of."""
        found: dict[str, list[RevocationList | OcspAnswer]] = {}
        for element in _all(self.root, "UsedRevocations/Revocation"):
            identifier = element.get("Id", "")
            signer = self.certificate(_signer_of(element))
            if signer is None:
                continue
            if _text(element, "Type") == "CRL":
                found[identifier] = [self._list(element, signer)]
            else:
                found[identifier] = list(self._answers(element, signer))
        return found

    def _told(self, identifier: str) -> Iterator[tuple[str, ET.Element]]:
        """The certificates that a revocation datum speaks of, and what it says of each."""
        for certificate in _all(self.root, "UsedCertificates/Certificate"):
            for each in _all(certificate, "Revocations/CertificateRevocation"):
                if each.get("Revocation") == identifier:
                    yield certificate.get("Id", ""), each

    def _list(self, element: ET.Element, signer: CertificateFacts) -> RevocationList:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(signer.certificate.subject)
            .last_update(_moment(_text(element, "ThisUpdate")))
            .next_update(_NO_END)
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        if since := _text(element, "ExpiredCertsOnCRL"):
            value = _moment(since).strftime("%Y%m%d%H%M%SZ").encode()
            oid = x509.ObjectIdentifier("2.5.29.60")
            builder = builder.add_extension(
                x509.UnrecognizedExtension(oid, bytes([0x18, len(value)]) + value), critical=False
            )
        for identifier, told in self._told(element.get("Id", "")):
            about = self.certificate(identifier)
            if about is not None and _text(told, "Status") == "REVOKED":
                entry = x509.RevokedCertificateBuilder().serial_number(about.serial_number)
                entry = entry.revocation_date(_moment(_text(told, "RevocationDate")))
                if reason := _REASONS.get(_text(told, "Reason")):
                    entry = entry.add_extension(x509.CRLReason(reason), critical=False)
                builder = builder.add_revoked_certificate(entry.build())
        holds = _text(element, "BasicSignature/SignatureValid", "true") == "true"
        key = self._key_of(_signer_of(element)) if holds else _key("stranger", is_weak=False)
        signed = builder.sign(key, hashes.SHA256())
        made = read_revocation_list(signed.public_bytes(pki.DER))
        made.__dict__["signature_words"] = _stated_hash(element)
        return made

    def _answers(self, element: ET.Element, signer: CertificateFacts) -> Iterator[OcspAnswer]:
        for identifier, told in self._told(element.get("Id", "")):
            about = self.certificate(identifier)
            issuer = self.certificate(_signer_of(self._elements[identifier]))
            if about is None or issuer is None:
                continue
            status = ocsp.OCSPCertStatus[_text(told, "Status")]
            is_revoked = status is ocsp.OCSPCertStatus.REVOKED
            builder = ocsp.OCSPResponseBuilder().add_response(
                cert=about.certificate,
                issuer=issuer.certificate,
                algorithm=hashes.SHA256(),
                cert_status=status,
                this_update=_moment(_text(element, "ThisUpdate")),
                next_update=_NO_END,
                revocation_time=_moment(_text(told, "RevocationDate")) if is_revoked else None,
                revocation_reason=_REASONS.get(_text(told, "Reason")) if is_revoked else None,
            )
            builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
            octets = builder.sign(self._key_of(_signer_of(element)), hashes.SHA256()).public_bytes(pki.DER)
            if _text(element, "BasicSignature/SignatureValid", "true") != "true":
                octets = octets[:-1] + bytes([octets[-1] ^ 1])
            cutoff = _text(element, "ArchiveCutOff")
            made = replace(read_ocsp_answer(octets), archive_cutoff=_moment(cutoff) if cutoff else None)
            made.__dict__["signature_words"] = _stated_hash(element)
            yield made

    @property
    def evidence(self) -> Evidence:
        """Everything that stands in the diagnostic data."""
        identifiers = (each.get("Id", "") for each in _all(self.root, "UsedCertificates/Certificate"))
        certificates = (self.certificate(each) for each in identifiers)
        twins = [each for several in self.twins.values() for each in several]
        told = [each for several in self.revocations.values() for each in several]
        return Evidence(
            tuple(dict.fromkeys((*(each for each in certificates if each is not None), *twins))),
            tuple(dict.fromkeys(each for each in told if isinstance(each, RevocationList))),
            tuple(dict.fromkeys(each for each in told if isinstance(each, OcspAnswer))),
        )

    # --- signatures and time-stamps -----------------------------------------------------------------------------------

    def document(self) -> DocumentFacts:
        """The signatures, each with its time-stamps; counter-signatures stand beside the others."""
        made = {each.get("Id", ""): self._signature(each) for each in _all(self.root, "Signatures/Signature")}
        tokens = {
            each.get("Id", ""): self._signature(each) for each in _all(self.root, "UsedTimestamps/Timestamp")
        }
        stamps = {
            identifier: self._stamp(self._elements[identifier], facts, {**made, **tokens})
            for identifier, facts in tokens.items()
        }
        signatures = []
        for element in _all(self.root, "Signatures/Signature"):
            named = [each.get("Timestamp", "") for each in _all(element, "FoundTimestamps/FoundTimestamp")]
            own = tuple(stamps[each] for each in named if each in stamps)
            signatures.append(replace(made[element.get("Id", "")], time_stamps=own))
        return DocumentFacts("DSS", tuple(signatures))

    def _signature(self, element: ET.Element) -> SignatureFacts:
        identifier = element.get("Id", "")
        signer = _signer_of(element)
        digest = _hash_kind(_text(element, "BasicSignature/DigestAlgoUsedToSignThisToken"))
        key = self._key_of(signer) if signer in self._elements else _key("unknown", is_weak=False)
        matchers = _all(element, "DigestMatchers/DigestMatcher")
        # Where something signed is not at hand DSS does not look at the value.
        is_missing = any(each.computed is None and each.is_required for each in map(_digest, matchers))
        holds = is_missing or _text(element, "BasicSignature/SignatureIntact") == "true"
        octets = identifier.encode()
        value = _signed(
            key if holds else _key("stranger", is_weak=isinstance(key, rsa.RSAPrivateKey)), octets
        )
        kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "EC"
        how = padding.PKCS1v15() if kind == "RSA" else ec.ECDSA(hashes.SHA256())
        # The value is always made with SHA-256; which hash was used is stated by the digest below.
        algorithm = SignatureAlgorithm(kind, SHA_256, how, is_bound=True)
        used = DigestFact("signature algorithm", digest, b"same", b"same")
        certificate = self.certificate(signer)
        known = (self.certificate(each) for each in _found_certificates(element))
        claimed = _text(element, "ClaimedSigningTime")
        return SignatureFacts(
            format="DSS",
            place=identifier,
            level=Level.NONE,
            message=SignedMessage(algorithm, value, (octets,)),
            digests=(*(_digest(each) for each in matchers), used),
            references=() if certificate is None else tuple(_references(element, signer, certificate)),
            hint=SignerHint() if certificate is not None else SignerHint(b"nobody", 0),
            certificates=tuple(each for each in known if each is not None),
            claimed_signed_at=_moment(claimed) if claimed else None,
        )

    def _stamp(
        self, element: ET.Element, token: SignatureFacts, known: dict[str, SignatureFacts]
    ) -> TimeStampFacts:
        imprints = [each for each in _all(element, "DigestMatcher") if each.get("type") == "MESSAGE_IMPRINT"]
        covers = {
            identity
            for each in _all(element, "TimestampedObjects/TimestampedObject")
            for identity in self._identities(each.get("Token", ""), known)
        }
        return TimeStampFacts(
            kind=_KINDS.get(element.get("Type", ""), TimeStampKind.DOCUMENT),
            place=token.place,
            token=token,
            stamped_at=_moment(_text(element, "ProductionTime")),
            imprint=_digest(imprints[0]) if imprints else None,
            covers=frozenset(covers),
        )

    def _identities(self, token: str, known: dict[str, SignatureFacts]) -> Iterator[bytes]:
        if token in known:
            yield known[token].identity
        for each in self.revocations.get(token, ()):
            yield each.sha256
        if token in self._elements and self._elements[token].tag == f"{_SPACE}Certificate":
            found = self.certificate(token)
            yield from (each.sha256 for each in self.twins.get(token, ()))
            if found is not None:
                yield found.sha256


def _signer_of(element: ET.Element) -> str:
    found = element.find(f"{_SPACE}SigningCertificate")
    return "" if found is None else found.get("Certificate", "")


def _found_certificates(element: ET.Element) -> list[str]:
    return [each.get("Certificate", "") for each in _all(element, "FoundCertificates/RelatedCertificate")]


def _references(
    element: ET.Element, signer: str, certificate: CertificateFacts
) -> Iterator[CertificateReference]:
    """The signed reference to the signing certificate, as it stands or as it contradicts."""
    found = {
        related.get("Certificate", ""): digest.get("match", "true") == "true"
        for related in _all(element, "FoundCertificates/RelatedCertificate")
        for reference in _all(related, "CertificateRef")
        for digest in _all(reference, "DigestAlgoAndValue")
        if _text(reference, "Origin") == "SIGNING_CERTIFICATE"
    }
    if found:
        yield CertificateReference(SHA_256, certificate.sha256 if found.get(signer) else bytes(32))


def _digest(matcher: ET.Element) -> DigestFact:
    found, intact = _text(matcher, "DataFound") == "true", _text(matcher, "DataIntact") == "true"
    kind = _hash_kind(_text(matcher, "DigestMethod", "SHA256"))
    # A manifest's files may be missing: DSS warns, as we do (XMLDSig 4.4.5).
    is_required = matcher.get("type") != "MANIFEST_ENTRY"
    computed = None if not found else b"same" if intact else b"other"
    return DigestFact(matcher.get("type", ""), kind, b"same", computed, is_required=is_required)


def _signed(key: Key, octets: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(octets, ec.ECDSA(hashes.SHA256()))


def _extensions(
    element: ET.Element, purpose: x509.ObjectIdentifier | None
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """The extensions that a decision goes by; `purpose` is what it is used for where none stands there."""
    here = element.find(f"{_SPACE}CertificateExtensions")
    bits = {_USAGES.get(each.text or "", "") for each in _all(here, "KeyUsages/keyUsageBit")} - {""}
    if bits:
        yield x509.KeyUsage(**{name: name in bits for name in _ALL_USAGES}), True
    purposes = [each.text or "" for each in _all(here, "ExtendedKeyUsages/extendedKeyUsageOid")]
    is_authority = "key_cert_sign" in bits
    if not purposes and purpose is not None and not is_authority:
        purposes = [purpose.dotted_string]
    if purposes:
        # DSS asks for the purpose of time-stamps, we for a critical extension too (RFC 3161 2.3).
        yield x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in purposes]), True
    for each in _all(here, "BasicConstraints"):
        is_ca = _text(each, "CA") == "true" or each.get("CA") == "true"
        length = _text(each, "PathLenConstraint") or each.get("PathLenConstraint", "")
        known = int(length) if is_ca and length.isdigit() else None
        yield x509.BasicConstraints(ca=is_ca, path_length=known), True
    if _is_there(here, "IdPkixOcspNoCheck"):
        yield x509.OCSPNoCheck(), False
    if _is_there(here, "NoRevAvail") or _is_trusted_itself(element):
        yield x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.56"), b"\x05\x00"), False


def _stated_hash(element: ET.Element) -> str:
    """The hash that is said to have been used: builders sign with none of long ago, yet it is a fact."""
    stated = _text(element, "BasicSignature/DigestAlgoUsedToSignThisToken", "SHA256")
    return stated.lower().replace("sha3_", "sha3-")


def _is_trusted_itself(element: ET.Element) -> bool:
    """An end entity among the anchors, of which DSS asks no status."""
    bits = {each.text for each in _all(element, "CertificateExtensions/KeyUsages/keyUsageBit")}
    return _text(element, "Trusted") == "true" and "keyCertSign" not in bits


def _is_there(here: ET.Element | None, name: str) -> bool:
    return any(each.get("present", "true") == "true" for each in _all(here, name))
