"""PAdES: 花子 signs letters, 太郎 signs after her, years pass, and attackers save over what was signed."""

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from hpki.errors import MalformedInput, NotExtended
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.claims import Claims
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.pdf.appearance import Appearance
from hpki.signatures.pdf.extending import PdfExtension, extend_pdf
from hpki.signatures.pdf.making import PdfWishes, sign_pdf, stamp_pdf
from hpki.signatures.pdf.ranges import byte_range_of, contents_in
from hpki.signatures.pdf.reader import read_pdf_signatures
from tests import signing_scene
from tests.signed_pdfs import (
    MEDDLING,
    letter,
    meddled,
    with_a_disguised_hole,
    with_a_hole,
    with_the_hole_filled,
)
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT, YEAR, Scene

KEYS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
SCENE = signing_scene.scene()


def shown(content: bytes, scene: Scene = SCENE, at: dt.datetime = SIGNED_AT + DAY) -> Any:
    facts = read_pdf_signatures(content)
    return judge_document(facts, scene.evidence(at), signing_scene.POLICY, scene.anchors, at).as_json()


def codes(report: Any) -> set[str]:
    return {finding["code"] for signature in report["signatures"] for finding in signature["findings"]}


def told(report: Any, code: str) -> str:
    """The English sentences of a finding."""
    findings = (each for signature in report["signatures"] for each in signature["findings"])
    return " ".join(each["en"] for each in findings if each["code"] == code)


def extended(
    content: bytes, level: Level, scene: Scene = SCENE, at: dt.datetime = SIGNED_AT + MINUTE
) -> bytes:
    return extend_pdf(content, level, PdfExtension(scene.authority(at), scene.evidence(at)))


# --- made and extended ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("with_streams", [True, False], ids=["xref stream", "xref table"])
def test_a_letter_passes_at_every_level(algorithm: KeyAlgorithm, *, with_streams: bool) -> None:
    scene = signing_scene.scene(algorithm)
    original = letter(with_streams=with_streams)
    content = sign_pdf(original, scene.unit(), CLAIMS)
    for level in (Level.B, Level.T, Level.LT, Level.LTA):
        content = content if level is Level.B else extended(content, level, scene)
        report = shown(content, scene)
        assert report["indication"] == "TOTAL_PASSED", report
        [signature] = report["signatures"]
        assert (signature["format"], signature["level"], signature["intact"]) == ("PAdES", level, True)
        assert signature["qualifications"][0]["code"] == "physician"
        assert signature["signed_at"] == "2026-11-04T03:00:00Z"
        assert content.startswith(original)


def test_the_time_stamp_may_stand_inside_at_once() -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS, stamper=SCENE.authority())
    [signature] = shown(content)["signatures"]
    assert (signature["level"], signature["indication"]) == ("T", "TOTAL_PASSED")
    assert signature["proven_at"] == "2026-11-04T03:01:00Z"


def test_years_later_the_archive_time_stamp_still_proves_it_and_is_renewed_without_a_signature() -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS)
    for year in range(3):
        content = extended(content, Level.LTA, at=SIGNED_AT + MINUTE + year * YEAR)
    facts = read_pdf_signatures(content)
    assert len(facts.signatures) == 1
    assert len(facts.time_stamps) >= 3
    assert shown(content, at=SIGNED_AT + 4 * YEAR)["indication"] == "TOTAL_PASSED"


def test_two_people_sign_and_both_pass() -> None:
    first = sign_pdf(letter(2), SCENE.unit("hanako"), CLAIMS, wishes=PdfWishes(field="Physician"))
    both = sign_pdf(
        first, SCENE.unit("taro"), Claims(SIGNED_AT + MINUTE), wishes=PdfWishes(field="Pharmacist")
    )
    report = shown(extended(both, Level.LTA, at=SIGNED_AT + 5 * MINUTE))
    assert report["indication"] == "TOTAL_PASSED", codes(report)
    assert [each["place"] for each in report["signatures"]] == ["field Physician", "field Pharmacist"]
    with pytest.raises(MalformedInput, match="already"):
        sign_pdf(both, SCENE.unit(), CLAIMS, wishes=PdfWishes(field="Physician"))


