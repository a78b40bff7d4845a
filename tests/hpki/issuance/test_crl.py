"""Revocation lists: octets as the builder's, form as in service, and a finding for each breach."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.errors import ProfileViolation, SignatureMismatch
from hpki.issuance.crl import prepare_crl, sign_crl
from hpki.issuance.crl_lints import authority_key_identifier, distribution_point
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope, RevokedEntry
from hpki.keys.algorithms import KeyAlgorithm, signature_hash
from tests import pki
from tests.hpki.certs import vectors

HIERARCHY = pki.hierarchy()
SIGNING, ROOT = HIERARCHY.authorities["SIGNING_CA"], HIERARCHY.root
AT = pki.CEREMONY_DAY
HOUR = dt.timedelta(hours=1)
REASONS = [
    reason
    for reason in x509.ReasonFlags
    if reason not in {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl}
]

entries = st.lists(
    st.builds(
        RevokedEntry,
        serial_number=st.integers(1, (1 << 159) - 1),
        revoked_at=st.integers(0, 10_000).map(lambda hours: AT - hours * HOUR),
        reason=st.none() | st.sampled_from(REASONS),
    ),
    max_size=8,
    unique_by=lambda entry: entry.serial_number,
).map(tuple)


def request_of(scope: ListScope = ListScope.ALL, *revoked: RevokedEntry, number: int = 7) -> CrlRequest:
    return CrlRequest(scope, number, AT, AT + CRL_LIFE, revoked)


def built_by_cryptography(request: CrlRequest, authority: pki.Authority) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.issuer.certificate.subject)
        .last_update(request.this_update)
        .next_update(request.next_update)
        .add_extension(authority_key_identifier(authority.issuer), critical=False)
        .add_extension(x509.CRLNumber(request.number), critical=False)
    )
    point = distribution_point(request.scope, authority.issuer)
    if point is not None:
        builder = builder.add_extension(point, critical=True)
    for entry in request.entries:
        revoked = x509.RevokedCertificateBuilder(entry.serial_number, entry.revoked_at)
        if entry.reason is not None:
            revoked = revoked.add_extension(x509.CRLReason(entry.reason), critical=False)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(authority.signer.builder_key(), signature_hash(authority.signer.algorithm))


@settings(deadline=None)
@given(revoked=entries, number=st.integers(1, (1 << 159) - 1))
def test_the_octets_are_those_of_the_builder(revoked: tuple[RevokedEntry, ...], number: int) -> None:
    for authority, scope in (
        (SIGNING, ListScope.ALL),
        (ROOT, ListScope.ROOTS),
        (ROOT, ListScope.SUBORDINATES),
    ):
        request = request_of(scope, *revoked, number=number)
        prepared = prepare_crl(request, authority.issuer, signer_algorithm=KeyAlgorithm.P_256)
        assert prepared.tbs_der == built_by_cryptography(request, authority).tbs_certlist_bytes


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_a_signed_list_verifies(algorithm: KeyAlgorithm) -> None:
    authority = pki.hierarchy(algorithm).authorities["SIGNING_CA"]
    signed = authority.revocation_list(entries=(RevokedEntry(5, AT, x509.ReasonFlags.key_compromise),))

    assert signed.is_signature_valid(authority.signer.public_key())
    assert signed.get_revoked_certificate_by_serial_number(5) is not None


@vectors.needed
@pytest.mark.parametrize(
    ("name", "scope", "authority"),
    [
        ("crl_jma_20220929", ListScope.ALL, SIGNING),
        ("sarl_20220929", ListScope.SUBORDINATES, ROOT),
        ("rarl_20170425", ListScope.ROOTS, ROOT),
    ],
)
def test_the_form_is_that_of_the_lists_in_service(
    name: str, scope: ListScope, authority: pki.Authority
) -> None:
    served, ours = vectors.revocation_list(name), authority.revocation_list(scope=scope)

    assert [(each.oid, each.critical) for each in served.extensions] == [
        (each.oid, each.critical) for each in ours.extensions
    ]
    assert served.next_update_utc is not None
    assert served.next_update_utc - served.last_update_utc == CRL_LIFE


def test_an_empty_list_has_no_list_of_entries() -> None:
    # RFC 5280 5.1.2.6: "the revoked certificates list MUST be absent."
    signed = SIGNING.revocation_list()
    assert len(signed) == 0
    assert signed.tbs_certlist_bytes.count(b"\x30\x00") == 0


Change = Callable[[CrlRequest], CrlRequest]
BROKEN: dict[str, tuple[str, Change]] = {
    "too long": ("life", lambda r: replace(r, next_update=r.next_update + HOUR)),
    "no time": ("life", lambda r: replace(r, next_update=r.this_update)),
    "before its issuer": (
        "issuer_expired",
        lambda r: replace(r, this_update=AT - 48 * HOUR, next_update=AT),
    ),
    "number 0": ("number", lambda r: replace(r, number=0)),
    "huge number": ("number", lambda r: replace(r, number=1 << 160)),
    "twice": ("entry_twice", lambda r: replace(r, entries=(RevokedEntry(5, AT), RevokedEntry(5, AT)))),
    "ahead": ("entry_ahead", lambda r: replace(r, entries=(RevokedEntry(5, AT + HOUR),))),
    "unspecified": (
        "reason_unspecified",
        lambda r: replace(r, entries=(RevokedEntry(5, AT, x509.ReasonFlags.unspecified),)),
    ),
    "removed": (
        "reason_remove",
        lambda r: replace(r, entries=(RevokedEntry(5, AT, x509.ReasonFlags.remove_from_crl),)),
    ),
    "a sub-CA's ARL": ("scope", lambda r: replace(r, scope=ListScope.ROOTS)),
}


@pytest.mark.parametrize(("code", "change"), BROKEN.values(), ids=BROKEN)
def test_a_list_that_breaks_its_profile_is_refused(code: str, change: Change) -> None:
    with pytest.raises(ProfileViolation, match=code):
        prepare_crl(change(request_of()), SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256)


def test_a_roots_list_is_split() -> None:
    with pytest.raises(ProfileViolation, match="scope"):
        prepare_crl(request_of(), ROOT.issuer, signer_algorithm=KeyAlgorithm.P_256)


def test_another_key_makes_no_list() -> None:
    prepared = prepare_crl(request_of(), SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256)

    assert len(prepared.tbs_sha256) == 32
    with pytest.raises(SignatureMismatch):
        sign_crl(prepared, pki.key(KeyAlgorithm.P_256, "mallory"))
    with pytest.raises(SignatureMismatch):
        sign_crl(prepared, pki.key(KeyAlgorithm.P_384, "mallory"))
