"""Evidence records (RFC 4998): an archive keeps 花子's signed container for longer than any certificate lives."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.asic.container import Kind, read_container
from hpki.signatures.asic.making import ContainerExtension, Inside, extend_container, sign_container
from hpki.signatures.asic.manifest import manifest_of
from hpki.signatures.asic.packing import write_container
from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.evidence_record import MOST_CHAINS, root_of
from hpki.signatures.evidence_record_asn1 import read_evidence_record
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.report import DocumentReport
from tests import signing_scene
from tests.evidence_records import Archive, kept_for_nine_years
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
FILES = {"letter.txt": b"all is well", "scan.jpg": b"\xff\xd8" + bytes(500)}
RECORD, LISTED = "META-INF/evidencerecord001.ers", "META-INF/ASiCEvidenceRecordManifest001.xml"


@pytest.fixture(scope="module")
def signed() -> dict[str, bytes]:
    """The files of a container that was signed and given its validation data (LT)."""
    content = sign_container(FILES, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=Inside.CADES)
    moment = SIGNED_AT + MINUTE
    how = ContainerExtension(SCENE.authority(moment), SCENE.evidence(moment))
    return dict(read_container(extend_container(content, Level.LT, how)).files)


@pytest.fixture(scope="module")
def kept(signed: dict[str, bytes]) -> Archive:
    return kept_for_nine_years(Archive(list(signed.values())), SCENE)


def container(files: dict[str, bytes], record: bytes, of: dict[str, bytes] | None = None) -> bytes:
    listing = manifest_of(RECORD, "application/ers", files if of is None else of, SHA_256, {})
    return write_container(Kind.EXTENDED, {**files, LISTED: listing, RECORD: record})


def judged(content: bytes, at: dt.datetime) -> DocumentReport:
    facts = read_container_signatures(content)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {found.code for stamp in report.time_stamps for found in stamp.findings}


def test_a_record_proves_a_signature_whose_signer_and_first_time_stamps_have_long_ended(
    signed: dict[str, bytes], kept: Archive
) -> None:
    at = SIGNED_AT + 9 * YEAR
    report = judged(container(signed, kept.octets()), at)
    assert report.indication == "TOTAL_PASSED", [each.sentence("en") for each in report.findings]
    assert [stamp.facts.profile for stamp in report.time_stamps] == ["RFC 4998"] * 3
    assert report.signatures[0].proven_at == SIGNED_AT + MINUTE
    # Without the record the same container proves nothing any more.
    assert judged(write_container(Kind.EXTENDED, signed), at).indication == "INDETERMINATE"


def test_a_record_may_keep_files_that_nobody_signed(kept: Archive) -> None:
    archive = Archive([FILES["letter.txt"]])
    archive.begin(SCENE.authority(SIGNED_AT))
    content = write_container(Kind.SIMPLE, {"letter.txt": FILES["letter.txt"], RECORD: archive.octets()})
    report = judged(content, SIGNED_AT + DAY)
    assert (report.indication, report.signatures) == ("TOTAL_PASSED", ())
    changed = write_container(Kind.SIMPLE, {"letter.txt": b"another", RECORD: archive.octets()})
    assert "record_object" in codes(judged(changed, SIGNED_AT + DAY))


def test_what_a_record_is_of_is_not_touched_by_an_extension(signed: dict[str, bytes]) -> None:
    archive = Archive(list(signed.values()))
    archive.begin(SCENE.authority(SIGNED_AT + DAY))
    at = SIGNED_AT + YEAR
    how = ContainerExtension(SCENE.authority(at), SCENE.evidence(at))
    extended = extend_container(container(signed, archive.octets()), Level.LTA, how)
    assert dict(read_container(extended).files).items() >= signed.items()
    report = judged(extended, at + DAY)
    assert report.indication == "TOTAL_PASSED"
    assert report.signatures[0].facts.level is Level.LTA


def test_a_changed_file_is_named_and_the_record_proves_nothing(
    signed: dict[str, bytes], kept: Archive
) -> None:
    changed = {**signed, "letter.txt": b"all is ill"}
    report = judged(container(changed, kept.octets()), SIGNED_AT + 9 * YEAR)
    assert report.sub_indication == "HASH_FAILURE"
    assert {"record_object"} <= codes(report)
    assert not any(stamp.is_proof for stamp in report.time_stamps)


def test_a_record_of_other_files_covers_only_what_it_is_of(signed: dict[str, bytes]) -> None:
    archive = Archive([signed["scan.jpg"]])
    archive.begin(SCENE.authority(SIGNED_AT + DAY))
    content = container(signed, archive.octets(), {"scan.jpg": signed["scan.jpg"]})
    [stamp] = read_container_signatures(content).time_stamps
    assert stamp.covers == frozenset({SHA_256.digest(signed["scan.jpg"])})


def test_a_chain_that_leaves_out_the_one_before_proves_nothing_of_it(signed: dict[str, bytes]) -> None:
    """A stranger puts a chain of his own behind an old one: its hashes do not hold the old chain's."""
    archive = Archive(list(signed.values()))
    archive.begin(SCENE.authority(SIGNED_AT + DAY))
    fresh = Archive(list(signed.values()))
    fresh.begin(SCENE.authority(SIGNED_AT + 4 * YEAR))
    archive.kinds += fresh.kinds
    archive.chains += fresh.chains
    facts = read_container_signatures(container(signed, archive.octets()))
    assert facts.time_stamps[1].covers == frozenset()
    assert judged(container(signed, archive.octets()), SIGNED_AT + 5 * YEAR).indication == "INDETERMINATE"