def test_what_people_read_in_a_viewer_stands_in_the_dictionary() -> None:
    wishes = PdfWishes(name="医師　渡邉 花子", reason="診療情報提供書", place="岡山市")
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS, wishes=wishes)
    value = PdfFileReader(io.BytesIO(content)).embedded_signatures[0].sig_object
    assert (value["/Name"], value["/Reason"], value["/Location"]) == (
        "医師　渡邉 花子",
        "診療情報提供書",
        "岡山市",
    )


def test_a_visible_signature_is_drawn_on_its_page() -> None:
    picture = letter(with_streams=False)
    wishes = PdfWishes(appearance=Appearance(picture, (300, 40, 560, 110), page=1))
    content = sign_pdf(letter(2), SCENE.unit(), CLAIMS, wishes=wishes)
    assert shown(content)["indication"] == "TOTAL_PASSED"
    page = PdfFileReader(io.BytesIO(content)).root["/Pages"]["/Kids"][1]
    drawn = page["/Annots"][0]["/AP"]["/N"]
    assert b"Letter, page 1" in drawn.data
    with pytest.raises(MalformedInput, match="no such page"):
        sign_pdf(letter(1), SCENE.unit(), CLAIMS, wishes=wishes)


def test_a_document_time_stamp_stands_alone_too() -> None:
    facts = read_pdf_signatures(stamp_pdf(letter(), SCENE.authority()))
    assert not facts.signatures
    [stamp] = facts.time_stamps
    assert stamp.imprint is not None
    assert not stamp.imprint.is_broken


def test_a_large_file_is_signed_and_read_from_disk(tmp_path: Path) -> None:
    path, signed = tmp_path / "large.pdf", tmp_path / "signed.pdf"
    path.write_bytes(letter(400))
    with path.open("rb") as source, signed.open("wb+") as target:
        sign_pdf(source, SCENE.unit(), CLAIMS, target=target)
    with signed.open("rb") as file:
        assert read_pdf_signatures(file).signatures[0].digests[0].computed is not None
    assert shown(signed.read_bytes())["indication"] == "TOTAL_PASSED"


# --- attacked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", MEDDLING)
@pytest.mark.parametrize("level", [Level.B, Level.LTA])
def test_what_is_saved_over_a_signed_letter_is_told(what: str, level: Level) -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS)
    content = content if level is Level.B else extended(content, level)
    report = shown(meddled(content, MEDDLING[what]))
    assert report["indication"] == "INDETERMINATE"
    assert "pdf_changed_since" in codes(report)
    # The signed revision itself is whole: what changed came after it.
    assert report["signatures"][0]["intact"] is True


def test_an_object_that_was_missing_when_it_was_signed_is_told_when_it_comes() -> None:
    signed = sign_pdf(with_a_hole(), SCENE.unit(), CLAIMS)
    assert shown(signed)["indication"] == "TOTAL_PASSED"
    report = shown(with_the_hole_filled(signed))
    assert report["indication"] == "INDETERMINATE"
    assert "object 40" in told(report, "pdf_changed_since")


@pytest.mark.parametrize(
    "pointer",
    [b"40 %x\n0 R", b"40 0%1 0 R\r\nR", b"40%\n%\n +0 %R\n\n R", b"000000000000000000000040 0 R", b"40" + b" " * 30 + b"0 R"],
)  # fmt: skip
def test_a_comment_inside_a_pointer_hides_no_missing_object(pointer: bytes) -> None:
    signed = sign_pdf(with_a_disguised_hole(pointer), SCENE.unit(), CLAIMS)
    report = shown(with_the_hole_filled(signed))
    assert report["indication"] == "INDETERMINATE"
    assert "pdf_changed_since" in codes(report)


def test_comments_that_hide_nothing_do_no_harm() -> None:
    there = with_a_disguised_hole(b"null %40 0 R\n")
    signed = extended(sign_pdf(there, SCENE.unit(), CLAIMS), Level.LTA)
    assert shown(signed)["indication"] == "TOTAL_PASSED"
    report = shown(with_the_hole_filled(signed))
    assert "before it was there" not in told(report, "pdf_changed_since")


