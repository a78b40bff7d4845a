"""Entries as bytes: octet for octet the builder's, linted when written, and taken over as they are."""

import datetime as dt
from collections.abc import Callable

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki import oids
from hpki.errors import MalformedInput, ProfileViolation
from hpki.issuance.crl import prepare_crl, sign_crl, sign_crl_der
from hpki.issuance.crl_lints import extension_values
from hpki.issuance.crl_request import (
    CRL_LIFE,
    CrlRequest,
    EntryBytes,
    ListScope,
    RevokedEntry,
    delta_url,
    shard_url,
)
from hpki.issuance.crl_stream import EntryRow, encode, encode_rows, entries_in, joined, signed_parts
from hpki.keys.algorithms import KeyAlgorithm, signature_hash, verify
from tests import pki

SIGNING = pki.hierarchy().authorities["SIGNING_CA"]
AT = pki.CEREMONY_DAY
URL = SIGNING.issuer.crl_url
HELD = x509.ReasonFlags.certificate_hold
REMOVED = x509.ReasonFlags.remove_from_crl
LISTED = [reason for reason in x509.ReasonFlags if reason not in {x509.ReasonFlags.unspecified, REMOVED}]

# Serials as this software makes them, and any other; moments on both sides of 2050.
serials = st.integers(0x40 << 152, (0x80 << 152) - 1) | st.integers(1, (1 << 159) - 1)
moments = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2070, 1, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(microsecond=0, tzinfo=dt.UTC)
)
revoked = st.lists(
    st.builds(RevokedEntry, serials, moments, st.none() | st.sampled_from(LISTED)),
    max_size=12,
    unique_by=lambda entry: entry.serial_number,
)


def row_of(entry: RevokedEntry) -> EntryRow:
    reason = "" if entry.reason is None else entry.reason.value
    return f"{entry.serial_number:040x}", f"{entry.revoked_at:%Y%m%d%H%M%S}", reason


