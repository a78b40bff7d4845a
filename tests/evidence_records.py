"""Evidence records (RFC 4998, RFC 6283) as an archive makes them: hash trees under time-stamps, renewed over the years."""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from hpki.certs import der
from hpki.signatures.algorithms import HASHES, SHA_256, HashKind
from hpki.signatures.cms.extending import Extension, self_contained
from hpki.signatures.cms.token import read_token
from hpki.signatures.material import material_for
from hpki.validation.evidence import Evidence
from tests.signing_scene import DAY, SIGNED_AT, YEAR, LocalAuthority, Scene

IDENTIFIERS = {
    "sha256": bytes.fromhex("300b0609608648016503040201"),
    "sha512": bytes.fromhex("300b0609608648016503040203"),
}
_CONTEXT_2 = 0xA2
ERS = "urn:ietf:params:xml:ns:ers"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
DIGESTS = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
# What an archive is given: octets, or something that it asks for the hash.
Kept = bytes | Callable[[HashKind], bytes]


def leaf(kept: Kept, kind: HashKind) -> bytes:
    return kind.digest(kept) if isinstance(kept, bytes) else kept(kind)


def listed(values: Iterable[bytes]) -> bytes:
    return der.tlv(der.SEQUENCE, *(der.tlv(der.OCTET_STRING, each) for each in values))


@dataclass
class Archive:
    """A record in the making: each chain is the list of its archive time-stamps, a hash tree (DER) and a token."""

    objects: Sequence[Kept]
    kinds: list[HashKind] = field(default_factory=list)
    chains: list[list[tuple[bytes, bytes]]] = field(default_factory=list)

    def begin(
        self, authority: LocalAuthority, kind: HashKind = SHA_256, evidence: Evidence | None = None
    ) -> None:
        """A first chain, or hash-tree renewal: over all objects, and over the chains before.

        The last token is given what its authority needs first, out of `evidence`.
        """
        self._complete(authority, evidence)
        hashes = [leaf(each, kind) for each in self.objects]
        if self.chains:
            before = kind.digest(self._sequence())
            hashes = [kind.digest(each + before) for each in hashes]
        self.kinds.append(kind)
        self.chains.append([])
        self._stamp(authority, hashes)

    def renew(self, authority: LocalAuthority, evidence: Evidence | None = None) -> None:
        """Time-stamp renewal: over the last token, among others that an archive renews at the same time."""
        self._complete(authority, evidence)
        kind, (_, token) = self.kinds[-1], self.chains[-1][-1]
        self._stamp(authority, [kind.digest(token), kind.digest(b"a token of another record")])

    def _complete(self, authority: LocalAuthority, evidence: Evidence | None) -> None:
        if self.chains and evidence is not None:
            tree, token = self.chains[-1][-1]
            self.chains[-1][-1] = tree, self_contained(token, Extension(authority, evidence))

    def _stamp(self, authority: LocalAuthority, first: Sequence[bytes]) -> None:
        kind = self.kinds[-1]
        value = first[0] if len(first) == 1 else kind.digest(b"".join(sorted(first)))
        other = kind.digest(b"the rest of the tree")
        root = kind.digest(b"".join(sorted((value, other))))
        tree = der.tlv(_CONTEXT_2, listed(first), listed([other]))
        self.chains[-1].append((tree, authority.stamp(kind, root)))

    def _sequence(self) -> bytes:
        encoded = ([der.tlv(der.SEQUENCE, *stamp) for stamp in chain] for chain in self.chains)
        return der.tlv(der.SEQUENCE, *(der.tlv(der.SEQUENCE, *chain) for chain in encoded))

    def octets(self) -> bytes:
        """The record."""
        names = dict.fromkeys(kind.name for kind in self.kinds)
        return der.tlv(
            der.SEQUENCE,
            der.tlv(der.INTEGER, b"\x01"),
            der.tlv(der.SEQUENCE, *(IDENTIFIERS[name] for name in names)),
            self._sequence(),
        )