def test_the_root_of_a_tree_is_worked_out_as_the_standard_says() -> None:
    a, b, c = (SHA_256.digest(each) for each in (b"a", b"b", b"c"))
    assert root_of((), SHA_256) is None
    assert root_of(((a,),), SHA_256) == a
    assert root_of(((b, a),), SHA_256) == SHA_256.digest(b"".join(sorted((a, b))))
    pair = SHA_256.digest(b"".join(sorted((a, c))))
    assert root_of(((a,), (c,)), SHA_256) == pair
    assert root_of(((a, c), (b,)), SHA_256) == SHA_256.digest(b"".join(sorted((pair, b))))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(min_value=0), octet=st.integers(min_value=1, max_value=255))
def test_no_changed_octet_of_a_record_passes(
    signed: dict[str, bytes], kept: Archive, place: int, octet: int
) -> None:
    record = bytearray(kept.octets())
    record[place % len(record)] ^= octet
    assert judged(container(signed, bytes(record)), SIGNED_AT + 9 * YEAR).indication != "TOTAL_PASSED"


def test_what_is_no_record_is_a_finding_and_what_is_too_much_is_refused(
    signed: dict[str, bytes], kept: Archive
) -> None:
    whole = kept.octets()
    for octets in (
        b"",
        b"\x30\x00",
        whole[:-1],
        whole + b"\x00",
        whole.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1),
    ):
        with pytest.raises(MalformedInput):
            read_evidence_record(octets)
        assert "time_stamp_not_readable" in codes(judged(container(signed, octets), SIGNED_AT + DAY))
    many = Archive(list(signed.values()), list(kept.kinds), kept.chains * MOST_CHAINS)
    with pytest.raises(MalformedInput, match="over"):
        read_evidence_record(many.octets())


def test_a_record_that_does_not_state_its_hash_or_has_no_files_is_told(
    signed: dict[str, bytes], kept: Archive
) -> None:
    hidden = Archive(kept.objects, [SHA_256, SHA_256], kept.chains)
    assert "algorithm_substituted" in codes(judged(container(signed, hidden.octets()), SIGNED_AT + 9 * YEAR))
    alone = write_container(Kind.EXTENDED, {**signed, RECORD: kept.octets()})
    assert "time_stamp_not_readable" in codes(judged(alone, SIGNED_AT + DAY))


def test_parts_that_are_not_read_are_told_and_refuse_nothing(signed: dict[str, bytes], kept: Archive) -> None:
    whole = DerCursor(kept.octets(), "record").enter(der.SEQUENCE)
    version, algorithms, chains = whole.element(), whole.element(), whole.element()
    more = der.tlv(der.SEQUENCE, version, algorithms, der.tlv(0xA0, der.tlv(der.SEQUENCE)), chains)
    report = judged(container(signed, more), SIGNED_AT + 9 * YEAR)
    assert (report.indication, "record_unread" in codes(report)) == ("TOTAL_PASSED", True)


def test_time_stamps_beyond_what_is_judged_are_told(signed: dict[str, bytes], kept: Archive) -> None:
    facts, at = read_container_signatures(container(signed, kept.octets())), SIGNED_AT + 9 * YEAR
    policy = replace(signing_scene.POLICY, most_time_stamps=2)
    report = judge_document(facts, SCENE.evidence(at), policy, SCENE.anchors, at)
    assert "too_many" in {each.code for each in report.findings}
    assert report.indication != "TOTAL_PASSED"
