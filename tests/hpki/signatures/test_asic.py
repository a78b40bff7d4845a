"""ASiC: a referral letter and its pictures travel in one container with their signatures."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.algorithms import HASHES
from hpki.signatures.asic.container import ContainerLimits, Kind, read_container
from hpki.signatures.asic.making import (
    ContainerExtension,
    Inside,
    add_signature,
    extend_container,
    sign_container,
)
from hpki.signatures.asic.manifest import read_manifest
from hpki.signatures.asic.packing import write_container
from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.claims import Claims
from hpki.signatures.extending import DocumentExtension, extend_document
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.xml.names import DS
from tests import signing_scene
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT, YEAR

SCENE = signing_scene.scene()
LETTER = {"紹介状.txt": "経過は良好です".encode()}
BUNDLE = {**LETTER, "images/chest 1.jpg": b"\xff\xd8" + bytes(2000), "data.xml": b"<a/>"}
WAYS = [
    (Kind.SIMPLE, Inside.XADES, LETTER),
    (Kind.SIMPLE, Inside.CADES, LETTER),
    (Kind.EXTENDED, Inside.XADES, BUNDLE),
    (Kind.EXTENDED, Inside.CADES, BUNDLE),
]
ways = pytest.mark.parametrize(
    ("kind", "inside", "files"), WAYS, ids=["S-xades", "S-cades", "E-xades", "E-cades"]
)


def shown(content: bytes) -> Any:
    at = SIGNED_AT + DAY
    facts = read_container_signatures(content)
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at).as_json()


def codes(report: Any) -> set[str]:
    mine = {finding["code"] for finding in report.get("findings", [])}
    return mine | {finding["code"] for each in report["signatures"] for finding in each["findings"]}


def made(kind: Kind, inside: Inside, files: Mapping[str, bytes]) -> bytes:
    return sign_container(files, SCENE.unit(), CLAIMS, kind=kind, inside=inside)


@ways
@pytest.mark.parametrize("level", [Level.B, Level.T, Level.LT, Level.LTA])
def test_a_container_passes_at_every_level(
    kind: Kind, inside: Inside, files: Mapping[str, bytes], level: Level
) -> None:
    content = made(kind, inside, files)
    if level is not Level.B:
        moment = SIGNED_AT + MINUTE
        content = extend_container(
            content, level, ContainerExtension(SCENE.authority(moment), SCENE.evidence(moment))
        )
    report = shown(content)
    assert report["indication"] == "TOTAL_PASSED", report
    [signature] = report["signatures"]
    assert signature["level"] == level
    assert signature["leaves_out"] == []
    assert read_container(content).data == files


@ways
def test_a_changed_file_is_found_out_by_name(kind: Kind, inside: Inside, files: Mapping[str, bytes]) -> None:
    container = read_container(made(kind, inside, files))
    name = next(iter(files))
    changed = write_container(kind, {**container.files, name: b"another text"})
    report = shown(changed)
    assert report["sub_indication"] == "HASH_FAILURE"
    with pytest.raises(NotExtended, match="broken"):
        extend_container(changed, Level.T, ContainerExtension(SCENE.authority()))


@pytest.mark.parametrize("inside", list(Inside))
def test_a_file_that_nobody_signed_is_told(inside: Inside) -> None:
    container = read_container(made(Kind.EXTENDED, inside, BUNDLE))
    report = shown(write_container(Kind.EXTENDED, {**container.files, "extra.txt": b"added later"}))
    assert report["indication"] != "TOTAL_PASSED"
    assert "asic_uncovered" in codes(report)


@pytest.mark.parametrize("inside", list(Inside))
def test_a_second_person_signs_beside_the_first(inside: Inside) -> None:
    both = add_signature(made(Kind.EXTENDED, inside, BUNDLE), SCENE.unit("taro"), CLAIMS, inside=inside)
    report = shown(both)
    assert report["indication"] == "TOTAL_PASSED", codes(report)
    assert len(report["signatures"]) == 2


def test_a_simple_container_holds_one_file() -> None:
    with pytest.raises(MalformedInput, match="hold 3"):
        made(Kind.SIMPLE, Inside.XADES, BUNDLE)
    content = made(Kind.SIMPLE, Inside.XADES, LETTER)
    two = write_container(Kind.SIMPLE, {**read_container(content).files, "b.txt": b"b"})
    assert "asic_structure" in codes(shown(two))


# --- archive time-stamps beside the signatures (ASiCArchiveManifest) --------------------------------------------------


def archived(content: bytes, at: dt.datetime) -> bytes:
    how = ContainerExtension(SCENE.authority(at), SCENE.evidence(at), by_manifest=True)
    return extend_container(content, Level.LTA, how)


@pytest.fixture(scope="module")
def thrice() -> bytes:
    """The bundle, archived by manifest a day after it was signed and twice more over the years."""
    content = made(Kind.EXTENDED, Inside.CADES, BUNDLE)
    for years in range(3):
        content = archived(content, SIGNED_AT + DAY + 4 * years * YEAR)
    return content


def test_archive_manifests_name_every_file_and_one_another(thrice: bytes) -> None:
    files = read_container(thrice).files
    assert sorted(name for name in files if "Archive" in name) == [
        "META-INF/ASiCArchiveManifest.xml",
        "META-INF/ASiCArchiveManifest001.xml",
        "META-INF/ASiCArchiveManifest002.xml",
    ]
    newest = read_manifest(files["META-INF/ASiCArchiveManifest.xml"])
    assert newest.signature == "META-INF/timestamp003.tst"
    others = set(files) - {"META-INF/ASiCArchiveManifest.xml", newest.signature}
    assert {entry.name for entry in newest.entries} == others
    assert files["META-INF/ASiCArchiveManifest.xml"].count(b'Rootfile="true"') == 1


def test_a_container_renewed_by_manifests_passes_when_its_signer_has_long_expired(thrice: bytes) -> None:
    at = SIGNED_AT + 9 * YEAR
    facts = read_container_signatures(thrice)
    report = judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert report.indication == "TOTAL_PASSED", [
        each.sentence("en") for each in report.signatures[0].findings
    ]
    [signature] = report.signatures
    assert (signature.facts.level, len(report.time_stamps)) == (Level.LTA, 3)
    assert SCENE.unit().certificate.not_after < at


def test_a_renewal_leaves_what_a_manifest_names_as_it_is(thrice: bytes) -> None:
    before = read_container(archived(made(Kind.EXTENDED, Inside.CADES, BUNDLE), SIGNED_AT + DAY)).files
    without_asking = ContainerExtension(SCENE.authority(SIGNED_AT + YEAR), SCENE.evidence(SIGNED_AT + YEAR))
    after = read_container(
        extend_container(write_container(Kind.EXTENDED, before), Level.LTA, without_asking)
    ).files
    changed = {name for name, octets in before.items() if after.get(name) != octets}
    # The newest list makes room for the next, and the token that it is under gets what its authority needs.
    assert changed == {"META-INF/ASiCArchiveManifest.xml", "META-INF/timestamp001.tst"}
    with pytest.raises(NotExtended, match="not to T"):
        extend_container(thrice, Level.T, without_asking)


def test_a_second_person_may_sign_after_the_archive_time_stamp() -> None:
    first = archived(made(Kind.EXTENDED, Inside.CADES, BUNDLE), SIGNED_AT + DAY)
    both = add_signature(first, SCENE.unit("taro"), Claims(SIGNED_AT + DAY), inside=Inside.CADES)
    content = archived(both, SIGNED_AT + 2 * DAY)
    at = SIGNED_AT + 3 * DAY
    facts = read_container_signatures(content)
    report = judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert report.indication == "TOTAL_PASSED"
    assert [each.facts.level for each in report.signatures] == [Level.LTA, Level.LTA]


@pytest.mark.parametrize(
    "name", ["META-INF/ASiCManifest.xml", "META-INF/ASiCArchiveManifest001.xml", "META-INF/timestamp001.tst"]
)
def test_a_changed_or_missing_file_under_a_manifest_is_told_and_not_renewed(thrice: bytes, name: str) -> None:
    files = dict(read_container(thrice).files)
    for octets in (files[name] + b"\n", None):
        attacked = {each: content for each, content in files.items() if each != name}
        content = write_container(Kind.EXTENDED, attacked if octets is None else {**attacked, name: octets})
        report = shown(content)
        assert report["indication"] != "TOTAL_PASSED"
        with pytest.raises(NotExtended, match=r"broken|changed|Manifest"):
            archived(content, SIGNED_AT + 8 * YEAR)


def test_a_weak_hash_in_a_manifest_proves_nothing_today() -> None:
    content = made(Kind.EXTENDED, Inside.CADES, BUNDLE)
    how = ContainerExtension(
        SCENE.authority(SIGNED_AT + DAY), SCENE.evidence(SIGNED_AT + DAY), by_manifest=True
    )
    facts = read_container_signatures(extend_container(content, Level.LTA, how))
    [stamp] = facts.time_stamps
    weak = tuple(replace(each, algorithm=HASHES["sha1"]) for each in stamp.through)
    at = SIGNED_AT + 2 * DAY
    weakened = replace(facts, time_stamps=(replace(stamp, through=weak),))
    report = judge_document(weakened, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)
    assert report.time_stamps[0].sub_indication == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"


def test_archive_manifests_are_for_extended_containers_with_cades() -> None:
    for kind, inside, files in WAYS[:3]:
        with pytest.raises(NotExtended, match="archive manifests are for"):
            archived(made(kind, inside, files), SIGNED_AT + DAY)
    how = DocumentExtension(SCENE.authority(), by_manifest=True)
    with pytest.raises(NotExtended, match="archive manifests are for"):
        extend_document(b"%PDF-1.7", Level.LTA, how)


def zipped(entries: list[tuple[str, bytes]], *, first_packed: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, octets) in enumerate(entries):
            how = zipfile.ZIP_DEFLATED if number or first_packed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), octets, how)
    return out.getvalue()


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "c:\\x", "a\\b"])
def test_a_name_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(MalformedInput, match="not accepted"):
        read_container(zipped([("mimetype", Kind.SIMPLE.value.encode()), (name, b"")]))


def test_a_small_container_with_thousands_of_signatures_is_refused() -> None:
    signed = f"<a>{f'<Signature xmlns={DS!r}/>' * 200}</a>".encode()
    names = ["META-INF/signatures1.xml", "META-INF/signatures2.xml"]
    files = {"letter.txt": b"x", **dict.fromkeys(names, signed)}
    with pytest.raises(MalformedInput, match="over 256 signatures"):
        read_container_signatures(write_container(Kind.EXTENDED, files))


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = zipped([("mimetype", b"x"), ("a", bytes(3_000_000))])
    assert len(bomb) < 10_000
    with pytest.raises(MalformedInput, match="unpacks"):
        read_container(bomb, ContainerLimits(octets=1_000_000))
    with pytest.raises(MalformedInput, match="files"):
        read_container(zipped([(f"f{n}", b"") for n in range(20)]), ContainerLimits(files=10))


@pytest.mark.parametrize("name", ["META-INF/letter.txt", "meta-inf/letter.txt", "META-INF/a/signatures.xml"])
def test_a_file_among_the_container_s_own_that_no_standard_knows_is_told(name: str) -> None:
    files = read_container(made(Kind.EXTENDED, Inside.CADES, BUNDLE)).files
    report = shown(write_container(Kind.EXTENDED, {**files, name: b"another letter"}))
    assert report["indication"] == "INDETERMINATE"
    assert "asic_uncovered" in codes(report)


def test_every_reader_finds_the_same_files_whichever_end_it_begins_at() -> None:
    honest = made(Kind.EXTENDED, Inside.XADES, BUNDLE)
    other = zipped([("mimetype", Kind.EXTENDED.value.encode()), ("data.xml", b"<another/>")])
    with pytest.raises(MalformedInput, match="does not name"):
        read_container(other + honest)
    files = list(read_container(honest).files.items())
    mimetype = ("mimetype", Kind.EXTENDED.value.encode())
    with pytest.raises(MalformedInput, match="octets of its own"):
        read_container(zipped([mimetype, *files, ("folder/", b"another letter")]))


def test_a_container_that_does_not_begin_with_its_mimetype_is_told() -> None:
    files = read_container(made(Kind.SIMPLE, Inside.CADES, LETTER)).files
    late = zipped([*files.items(), ("mimetype", Kind.SIMPLE.value.encode())])
    assert "asic_mimetype" in codes(shown(late))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", zipped([("mimetype", b"x"), ("a", b"b")])])
def test_what_is_no_signed_container_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_container_signatures(content)