@dataclass
class XmlArchive:
    """The same in XML: the elements of a record in the making."""

    objects: Sequence[Kept]
    root: etree._Element = field(default_factory=lambda: _made(None, "EvidenceRecord", Version="1.0"))

    @property
    def sequence(self) -> etree._Element:
        found = self.root.find(f"{{{ERS}}}ArchiveTimeStampSequence")
        return _made(self.root, "ArchiveTimeStampSequence") if found is None else found

    def begin(
        self, authority: LocalAuthority, kind: HashKind = SHA_256, evidence: Evidence | None = None
    ) -> None:
        """A first chain, or hash-tree renewal: the hashes of all objects, and that of the chains before."""
        self._complete(evidence)
        hashes = [leaf(_canonical_if_xml(each), kind) for each in self.objects]
        if len(self.sequence):
            hashes.append(kind.digest(_canonical(self.sequence)))
        chain = _made(self.sequence, "ArchiveTimeStampChain", Order=str(len(self.sequence) + 1))
        _made(chain, "DigestMethod", Algorithm=DIGESTS[kind.name])
        _made(chain, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
        self._stamp(authority, kind, hashes)

    def renew(self, authority: LocalAuthority, evidence: Evidence | None = None) -> None:
        """Time-stamp renewal: over the last TimeStamp element, among others."""
        self._complete(evidence)
        uri = self.sequence[-1][0].get("Algorithm")
        kind = next(HASHES[name] for name, each in DIGESTS.items() if each == uri)
        last = self.sequence[-1][-1].find(f"{{{ERS}}}TimeStamp")
        assert last is not None
        self._stamp(
            authority, kind, [kind.digest(_canonical(last)), kind.digest(b"a token of another record")]
        )

    def _complete(self, evidence: Evidence | None) -> None:
        """What the last token's authority needs, beside it (RFC 6283 3.1.3)."""
        if evidence is None or not len(self.sequence):
            return
        stamp = self.sequence[-1][-1].find(f"{{{ERS}}}TimeStamp")
        assert stamp is not None
        token = read_token(base64.b64decode(str(stamp[0].text)), "archive")
        wanted = material_for([token.facts], token.evidence.joined(evidence))
        found = [("CERT", each.der) for each in wanted.certificates]
        found += [("CRL", each.crl.public_bytes(Encoding.DER)) for each in wanted.crls]
        held = _made(stamp, "CryptographicInformationList")
        for number, (kind, octets) in enumerate(found, start=1):
            made = _made(held, "CryptographicInformation", Order=str(number), Type=kind)
            made.text = base64.b64encode(octets).decode()

    def _stamp(self, authority: LocalAuthority, kind: HashKind, first: Sequence[bytes]) -> None:
        value = first[0] if len(first) == 1 else kind.digest(b"".join(sorted(first)))
        other = kind.digest(b"the rest of the tree")
        chain = self.sequence[-1]
        stamp = _made(chain, "ArchiveTimeStamp", Order=str(len(chain) - 1))
        tree = _made(stamp, "HashTree")
        for number, values in enumerate((first, [other]), start=1):
            made = _made(tree, "Sequence", Order=str(number))
            for each in values:
                _made(made, "DigestValue").text = base64.b64encode(each).decode()
        token = _made(_made(stamp, "TimeStamp"), "TimeStampToken", Type="RFC3161")
        root = kind.digest(b"".join(sorted((value, other))))
        token.text = base64.b64encode(authority.stamp(kind, root)).decode()

    def octets(self) -> bytes:
        """The record."""
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")


Record = TypeVar("Record", bound=Archive | XmlArchive)


def kept_for_nine_years(archive: Record, where: Scene) -> Record:
    """Begun the day after, renewed after four years, its hash tree renewed with a stronger hash after eight."""
    archive.begin(where.authority(SIGNED_AT + DAY))
    at = SIGNED_AT + 4 * YEAR
    archive.renew(where.authority(at), where.evidence(at))
    at = SIGNED_AT + 8 * YEAR
    archive.begin(where.authority(at), HASHES["sha512"], where.evidence(at))
    return archive


def _made(parent: etree._Element | None, name: str, **attributes: str) -> etree._Element:
    tag = f"{{{ERS}}}{name}"
    if parent is None:
        return etree.Element(tag, attributes, nsmap={"ers": ERS})
    return etree.SubElement(parent, tag, attributes)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _canonical_if_xml(kept: Kept) -> Kept:
    is_xml = isinstance(kept, bytes) and kept.startswith(b"<")
    return _canonical(etree.fromstring(kept)) if isinstance(kept, bytes) and is_xml else kept
