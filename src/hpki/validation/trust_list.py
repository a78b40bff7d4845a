"""Trust lists: whom we trust, for what and how long, as one signed, dated file.

The file is JSON (RFC 8259) that a person can read.  Its `signature` is made over the canonical form of all the rest:
keys sorted, no white space, UTF-8, only strings, integers, lists and objects (what is left of RFC 8785 then), behind a
line that says what is signed.  So a file may be laid out anew without harm, and nothing else in it may change.

An authority is named by its key identifier: names repeat over generations (the My Number card's authorities of 2015,
2019 and 2023 have one name).
"""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.certs.printing import moment_json, printable
from hpki.errors import MalformedInput, SignatureMismatch, TrustListRefused
from hpki.keys.algorithms import verify
from hpki.keys.signer import Signer
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.policies import SHIPPED
from hpki.validation.policy import TrustAnchor

MAX_TRUST_LIST_OCTETS: Final = 1024 * 1024
MOST_ANCHORS: Final = 256
MOST_TEXT: Final = 200
KIND: Final = "openhpki-trust-list-1"
_SIGNED: Final = b"openhpki trust list, version 1\n"
_LIST: Final = "trust list"
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_HEX: Final = re.compile(r"[0-9A-F]{2,128}")


@dataclass(frozen=True)
class ListedAnchor:
    """One authority of a list; `purposes` are names of policies, the moments bound the trust in it."""

    certificate: CertificateFacts
    purposes: frozenset[str]
    not_before: dt.datetime
    not_after: dt.datetime
    note: str = ""

    @property
    def key_identifier(self) -> str:
        """What names it: the SubjectKeyIdentifier in hexadecimal."""
        return key_identifier_of(self.certificate)

    def as_anchor(self) -> TrustAnchor:
        """What the judge takes."""
        return TrustAnchor(self.certificate, self.purposes, self.not_before, self.not_after)


@dataclass(frozen=True)
class TrustListContent:
    """What a list says; `sequence` grows with every edition."""

    publisher: str
    sequence: int
    issued_at: dt.datetime
    next_update: dt.datetime
    anchors: tuple[ListedAnchor, ...]

    def by_key_identifier(self, key_identifier: str) -> ListedAnchor | None:
        """The authority with a key identifier (hexadecimal)."""
        wanted = key_identifier.upper()
        return next((listed for listed in self.anchors if listed.key_identifier == wanted), None)


@dataclass(frozen=True)
class ReadTrustList:
    """A list as it was read: nothing in it has been checked, in particular not who signed it."""

    unverified: TrustListContent
    signature: bytes = field(repr=False)
    signer_key: str


@dataclass(frozen=True)
class TrustList:
    """A list that its publisher signed: exists only after `prove_trust_list` or `update_trust_list` succeeded."""

    content: TrustListContent
    octets: bytes = field(repr=False)

    @property
    def anchors(self) -> tuple[TrustAnchor, ...]:
        """What the judge takes."""
        return tuple(listed.as_anchor() for listed in self.content.anchors)


def key_identifier_of(certificate: CertificateFacts) -> str:
    """The SubjectKeyIdentifier in hexadecimal.  Raises MalformedInput when it has none."""
    identifier = certificate.subject_key_identifier
    if identifier is None:
        raise MalformedInput(_LIST, f"{certificate.words} has no key identifier")
    return identifier.hex().upper()


