"""Evidence records inside CAdES (RFC 4998 A): 花子's message, sealed by the archive that keeps it."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.cms.ber import without_attributes
from hpki.signatures.cms.encoding import attribute_of, message_der, with_unsigned
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import add_signature, sign_cms
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from tests import signing_scene
from tests.evidence_records import Archive, kept_for_nine_years
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
CONTENT = OctetContent(LETTER)
LATER = SIGNED_AT + 9 * YEAR


def signed(*, attached: bool = True) -> bytes:
    """A message with its validation data (LT)."""
    moment = SIGNED_AT + MINUTE
    how = Extension(SCENE.authority(moment), SCENE.evidence(moment), CONTENT)
    return extend(sign_cms(CONTENT, SCENE.unit(), CLAIMS, attached=attached), Level.LT, how)


def kept(*objects: bytes) -> Archive:
    return kept_for_nine_years(Archive(list(objects)), SCENE)


def sealed(message: bytes, *records: bytes, kind: object = oids.EVIDENCE_RECORD, signer: int = 0) -> bytes:
    data = read_signed_data(message)
    assert isinstance(kind, type(oids.EVIDENCE_RECORD))
    signers = list(data.signers)
    added = attribute_of(kind, *records)
    signers[signer] = with_unsigned(signers[signer], (*signers[signer].unsigned_attributes, added))
    return message_der(replace(data, signers=tuple(signers)))


@pytest.fixture(scope="module")
def message() -> bytes:
    return signed()


@pytest.fixture(scope="module")
def record(message: bytes) -> bytes:
    return kept(message).octets()


def judged(content: bytes, at: dt.datetime = LATER, detached: Content | None = None) -> DocumentReport:
    facts = read_document(content, detached)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {found.code for one in report.signatures for stamp in one.time_stamps for found in stamp.findings}


def test_an_internal_record_proves_what_has_long_ended(message: bytes, record: bytes) -> None:
    report = judged(sealed(message, record))
    assert report.indication == "TOTAL_PASSED", [each.sentence("en") for each in report.findings]
    [signature] = report.signatures
    assert [stamp.facts.profile for stamp in signature.time_stamps] == ["", *["RFC 4998"] * 3]
    assert (signature.proven_at, signature.facts.level) == (SIGNED_AT + MINUTE, Level.LTA)
    assert judged(message).indication == "INDETERMINATE"


def test_an_external_record_is_of_the_content_too() -> None:
    message = signed(attached=False)
    both = sealed(message, kept(message, LETTER).octets(), kind=oids.EVIDENCE_RECORD_EXTERNAL)
    assert judged(both, detached=CONTENT).indication == "TOTAL_PASSED"
    assert {"record_object"} <= codes(judged(both)), "the content is not at hand"
    assert {"record_object"} <= codes(judged(both, detached=OctetContent(b"another letter")))
    only = sealed(message, kept(message).octets(), kind=oids.EVIDENCE_RECORD_EXTERNAL)
    report = judged(only, detached=CONTENT)
    assert ("record_object" in codes(report), report.indication) == (True, "INDETERMINATE")


def test_whatever_is_added_or_changed_later_refuses_the_record(message: bytes, record: bytes) -> None:
    whole = read_signed_data(sealed(message, record))
    stranger = attribute_of(oids.SIGNATURE_POLICY_STORE, b"\x30\x00")
    more = with_unsigned(whole.signers[0], (*whole.signers[0].unsigned_attributes, stranger))
    assert "record_object" in codes(judged(message_der(replace(whole, signers=(more,)))))
    second = add_signature(sealed(message, record), SCENE.unit("kenta"), CLAIMS)
    assert "record_object" in codes(judged(second))


def test_a_later_record_is_of_the_earlier_one_and_others_stand_beside_each_other(message: bytes) -> None:
    first = Archive([message])
    first.begin(SCENE.authority(SIGNED_AT + DAY))
    inside = sealed(message, first.octets())
    second = Archive([inside])
    second.begin(SCENE.authority(SIGNED_AT + YEAR))
    facts = read_document(sealed(inside, second.octets()))
    _, *stamps = facts.signatures[0].time_stamps
    early, late = sorted(stamps, key=lambda each: str(each.stamped_at))
    assert early.token is not None
    assert early.token.identity in late.covers
    assert not (*early.troubles, *late.troubles)
    beside = Archive([message])
    beside.begin(SCENE.authority(SIGNED_AT + 2 * DAY))
    both = read_document(sealed(message, first.octets(), beside.octets())).signatures[0]
    assert [stamp.troubles for stamp in both.time_stamps[1:]] == [(), ()]


def test_a_record_in_one_signature_is_of_all(message: bytes) -> None:
    two = add_signature(message, SCENE.unit("kenta"), CLAIMS)
    archive = Archive([two])
    archive.begin(SCENE.authority(SIGNED_AT + DAY))
    facts = read_document(sealed(two, archive.octets(), signer=1))
    stamp = next(each for one in facts.signatures for each in one.time_stamps if each.profile)
    assert not stamp.troubles
    assert {each.identity for each in facts.signatures} <= stamp.covers


def indefinite(message: bytes) -> bytes:
    """The message with the two outermost lengths left open (X.690 8.1.3.6)."""
    data = read_signed_data(message)
    inner = message[message.index(b"\x02\x01", 20) :]
    assert data.version == inner[2]
    head = message[message.index(b"\x06\x09") :][:11]
    return b"\x30\x80" + head + b"\xa0\x80\x30\x80" + inner + b"\x00" * 6


def test_the_message_may_be_in_ber(message: bytes) -> None:
    loose = indefinite(message)
    assert read_signed_data(loose).was_ber
    for octets in (loose, message):
        archive = Archive([octets])
        archive.begin(SCENE.authority(SIGNED_AT + DAY))
        whole = indefinite(sealed(message, archive.octets()))
        [_, stamp] = read_document(whole).signatures[0].time_stamps
        assert not stamp.troubles, "as it is encoded, and in DER"
    whole = indefinite(sealed(message, b"\x30\x00"))
    kinds = [each.type for each in read_signed_data(whole).signers[0].unsigned_attributes]
    assert without_attributes(whole, {0: {kinds.index(oids.EVIDENCE_RECORD)}}) == loose
    assert without_attributes(loose, {}) == loose


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(min_value=0), octet=st.integers(min_value=1, max_value=255))
def test_no_changed_octet_passes(message: bytes, record: bytes, place: int, octet: int) -> None:
    whole = bytearray(sealed(message, record))
    whole[place % len(whole)] ^= octet
    try:
        report = judged(bytes(whole))
    except MalformedInput:
        return
    assert report.indication != "TOTAL_PASSED"


def test_what_is_no_record_is_told_and_too_many_are_refused(message: bytes, record: bytes) -> None:
    assert "time_stamp_not_readable" in codes(judged(sealed(message, b"\x30\x00"), SIGNED_AT + DAY))
    values = [der.tlv(der.OCTET_STRING, bytes((number,))) for number in range(9)]
    [signature] = judged(sealed(message, *values), SIGNED_AT + DAY).signatures
    assert "too_many" in {each.code for each in signature.findings}


def test_a_sealed_message_is_not_extended(message: bytes, record: bytes) -> None:
    how = Extension(SCENE.authority(LATER), SCENE.evidence(LATER), CONTENT)
    with pytest.raises(NotExtended, match="evidence record"):
        extend(sealed(message, record), Level.LTA, how)
