"""Lints that run before every signature over a revocation list."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography import x509

from hpki import oids
from hpki.certs import der
from hpki.certs.names import with_common_name
from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput
from hpki.issuance.candidate import assemble
from hpki.issuance.content import ROOT_LIST, SUBORDINATE_LIST
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope
from hpki.issuance.finding import Finding
from hpki.issuance.issuer import Issuer
from hpki.issuance.template import SIGNATURE_ALGORITHMS
from hpki.keys.algorithms import KeyAlgorithm

_GENERALIZED_TIME: Final = 0x18
_LIST_NAMES: Final = {ListScope.ROOTS: ROOT_LIST, ListScope.SUBORDINATES: SUBORDINATE_LIST}


def distribution_point(
    scope: ListScope, issuer: Issuer, shard_url: str = ""
) -> x509.IssuingDistributionPoint | None:
    """The IDP of a scope: none for a full list, for a root's fullName directoryName and onlyContainsCACerts (samples).

    A shard names its address, as the certificates in it do: RFC 5280 6.3.3 (b) (2) (i) matches the two.
    """
    if scope is ListScope.ALL:
        return None
    if scope is ListScope.SHARD:
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(shard_url)]
    else:
        names = [x509.DirectoryName(with_common_name(issuer.certificate.subject, _LIST_NAMES[scope]))]
    return x509.IssuingDistributionPoint(
        full_name=names,
        relative_name=None,
        only_contains_user_certs=scope is ListScope.SHARD,
        only_contains_ca_certs=scope is not ListScope.SHARD,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def authority_key_identifier(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    """keyid, issuer and serial of the signing certificate (samples)."""
    certificate = issuer.certificate
    return x509.AuthorityKeyIdentifier(
        issuer.key_identifier, [x509.DirectoryName(certificate.issuer)], certificate.serial_number
    )


def extension_values(request: CrlRequest, issuer: Issuer) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions of a list in their order, each with its criticality."""
    values: list[tuple[x509.ExtensionType, bool]] = [
        (authority_key_identifier(issuer), False),
        (x509.CRLNumber(request.number), False),
    ]
    point = distribution_point(request.scope, issuer, request.shard_url)
    if point is not None:
        # RFC 5280 5.2.5: "the issuing distribution point is a critical CRL extension"
        values.append((point, True))
    if request.base_number is not None:
        # RFC 5280 5.2.4: "The delta CRL indicator is a critical CRL extension"
        values.append((x509.DeltaCRLIndicator(request.base_number), True))
    if request.freshest_url:
        # RFC 5280 5.2.6: "The extension MUST be marked as non-critical"
        where = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(request.freshest_url)], None, None, None
        )
        values.append((x509.FreshestCRL([where]), False))
    if request.expired_from is not None:
        values.append((expired_certificates(request.expired_from), False))
    return values