def built_by_cryptography(request: CrlRequest, entries: list[RevokedEntry]) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(SIGNING.issuer.certificate.subject)
        .last_update(request.this_update)
        .next_update(request.next_update)
    )
    for value, critical in extension_values(request, SIGNING.issuer):
        builder = builder.add_extension(value, critical=critical)
    for entry in entries:
        one = x509.RevokedCertificateBuilder(entry.serial_number, entry.revoked_at)
        if entry.reason is not None:
            one = one.add_extension(x509.CRLReason(entry.reason), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(SIGNING.signer.builder_key(), signature_hash(SIGNING.signer.algorithm))


def request_of(settled: EntryBytes, **changed: object) -> CrlRequest:
    facts = {"scope": ListScope.ALL, "number": 9, "this_update": AT, "next_update": AT + CRL_LIFE}
    return CrlRequest(settled=settled, **{**facts, **changed})  # type: ignore[arg-type]  # the names are the fields


def tbs(request: CrlRequest) -> bytes:
    return prepare_crl(request, SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256).tbs_der


@settings(deadline=None)
@given(entries=revoked | revoked.map(lambda entries: sorted(entries, key=lambda entry: row_of(entry)[2])))
def test_a_list_of_rows_has_the_octets_of_the_builder(entries: list[RevokedEntry]) -> None:
    request = request_of(encode_rows(map(row_of, entries)))
    assert request.settled == encode(entries)
    assert tbs(request) == built_by_cryptography(request, entries).tbs_certlist_bytes


KINDS: dict[str, dict[str, object]] = {
    "shard": {"scope": ListScope.SHARD, "shard_url": shard_url(URL, 3)},
    "delta": {"base_number": 4},
    "with deltas": {"freshest_url": delta_url(URL)},
    "expired": {"expired_from": AT},
}


@pytest.mark.parametrize("changed", KINDS.values(), ids=KINDS)
def test_every_kind_of_list_has_the_octets_of_the_builder(changed: dict[str, object]) -> None:
    entries = [RevokedEntry(5, AT, HELD), RevokedEntry(6, AT)]
    request = request_of(encode(entries), **changed)
    built = built_by_cryptography(request, entries)
    assert tbs(request) == built.tbs_certlist_bytes
    critical = {entry.oid.dotted_string for entry in built.extensions if entry.critical}
    # issuingDistributionPoint and deltaCRLIndicator, and nothing else
    assert critical == {"shard": {"2.5.29.28"}, "delta": {"2.5.29.27"}}.get(
        next(name for name, value in KINDS.items() if value is changed), set()
    )


def test_expired_certificates_on_the_list_are_announced_with_their_date() -> None:
    signed = sign_crl(
        prepare_crl(
            request_of(encode([]), expired_from=AT), SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256
        ),
        SIGNING.signer,
    )
    value = signed.extensions.get_extension_for_oid(oids.EXPIRED_CERTS_ON_CRL).value
    assert isinstance(value, x509.UnrecognizedExtension)
    assert value.value == b"\x18\x0f20261104010000Z"


@settings(deadline=None)
@given(before=revoked, added=revoked)
def test_the_next_list_takes_over_the_octets_of_the_one_before(
    before: list[RevokedEntry], added: list[RevokedEntry]
) -> None:
    known = {entry.serial_number for entry in before}
    fresh = [entry for entry in added if entry.serial_number not in known]
    prepared = prepare_crl(request_of(encode(before)), SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256)
    first = sign_crl_der(prepared, SIGNING.signer)
    taken_over = joined(EntryBytes(entries_in(first), len(before)), encode(fresh))
    assert tbs(request_of(taken_over)) == tbs(request_of(encode(before + fresh)))
    signed, signature = signed_parts(first)
    verify(SIGNING.signer.public_key(), signature, bytes(signed))
    assert bytes(signed) == x509.load_der_x509_crl(first).tbs_certlist_bytes


def test_settled_entries_stand_before_those_that_may_go_again() -> None:
    settled = encode([RevokedEntry(5, AT)])
    request = request_of(settled, entries=(RevokedEntry(6, AT, HELD),))
    signed = sign_crl(
        prepare_crl(request, SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256), SIGNING.signer
    )
    assert [entry.serial_number for entry in signed] == [5, 6]
    octets = entries_in(
        sign_crl_der(
            prepare_crl(request, SIGNING.issuer, signer_algorithm=KeyAlgorithm.P_256), SIGNING.signer
        )
    )
    assert octets[: len(settled.der)] == settled.der


GOOD: EntryRow = ("5" * 40, "20261104010000", "superseded")
BAD_ROWS: dict[str, EntryRow] = {
    "no digits": ("5" * 39 + "x", *GOOD[1:]),
    "spaces": ("5" * 36 + "    ", *GOOD[1:]),
    "too long": ("9" + "5" * 40, *GOOD[1:]),
    "zero": ("0" * 40, *GOOD[1:]),
    "no day": (GOOD[0], "20260230010000", GOOD[2]),
    "no hour": (GOOD[0], "20261104240000", GOOD[2]),
    "no minute": (GOOD[0], "20261104016000", GOOD[2]),
    "short": (GOOD[0], "2026110401", GOOD[2]),
    "unspecified": (*GOOD[:2], "unspecified"),
    "removed": (*GOOD[:2], "removeFromCRL"),
    "no reason": (*GOOD[:2], "boredom"),
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_that_no_list_may_hold_is_refused_alone_and_among_others(row: EntryRow) -> None:
    for rows in ([row], [GOOD, row], [row, GOOD, GOOD]):
        with pytest.raises(MalformedInput, match="CRL entry"):
            encode_rows(rows)


BROKEN: dict[str, tuple[str, dict[str, object]]] = {
    "shard without address": ("shard_address", {"scope": ListScope.SHARD}),
    "address without shard": ("shard_address", {"shard_url": URL}),
    "base ahead": ("base_number", {"base_number": 9}),
    "delta of a shard": (
        "delta_scope",
        {"scope": ListScope.SHARD, "shard_url": URL, "base_number": 4},
    ),
    "delta with a fresher one": ("delta_freshest", {"base_number": 4, "freshest_url": URL}),
    "removed from a complete list": ("reason_remove", {"entries": (RevokedEntry(5, AT, REMOVED),)}),
}


@pytest.mark.parametrize(("code", "changed"), BROKEN.values(), ids=BROKEN)
def test_a_kind_of_list_that_breaks_its_rules_is_refused(code: str, changed: dict[str, object]) -> None:
    with pytest.raises(ProfileViolation, match=code):
        tbs(request_of(encode([]), **changed))


def test_what_is_removed_stands_in_a_delta() -> None:
    assert tbs(request_of(encode([]), base_number=4, entries=(RevokedEntry(5, AT, REMOVED),)))


CUT: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "half": lambda octets: octets[: len(octets) // 2],
    "heading": lambda octets: octets[:3],
    "indefinite": lambda octets: b"\x30\x80" + octets,
    "huge": lambda octets: b"\x30\x89" + b"\xff" * 9 + octets,
}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_a_list_that_is_cut_short_gives_no_entries(cut: Callable[[bytes], bytes]) -> None:
    whole = SIGNING.revocation_list(entries=(RevokedEntry(5, AT),)).public_bytes(pki.DER)
    with pytest.raises(MalformedInput):
        entries_in(cut(whole))


def test_a_list_without_entries_gives_none() -> None:
    assert bytes(entries_in(SIGNING.revocation_list().public_bytes(pki.DER))) == b""
