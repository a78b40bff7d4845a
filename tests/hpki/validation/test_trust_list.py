"""Trust lists: signed, dated, never rolled back, authorities by key and not by name."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import HpkiError, MalformedInput, TrustListRefused
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.judge import judge
from hpki.validation.policies import SHIPPED
from hpki.validation.trust_list import (
    MAX_TRUST_LIST_OCTETS,
    ListedAnchor,
    TrustListContent,
    key_fingerprint,
    prove_trust_list,
    read_trust_list,
    sign_trust_list,
    update_trust_list,
)
from tests.hpki.validation.status_world import AT, DAY, authority, card, certificate, name
from tests.pki import key

PUBLISHER = key(KeyAlgorithm.P_256, "trust publisher")
KEY = PUBLISHER.public_key()
USES = frozenset({"hpki-signing", "hpki-signing-test"})
YEARS = (AT - 400 * DAY, AT + 4000 * DAY)
OLD, NEW = authority("ca", "ca"), authority("ca", "ca of the next generation")


def listed(*certificates: CertificateFacts) -> tuple[ListedAnchor, ...]:
    return tuple(ListedAnchor(each, USES, *YEARS, note="世代") for each in certificates)


CONTENT = TrustListContent("openhpki test publisher", 7, AT - DAY, AT + 30 * DAY, listed(OLD, NEW))
OCTETS = sign_trust_list(CONTENT, PUBLISHER)


def edition(sequence: int, *, days: int = 0, content: TrustListContent = CONTENT) -> bytes:
    return sign_trust_list(
        replace(content, sequence=sequence, issued_at=AT - DAY + days * DAY / 100), PUBLISHER
    )


def test_a_list_says_again_what_was_signed() -> None:
    proven = prove_trust_list(OCTETS, KEY, AT)

    assert proven.content == CONTENT
    assert [anchor.purposes for anchor in proven.anchors] == [USES, USES]
    assert read_trust_list(OCTETS).signer_key == key_fingerprint(KEY)


def test_two_generations_have_one_name_and_are_told_apart_by_their_keys() -> None:
    assert OLD.subject_name == NEW.subject_name
    for generation in (OLD, NEW):
        identifier = generation.subject_key_identifier
        assert identifier is not None
        found = CONTENT.by_key_identifier(identifier.hex())
        assert found is not None
        assert found.certificate == generation
    assert CONTENT.by_key_identifier("00") is None


def test_the_judge_takes_the_generation_that_issued() -> None:
    anchors = prove_trust_list(OCTETS, KEY, AT).anchors
    policy = replace(
        SHIPPED["hpki-signing"],
        explicit_policy=False,
        key_usages=frozenset(),
        end_entity_policies=frozenset(),
        strict=False,
        revocation=replace(SHIPPED["hpki-signing"].revocation, required=False),
    )
    young = certificate("hanako", "hanako", "ca", "ca of the next generation")

    assert judge(young, Evidence(), policy, anchors, AT).path[0] == NEW
    assert judge(card(), Evidence(), policy, anchors, AT).path[0] == OLD
    assert judge(card(), Evidence(), policy, anchors[1:], AT).indication != "PASSED"


def test_the_layout_may_change_and_nothing_else() -> None:
    parsed = json.loads(OCTETS)
    compact = json.dumps(parsed, separators=(",", ":")).encode()
    parsed["sequence"] = 8

    assert prove_trust_list(compact, KEY, AT).content == CONTENT
    with pytest.raises(TrustListRefused, match="changed after it was signed"):
        prove_trust_list(json.dumps(parsed).encode(), KEY, AT)


def test_mallory_signs_no_list() -> None:
    mallory = key(KeyAlgorithm.P_256, "mallory")
    forged = json.loads(sign_trust_list(CONTENT, mallory))

    with pytest.raises(TrustListRefused, match="another key"):
        prove_trust_list(json.dumps(forged).encode(), KEY, AT)
    forged["signature"]["key"] = key_fingerprint(KEY)
    with pytest.raises(TrustListRefused, match="changed after it was signed"):
        prove_trust_list(json.dumps(forged).encode(), KEY, AT)


def test_a_list_has_its_time() -> None:
    for moment in (AT - 2 * DAY, AT + 31 * DAY):
        with pytest.raises(TrustListRefused):
            prove_trust_list(OCTETS, KEY, moment)


def test_an_update_goes_forward_only() -> None:
    six, seven, eight = (edition(number, days=number) for number in (6, 7, 8))

    assert update_trust_list(None, six, KEY, AT).content.sequence == 6
    assert update_trust_list(seven, eight, KEY, AT).content.sequence == 8
    assert update_trust_list(seven, seven, KEY, AT).content.sequence == 7
    with pytest.raises(TrustListRefused, match="edition 7 is older than edition 8"):
        update_trust_list(eight, seven, KEY, AT)


def test_one_number_has_one_content() -> None:
    other = edition(7, content=replace(CONTENT, anchors=CONTENT.anchors[:1]))

    with pytest.raises(TrustListRefused, match="two different contents"):
        update_trust_list(edition(7), other, KEY, AT)
    with pytest.raises(TrustListRefused, match="publisher"):
        update_trust_list(edition(7), edition(8, content=replace(CONTENT, publisher="Mallory")), KEY, AT)


def test_an_outdated_list_at_hand_still_holds_the_place_of_its_number() -> None:
    outdated = sign_trust_list(
        replace(CONTENT, sequence=9, issued_at=AT - 9 * DAY, next_update=AT - DAY), PUBLISHER
    )

    with pytest.raises(TrustListRefused, match="older"):
        update_trust_list(outdated, OCTETS, KEY, AT)


def test_a_key_of_a_kind_not_in_use_is_a_typed_error() -> None:
    stranger = ed25519.Ed25519PrivateKey.generate().public_key()

    with pytest.raises(HpkiError):
        prove_trust_list(OCTETS, stranger, AT)


def changed(name: str, value: object) -> Callable[[dict[str, object]], object]:
    return lambda parsed: parsed.update({name: value})


def anchor_changed(name: str, value: object) -> Callable[[dict[str, list[dict[str, object]]]], object]:
    return lambda parsed: parsed["anchors"][0].update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        changed("kind", "another"),
        changed("more", 1),
        changed("sequence", 0),
        changed("sequence", True),  # noqa: FBT003 - JSON knows true
        changed("sequence", "7"),
        changed("publisher", "x" * 201),
        changed("publisher", 5),
        changed("issued_at", "yesterday"),
        changed("issued_at", "2026-13-01T00:00:00Z"),
        changed("next_update", "2020-01-01T00:00:00Z"),
        changed("anchors", {}),
        changed("anchors", [1]),
        changed("signature", None),
        changed("signature", {"key": "x", "value": "AA=="}),
        changed("signature", {"key": "AA", "value": "§"}),
        lambda parsed: parsed["anchors"].append(parsed["anchors"][0]),
        lambda parsed: parsed["anchors"].extend([parsed["anchors"][0]] * 300),
        anchor_changed("purposes", []),
        anchor_changed("purposes", ["everything"]),
        anchor_changed("purposes", [[]]),
        anchor_changed("key_identifier", "00"),
        anchor_changed("certificate", "AAAA"),
        anchor_changed("certificate", 5),
        anchor_changed("note", None),
        anchor_changed("not_after", "2026-01-01"),
    ],
)
def test_a_list_that_is_none_is_malformed_input(change: Callable[[object], object]) -> None:
    parsed = json.loads(OCTETS)
    change(parsed)

    with pytest.raises(MalformedInput):
        read_trust_list(json.dumps(parsed).encode())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"kind": 1.5}',
        b'{"kind": NaN}',
        b'{"kind": "a", "kind": "b"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * (MAX_TRUST_LIST_OCTETS + 1),
        OCTETS.replace(b"openhpki test publisher", b"\\ud800"),
    ],
)
def test_octets_that_are_no_list_are_typed_errors(octets: bytes) -> None:
    with pytest.raises(HpkiError):
        prove_trust_list(octets, KEY, AT)


@given(place=st.integers(0, len(OCTETS) - 1), octet=st.integers(0, 255))
def test_no_octet_can_be_changed_and_another_list_come_out(place: int, octet: int) -> None:
    damaged = bytearray(OCTETS)
    damaged[place] = octet
    try:
        proven = prove_trust_list(bytes(damaged), KEY, AT)
    except HpkiError:
        return
    assert proven.content == CONTENT


def test_an_authority_without_key_identifier_is_not_listed() -> None:
    builder = x509.CertificateBuilder().subject_name(name("ca")).issuer_name(name("ca")).public_key(KEY)
    builder = builder.serial_number(3).not_valid_before(AT).not_valid_after(AT + DAY)
    bare = facts_of(builder.sign(PUBLISHER.builder_key(), hashes.SHA256()))

    with pytest.raises(MalformedInput, match="no key identifier"):
        sign_trust_list(replace(CONTENT, anchors=listed(bare)), PUBLISHER)