def expired_certificates(since: dt.datetime) -> x509.UnrecognizedExtension:
    """The extension expiredCertsOnCRL (X.509 9.5.2.8): a GeneralizedTime, the earliest end of validity that still has its entry."""
    written = since.astimezone(dt.UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii")
    return x509.UnrecognizedExtension(oids.EXPIRED_CERTS_ON_CRL, der.tlv(_GENERALIZED_TIME, written))


@dataclass(frozen=True)
class CrlCandidate:
    """A list that is not signed yet, as its lints see it."""

    tbs_der: bytes
    request: CrlRequest
    issuer: Issuer
    algorithm: KeyAlgorithm

    @cached_property
    def revocation_list(self) -> x509.CertificateRevocationList:
        """The candidate with a signature of zeros.  Raises MalformedInput."""
        signed = assemble(self.tbs_der, SIGNATURE_ALGORITHMS[self.algorithm], b"\0" * 8)
        try:
            return x509.load_der_x509_crl(signed)
        except REFUSALS as refused:
            raise MalformedInput("candidate CRL", str(refused)) from refused


def issuer_facts(candidate: CrlCandidate) -> Iterator[Finding]:
    issuer = candidate.issuer
    if candidate.revocation_list.issuer.public_bytes() != issuer.certificate.subject.public_bytes():
        yield Finding("issuer_name", "it is not, byte for byte, the issuer's subject", "RFC 5280 5.1.2.3")
    if issuer.algorithm is not candidate.algorithm:
        yield Finding("signing_key", "the signing key is not of the issuer's algorithm", "RFC 5280 5.1.1.3")
    if not issuer.certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign:
        yield Finding("issuer_usage", "the issuer's key may not sign lists", "RFC 5280 4.2.1.3")
    if (candidate.request.scope in _LIST_NAMES) is not issuer.is_root:
        yield Finding(
            "scope", "a root's lists are split (RARL, SARL), a sub-CA's is not", "samples of 2017 and 2022"
        )


def times(candidate: CrlCandidate) -> Iterator[Finding]:
    request, certificate = candidate.request, candidate.issuer.certificate
    written = candidate.revocation_list
    if (written.last_update_utc, written.next_update_utc) != (request.this_update, request.next_update):
        yield Finding(
            "times_changed",
            "the times are not the requested ones",
            "own: what was asked for is what is signed",
        )
    if not request.this_update < request.next_update <= request.this_update + CRL_LIFE:
        yield Finding("life", "nextUpdate is at most 96 hours after thisUpdate", "samples: exactly 96 hours")
    if not certificate.not_valid_before_utc <= request.this_update <= certificate.not_valid_after_utc:
        yield Finding(
            "issuer_expired", "the issuer's certificate is not valid at thisUpdate", "own: shell model"
        )


def number(candidate: CrlCandidate) -> Iterator[Finding]:
    # RFC 5280 5.2.3: "CRL issuers MUST NOT use CRLNumber values longer than 20 octets."
    if not 0 < candidate.request.number < 1 << 159:
        yield Finding("number", "cRLNumber is positive and at most 20 octets", "RFC 5280 5.2.3")


def entries(candidate: CrlCandidate) -> Iterator[Finding]:
    request = candidate.request
    written = candidate.revocation_list
    if [(entry.serial_number, entry.revocation_date_utc) for entry in written] != [
        (entry.serial_number, entry.revoked_at) for entry in request.entries
    ]:
        yield Finding(
            "entries_changed",
            "the entries are not the requested ones",
            "own: what was asked for is what is signed",
        )
    if len({entry.serial_number for entry in request.entries}) != len(request.entries):
        yield Finding("entry_twice", "a serial stands twice", "RFC 5280 5.1.2.6")
    if any(entry.revoked_at > request.this_update for entry in request.entries):
        yield Finding("entry_ahead", "an entry is revoked after thisUpdate", "RFC 5280 5.1.2.6")
    if any(entry.reason is x509.ReasonFlags.unspecified for entry in request.entries):
        yield Finding("reason_unspecified", "reason 0 is left out", "RFC 5280 5.3.1")
    removed = any(entry.reason is x509.ReasonFlags.remove_from_crl for entry in request.entries)
    if removed and request.base_number is None:
        yield Finding("reason_remove", "removeFromCRL stands in delta lists only", "RFC 5280 5.3.1")


def extensions(candidate: CrlCandidate) -> Iterator[Finding]:
    written = candidate.revocation_list.extensions
    expected = extension_values(candidate.request, candidate.issuer)
    if [(entry.value, entry.critical) for entry in written] != expected:
        yield Finding(
            "extensions",
            "AKI, cRLNumber and what its kind of list needs belong here",
            "samples; RFC 5280 5.2",
        )


def kind(candidate: CrlCandidate) -> Iterator[Finding]:
    request = candidate.request
    if (request.scope is ListScope.SHARD) is not bool(request.shard_url):
        yield Finding("shard_address", "a shard, and nothing else, names its address", "RFC 5280 5.2.5")
    if request.base_number is None:
        return
    if not 0 < request.base_number < request.number:
        yield Finding("base_number", "a delta builds on an earlier complete list", "RFC 5280 5.2.4")
    if request.scope is not ListScope.ALL:
        yield Finding("delta_scope", "deltas are made to full lists only", "own")
    if request.freshest_url:
        # RFC 5280 5.2.6: "This extension MUST NOT appear in delta CRLs."
        yield Finding("delta_freshest", "a delta names no fresher list", "RFC 5280 5.2.6")


ALL: Final[Sequence[Callable[[CrlCandidate], Iterator[Finding]]]] = (
    issuer_facts,
    times,
    number,
    entries,
    extensions,
    kind,
)