@pytest.mark.parametrize(
    ("place", "instead"),
    [
        (b"    /Contents <", b"/Contents %xy\n<"),
        (b"              /Contents <", b"/#43ontents<>%/Contents <"),
        (b"       /Contents <", b"/Reason(/Contents<"),
    ],
)
def test_contents_that_only_some_readers_find_are_a_finding(place: bytes, instead: bytes) -> None:
    assert _SIGNED.count(place) == 1
    report = shown(_SIGNED.replace(place, instead.ljust(len(place))))
    assert report["indication"] == "TOTAL_FAILED"
    assert "pdf_signature_dictionary" in codes(report)


def test_ranges_that_are_not_the_whole_file_but_one_gap_are_refused() -> None:
    assert byte_range_of([0, 10, 20], 100) == "it is not four numbers"
    assert byte_range_of([1, 10, 20, 10], 100) == "it does not begin with the first octet"
    assert byte_range_of([0, 10, 5, 10], 100) == "its parts are empty or overlap"
    assert byte_range_of([0, 10, 20, 100], 100) == "it reaches beyond the end of the file"
    assert byte_range_of([0, -1, 20, 10], 100) == "its parts are empty or overlap"
    assert contents_in(b"<30>") == b"0"
    for gap in (b"", b"<3>", b"<30> ", b"(30)", b"<3x>", b"<30><30>"):
        assert isinstance(contents_in(gap), str)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda s: re.sub(rb"/ByteRange \[0 ", b"/ByteRange [1 ", s, count=1), "pdf_byte_range"),
        (lambda s: re.sub(rb"(/ByteRange \[0 \d+ )(\d+)", lambda m: m[1] + b"9" * len(m[2]), s, count=1), "pdf_byte_range"),
        (lambda s: s.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1.", 1), "pdf_signature_dictionary"),
        (lambda s: s + b"\n%garbage\n", "pdf_partial"),
        (lambda s: s.replace(b"00>", b"01>", 1), "pdf_padding"),
    ],
)  # fmt: skip
def test_an_attack_on_the_signature_itself_is_a_finding(change: Any, code: str) -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS)
    attacked = change(content)
    assert attacked != content
    report = shown(attacked)
    assert report["indication"] != "TOTAL_PASSED"
    assert code in codes(report) | {each["code"] for each in report.get("findings", [])}, codes(report)


def test_a_changed_octet_inside_what_is_signed_is_a_hash_failure() -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS)
    report = shown(content.replace(b"/Producer", b"/Produzer", 1))
    assert report["sub_indication"] == "HASH_FAILURE"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(min_value=0), octet=st.integers(min_value=1, max_value=255))
@example(place=458, octet=1)
def test_no_changed_octet_passes_but_in_the_empty_room_of_the_signature(place: int, octet: int) -> None:
    content = bytearray(_SIGNED)
    at = place % len(content)
    content[at] ^= octet
    try:
        report = shown(bytes(content))
    except MalformedInput:
        return
    if report["indication"] == "TOTAL_PASSED":
        # A digit of the signature in the other case is the same digit.
        assert bytes(content).lower() == _SIGNED.lower()


_SIGNED = sign_pdf(letter(), SCENE.unit(), CLAIMS)


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7\n", b"hello", b"%PDF-1.7\n1 0 obj<</Kids[1 0 R]>>endobj\ntrailer<</Root 1 0 R>>"],
)
def test_what_is_no_pdf_is_refused_in_one_way(content: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_pdf_signatures(content)


def test_a_broken_signature_is_not_extended() -> None:
    with pytest.raises(NotExtended, match="broken"):
        extended(_SIGNED.replace(b"/Producer", b"/Produzer", 1), Level.T)
    with pytest.raises(NotExtended, match="no signature"):
        extended(letter(), Level.T)
    with pytest.raises(NotExtended, match="revocation"):
        extend_pdf(_SIGNED, Level.LT, PdfExtension(SCENE.authority()))