def key_fingerprint(public_key: PublicKeyTypes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo in hexadecimal: which key signed a list."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex().upper()


def sign_trust_list(content: TrustListContent, signer: Signer) -> bytes:
    """The file of a list, signed by its publisher.  Raises MalformedInput when the list could not be read again."""
    described = _describe(content)
    signature = signer.sign(_SIGNED + _canonical(described))
    described["signature"] = {
        "key": key_fingerprint(signer.public_key()),
        "value": base64.b64encode(signature).decode("ascii"),
    }
    octets = (json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    read_trust_list(octets)
    return octets


def read_draft(octets: bytes, certificate_of: Callable[[str], CertificateFacts]) -> TrustListContent:
    """A list before it is signed, as a person writes it.  Raises MalformedInput.

    In place of `kind` and `signature` there is nothing, and an anchor has a `file`, which `certificate_of` reads, in
    place of `certificate` and `key_identifier`.
    """
    described = _parsed(octets)
    anchors = described.get("anchors")
    for found in anchors if isinstance(anchors, list) else ():
        if isinstance(found, dict) and isinstance(file := found.pop("file", None), str):
            certificate = certificate_of(file)
            found["certificate"] = base64.b64encode(certificate.der).decode("ascii")
            found["key_identifier"] = key_identifier_of(certificate)
    return _content({"kind": KIND, **described})


def read_trust_list(octets: bytes) -> ReadTrustList:
    """What stands in the file; nothing is proven.  Raises MalformedInput."""
    described = _parsed(octets)
    signature = described.pop("signature", None)
    if not isinstance(signature, dict) or set(signature) != {"key", "value"}:
        raise MalformedInput(_LIST, "it has no signature")
    return ReadTrustList(_content(described), _base64(signature, "value"), _hex(signature, "key"))


def prove_trust_list(octets: bytes, publisher_key: PublicKeyTypes, at: dt.datetime) -> TrustList:
    """The list, once its publisher's signature verifies and it is in force at a moment.

    Raises MalformedInput when it cannot be read, TrustListRefused when it is not to be believed.
    """
    proven = _signed_by(octets, publisher_key)
    content = proven.content
    if at < content.issued_at:
        raise TrustListRefused(
            f"trust list {content.sequence} is issued later, at {moment_json(content.issued_at)}"
        )
    if at > content.next_update:
        raise TrustListRefused(
            f"trust list {content.sequence} was in force until {moment_json(content.next_update)}"
        )
    return proven


def update_trust_list(
    kept: bytes | None, octets: bytes, publisher_key: PublicKeyTypes, at: dt.datetime
) -> TrustList:
    """The newer edition to keep.

    Raises TrustListRefused also when its sequence number is lower than that of the edition at hand, or the same over
    other words: whoever shows an old list wants an authority trusted that no longer is.
    """
    newer = prove_trust_list(octets, publisher_key, at)
    if kept is None:
        return newer
    older = _signed_by(kept, publisher_key).content
    content = newer.content
    if content.publisher != older.publisher:
        raise TrustListRefused(f"the publisher was {older.publisher} and is now {content.publisher}")
    if content.sequence < older.sequence or content.issued_at < older.issued_at:
        raise TrustListRefused(f"edition {content.sequence} is older than edition {older.sequence} at hand")
    if content.sequence == older.sequence and content != older:
        raise TrustListRefused(f"edition {content.sequence} exists with two different contents")
    return newer


def _signed_by(octets: bytes, publisher_key: PublicKeyTypes) -> TrustList:
    read = read_trust_list(octets)
    if read.signer_key != key_fingerprint(publisher_key):
        raise TrustListRefused(f"the list is signed by another key ({read.signer_key})")
    described = _parsed(octets)
    del described["signature"]
    try:
        verify(publisher_key, read.signature, _SIGNED + _canonical(described))
    except SignatureMismatch as refused:
        raise TrustListRefused(f"the list was changed after it was signed: {refused}") from refused
    return TrustList(read.unverified, octets)


Json = dict[str, object]


def _parsed(octets: bytes) -> Json:
    if len(octets) > MAX_TRUST_LIST_OCTETS:
        raise MalformedInput(_LIST, f"{len(octets)} octets, at most {MAX_TRUST_LIST_OCTETS}")
    try:
        parsed = json.loads(
            octets.decode(), object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as refused:
        raise MalformedInput(_LIST, printable(str(refused))[:MOST_TEXT]) from refused
    if not isinstance(parsed, dict):
        raise MalformedInput(_LIST, "it is no JSON object")
    return parsed


def _once(pairs: Sequence[tuple[str, object]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _refuse(text: str) -> object:
    raise ValueError(f"{text} has no place here")


def _canonical(described: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(described, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError as refused:
        raise MalformedInput(_LIST, "a string is no Unicode text") from refused


def _describe(content: TrustListContent) -> Json:
    return {
        "kind": KIND,
        "publisher": content.publisher,
        "sequence": content.sequence,
        "issued_at": moment_json(content.issued_at),
        "next_update": moment_json(content.next_update),
        "anchors": [
            {
                "key_identifier": listed.key_identifier,
                "certificate": base64.b64encode(listed.certificate.der).decode("ascii"),
                "purposes": sorted(listed.purposes),
                "not_before": moment_json(listed.not_before),
                "not_after": moment_json(listed.not_after),
                "note": listed.note,
            }
            for listed in content.anchors
        ],
    }


def _content(described: Json) -> TrustListContent:
    _exactly(described, {"kind", "publisher", "sequence", "issued_at", "next_update", "anchors"})
    if described["kind"] != KIND:
        raise MalformedInput(_LIST, f"kind is not {KIND}")
    sequence, anchors = described["sequence"], described["anchors"]
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 < sequence < 2**63:
        raise MalformedInput(_LIST, "sequence is no positive number")
    if not isinstance(anchors, list) or len(anchors) > MOST_ANCHORS:
        raise MalformedInput(_LIST, f"anchors is no list of at most {MOST_ANCHORS}")
    listed = tuple(_anchor(found) for found in anchors)
    if len({found.key_identifier for found in listed}) != len(listed):
        raise MalformedInput(_LIST, "a key identifier stands there twice")
    content = TrustListContent(
        publisher=_text(described, "publisher"),
        sequence=sequence,
        issued_at=_moment(described, "issued_at"),
        next_update=_moment(described, "next_update"),
        anchors=listed,
    )
    if content.issued_at >= content.next_update:
        raise MalformedInput(_LIST, "next_update is not after issued_at")
    return content


def _anchor(found: object) -> ListedAnchor:
    if not isinstance(found, dict):
        raise MalformedInput(_LIST, "an anchor is no object")
    _exactly(found, {"key_identifier", "certificate", "purposes", "not_before", "not_after", "note"})
    purposes = found["purposes"]
    # An anchor without a purpose would serve every policy: here each purpose is said.
    if (
        not isinstance(purposes, list)
        or not purposes
        or not all(isinstance(name, str) and name in SHIPPED for name in purposes)
    ):
        raise MalformedInput(_LIST, "purposes are not names of policies")
    listed = ListedAnchor(
        certificate=read_certificate(_base64(found, "certificate")),
        purposes=frozenset(purposes),
        not_before=_moment(found, "not_before"),
        not_after=_moment(found, "not_after"),
        note=_text(found, "note"),
    )
    if listed.key_identifier != _hex(found, "key_identifier"):
        raise MalformedInput(_LIST, f"the key identifier is not that of {listed.certificate.words}")
    return listed


def _exactly(found: Json, names: set[str]) -> None:
    if set(found) != names:
        raise MalformedInput(_LIST, f"expected the names {', '.join(sorted(names))}")


def _text(found: Json, name: str) -> str:
    value = found[name]
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise MalformedInput(_LIST, f"{name} is no text of at most {MOST_TEXT} signs")
    return value


def _hex(found: Json, name: str) -> str:
    value = _text(found, name)
    if not _HEX.fullmatch(value):
        raise MalformedInput(_LIST, f"{name} is not hexadecimal in capitals")
    return value


def _base64(found: Json, name: str) -> bytes:
    value = found[name]
    try:
        if not isinstance(value, str):
            raise MalformedInput(_LIST, f"{name} is no text")
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as refused:
        raise MalformedInput(_LIST, f"{name} is not base64") from refused


def _moment(found: Json, name: str) -> dt.datetime:
    value = _text(found, name)
    try:
        if _MOMENT.fullmatch(value):
            return dt.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    except ValueError as refused:
        raise MalformedInput(_LIST, f"{name} is no moment") from refused
    raise MalformedInput(_LIST, f"{name} is not written YYYY-MM-DDThh:mm:ssZ")
