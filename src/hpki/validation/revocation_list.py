"""A revocation list read once: every field and extension that judging needs.  Reading proves nothing."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from hpki.certs import der, printing
from hpki.errors import MalformedInput
from hpki.validation.crl_index import CrlIndex, element_at, read_time
from hpki.validation.distinguished_names import NormalisedName, normalised
from hpki.validation.distribution import Scope, read_scope
from hpki.validation.facts import CertificateFacts
from hpki.validation.foreign import REFUSALS, quietly
from hpki.validation.signature_check import octets_signature_holds

# A list of a million entries has about 49 MB.
MAX_CRL_OCTETS: Final = 128 * 1024 * 1024
# X.509 (ITU-T, 2019) 9.5.2.8: certificates that expired at or after the moment stay on the list.
EXPIRED_CERTS_ON_CRL: Final = x509.ObjectIdentifier("2.5.29.60")
_KNOWN: Final = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.CRL_NUMBER,
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
        ExtensionOID.DELTA_CRL_INDICATOR,
        ExtensionOID.FRESHEST_CRL,
        ExtensionOID.ISSUER_ALTERNATIVE_NAME,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        EXPIRED_CERTS_ON_CRL,
    }
)
_MOST_REMEMBERED: Final = 64
_CRL: Final = "revocation list"


@dataclass(frozen=True, eq=False)
class RevocationList:
    """What stands in one list.  Two are equal when their octets are.

    `scope` is what issuingDistributionPoint says; `base_number` is set on a delta list; `expired_since` comes from
    expiredCertsOnCRL; `unknown_critical` names a critical extension of the list that nobody here can read.
    """

    sha256: bytes = field(repr=False)
    crl: x509.CertificateRevocationList = field(repr=False)
    issuer_name: NormalisedName = field(repr=False)
    this_update: dt.datetime
    next_update: dt.datetime | None
    number: int | None
    base_number: int | None
    scope: Scope | None
    authority_key_identifier: bytes | None
    expired_since: dt.datetime | None
    unknown_critical: str | None
    breach: str | None
    entries: "Span" = field(repr=False)
    signed: "Span" = field(repr=False)
    _signers: dict[bytes, bool] = field(repr=False, default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RevocationList) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @cached_property
    def index(self) -> CrlIndex:
        """Its entries.  Raises MalformedInput when they cannot be read."""
        return CrlIndex(self.entries.octets, self.entries.start, self.entries.end, self.issuer_name)

    @cached_property
    def trouble(self) -> tuple[str, str] | None:
        """Why nobody may use it, as a code of `revocation_words.SENTENCES` with its detail; None when it is in order."""
        if self.breach is not None:
            return "not_conforming", self.breach
        try:
            unknown = self.unknown_critical or self.index.unknown_critical
        except MalformedInput as refused:
            return "not_conforming", refused.why
        return None if unknown is None else ("unknown_critical", unknown)

    @cached_property
    def words(self) -> str:
        """Kind, number and date for people."""
        number = "" if self.number is None else f" {self.number}"
        kind = "CRL" if self.base_number is None else "delta CRL"
        return f"{kind}{number}, {printing.moment_words(self.this_update)}"

    @cached_property
    def signature_words(self) -> str:
        """The hash it is signed with, or the algorithm where there is none."""
        try:
            digest = self.crl.signature_hash_algorithm
        except REFUSALS:
            digest = None
        return self.crl.signature_algorithm_oid.dotted_string if digest is None else digest.name

    def is_signed_by(self, signer: CertificateFacts) -> bool:
        """Whether the key of a certificate signed it; the equation is solved once for a key."""
        known = self._signers.get(signer.spki_der)
        if known is None:
            known = self._holds(signer)
            if len(self._signers) < _MOST_REMEMBERED:
                self._signers[signer.spki_der] = known
        return known

    def _holds(self, signer: CertificateFacts) -> bool:
        try:
            parameters, digest = self.crl.signature_algorithm_parameters, self.crl.signature_hash_algorithm
        except REFUSALS:
            return False
        if self.signed.octets[-len(self.crl.signature) - 1]:
            # The octet before the signature counts its unused bits: every algorithm's signature is whole octets.
            return False
        # The octets as they came: `tbs_certlist_bytes` encodes every entry anew, two seconds for a million.
        tbs = self.signed.octets[self.signed.start : self.signed.end]
        return octets_signature_holds(signer.public_key, self.crl.signature, tbs, parameters, digest)


@dataclass(frozen=True)
class Span:
    """Where something stands in the octets of a list."""

    octets: bytes
    start: int
    end: int


def read_revocation_list(crl_der: bytes) -> RevocationList:
    """The facts of a list in DER; the same octets give the same object while it is among the last ones read.

    Raises MalformedInput when it is not DER of its standard or beyond `MAX_CRL_OCTETS`.
    """
    if len(crl_der) > MAX_CRL_OCTETS:
        raise MalformedInput(_CRL, f"{len(crl_der)} octets, at most {MAX_CRL_OCTETS}")
    return _read_once(crl_der)


@lru_cache(maxsize=_MOST_REMEMBERED)
def _read_once(crl_der: bytes) -> RevocationList:
    try:
        with quietly():
            crl = x509.load_der_x509_crl(crl_der)
            return _read(crl_der, crl, {extension.oid: extension for extension in crl.extensions})
    except (*REFUSALS, IndexError) as refused:
        raise MalformedInput(_CRL, printing.printable(str(refused))) from refused


def _read(crl_der: bytes, crl: x509.CertificateRevocationList, extensions: "_Extensions") -> RevocationList:
    fields = _fields(crl_der)
    issuer_name = normalised(fields.issuer)
    number = _value(extensions, x509.CRLNumber)
    base = _value(extensions, x509.DeltaCRLIndicator)
    point = _value(extensions, x509.IssuingDistributionPoint)
    key = _value(extensions, x509.AuthorityKeyIdentifier)
    return RevocationList(
        sha256=hashlib.sha256(crl_der).digest(),
        crl=crl,
        issuer_name=issuer_name,
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        number=None if number is None else number.crl_number,
        base_number=None if base is None else base.crl_number,
        scope=None if point is None else read_scope(point, fields.issuer),
        authority_key_identifier=None if key is None else key.key_identifier,
        expired_since=_expired_since(extensions),
        unknown_critical=next(
            (oid.dotted_string for oid, found in extensions.items() if found.critical and oid not in _KNOWN),
            None,
        ),
        breach=_breach(extensions) or (None if fields.algorithms_agree else "signature algorithms differ"),
        entries=fields.entries,
        signed=fields.signed,
    )


_Extensions = dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]
ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


def _value(extensions: _Extensions, kind: type[ExtensionT]) -> ExtensionT | None:
    found = extensions.get(kind.oid)
    return found.value if found is not None and isinstance(found.value, kind) else None


def _expired_since(extensions: _Extensions) -> dt.datetime | None:
    found = extensions.get(EXPIRED_CERTS_ON_CRL)
    if found is None or not isinstance(found.value, x509.UnrecognizedExtension):
        return None
    return read_time(found.value.value)


def _breach(extensions: _Extensions) -> str | None:
    """What section 5 of RFC 5280 asks of every list and this one lacks."""
    number = extensions.get(ExtensionOID.CRL_NUMBER)
    # RFC 5280 5.2.3: "CRL issuers conforming to this profile MUST include this extension in all CRLs and MUST mark this
    # extension as non-critical."
    if number is None:
        return "no cRLNumber"
    if number.critical:
        return "a critical cRLNumber"
    delta = extensions.get(ExtensionOID.DELTA_CRL_INDICATOR)
    # RFC 5280 5.2.4: "The delta CRL indicator is a critical CRL extension".
    return "a delta CRL indicator that is not critical" if delta is not None and not delta.critical else None


@dataclass(frozen=True)
class _Fields:
    issuer: bytes
    entries: Span
    signed: Span
    algorithms_agree: bool


def _fields(crl_der: bytes) -> _Fields:
    """Where the fields stand.

    TBSCertList ::= SEQUENCE { version INTEGER OPTIONAL, signature, issuer, thisUpdate Time, nextUpdate Time OPTIONAL,
    revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] … OPTIONAL }  (RFC 5280 5.1)
    """
    _, start, _ = element_at(crl_der, 0)
    _, position, tbs_end = element_at(crl_der, start)
    parts: list[tuple[int, int, int, int]] = []
    while position < tbs_end and len(parts) < _MOST_FIELDS:
        tag, content, end = element_at(crl_der, position)
        parts.append((tag, position, content, end))
        position = end
    if parts and parts[0][0] == der.INTEGER:
        parts = parts[1:]
    _, first, _, last = parts[0]
    _, issuer_first, _, issuer_last = parts[1]
    lists = [Span(crl_der, content, end) for tag, _, content, end in parts[2:] if tag == der.SEQUENCE]
    _, _, outer_end = element_at(crl_der, tbs_end)
    return _Fields(
        issuer=crl_der[issuer_first:issuer_last],
        entries=lists[0] if lists else Span(b"", 0, 0),
        signed=Span(crl_der, start, tbs_end),
        # RFC 5280 5.1.1.2: "This field MUST contain the same algorithm identifier as the signature field in the
        # sequence tbsCertList."
        algorithms_agree=crl_der[first:last] == crl_der[tbs_end:outer_end],
    )


_MOST_FIELDS: Final = 8
