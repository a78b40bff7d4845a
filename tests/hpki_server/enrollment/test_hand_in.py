"""Uploads are hostile input: told by content, bounded, made anew, sealed."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hpki_server.enrollment import papers, queries
from hpki_server.enrollment.forms import IdentityClaim
from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.papers import PaperRefused
from hpki_server.enrollment.photo_rules import photo_denials
from hpki_server.enrollment.rules import IdentityKind, Part
from hpki_server.enrollment.services import applying
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment.desk import LICENCE_UNTIL, NOON, TODAY, picture, submitted
from tests.hpki_server.enrollment.pdf_making import scanned

PDF = scanned()


def begun() -> Application:
    return applying.start_application(by=cast.account(cast.HANAKO), at=NOON)


def refused(content: bytes, *, photo: bool = False) -> str:
    with pytest.raises(PaperRefused) as refusal:
        (papers.read_photo if photo else papers.read_paper)(content)
    return refusal.value.code


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few octets whose header claims any size: an image bomb."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(6_000, 5_000), (10_000, 10_000), (60_000, 60_000), (1, 2_000_000_000)]
)
def test_an_image_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    assert refused(png_claiming(width, height)) in {"too_many_pixels", "broken_image"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"GIF89a" + b"\0" * 50, "unknown_type"),
        (b"<svg onload=alert(1)>", "unknown_type"),
        (b"MZ\x90", "unknown_type"),
        (b"\xff\xd8\xff\xe0 broken", "broken_image"),
        (b"%PDF-1.7 but no end", "pdf_refused"),
        (b"\xff\xd8\xff" + b"\0" * (papers.OCTETS_MOST), "too_large"),
    ],
)
def test_what_is_not_a_paper_is_refused_with_its_reason(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_a_photo_is_no_pdf() -> None:
    assert refused(PDF, photo=True) == "photo_is_pdf"


def test_an_image_is_made_anew_without_what_it_carried() -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera of 花子"
    Image.new("RGB", (700, 900), "white").save(stream, "JPEG", exif=exif, comment=b"secret")
    kept = papers.read_paper(stream.getvalue() + b"<script>tail</script>").content
    assert b"camera" not in kept
    assert b"secret" not in kept
    assert b"script" not in kept


def test_a_phone_picture_is_turned_upright() -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (900, 700), "white").save(stream, "JPEG", exif=exif)
    photo = papers.read_photo(stream.getvalue())
    assert (photo.facts.width, photo.facts.height) == (700, 900)


def test_a_transparent_png_gets_a_white_sheet() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (700, 900), (0, 0, 0, 0)).save(stream, "PNG")
    assert papers.read_photo(stream.getvalue()).facts.brightness > 250


@given(st.binary(max_size=400))
def test_any_bytes_are_a_paper_or_refused(content: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-"):
        try:
            papers.read_paper(start + content)
        except PaperRefused as refusal:
            assert refusal.code  # noqa: PT017 - either answer is right; anything else escapes


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (picture(), []),
        (picture((1400, 1800)), []),
        (picture((350, 450)), ["photo_too_small"]),
        (picture((1400, 500)), ["photo_too_small", "photo_proportion"]),
        (picture(light=40), ["photo_too_dark"]),
    ],
)
def test_a_photo_is_judged_in_words(content: bytes, codes: list[str]) -> None:
    assert [denial.code for denial in photo_denials(papers.read_photo(content).facts)] == codes


def test_a_white_sheet_is_no_portrait() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (700, 900), "white").save(stream, "PNG")
    codes = [denial.code for denial in photo_denials(papers.read_photo(stream.getvalue()).facts)]
    assert codes == ["photo_too_bright"]


def test_a_grey_sheet_is_no_portrait() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (700, 900), "grey").save(stream, "PNG")
    codes = [denial.code for denial in photo_denials(papers.read_photo(stream.getvalue()).facts)]
    assert codes == ["photo_flat"]


@pytest.mark.django_db
def test_a_paper_is_sealed_replaced_and_recorded_by_its_hash() -> None:
    application, hanako = begun(), cast.account(cast.HANAKO)
    for content in (picture(), picture((1400, 1800))):
        applying.hand_in_photo(application_id=application.id, content=content, by=hanako, at=NOON)
    stored = ApplicationPaper.objects.get()
    assert b"JFIF" not in bytes(stored.sealed)
    opened = queries.own_paper(hanako, application.id, Part.PHOTO)
    assert opened.content.startswith(b"\xff\xd8\xff")
    assert opened.media_type == "image/jpeg"
    lines = AuditLine.objects.filter(act="application:hand-in")
    assert lines.count() == 2
    assert lines.order_by("-sequence")[0].facts() == {"part": "photo", "sha256": stored.sha256}


@pytest.mark.django_db
def test_an_unfit_photo_leaves_the_earlier_one_in_place() -> None:
    application, hanako = begun(), cast.account(cast.HANAKO)
    applying.hand_in_photo(application_id=application.id, content=picture(), by=hanako, at=NOON)
    before = ApplicationPaper.objects.get().sha256
    with pytest.raises(Denied):
        applying.hand_in_photo(application_id=application.id, content=picture(light=30), by=hanako, at=NOON)
    assert ApplicationPaper.objects.get().sha256 == before


@pytest.mark.django_db
def test_a_photo_id_out_of_term_is_refused_when_it_is_handed_in() -> None:
    application, hanako = begun(), cast.account(cast.HANAKO)
    for until, code in ((TODAY.replace(day=3), "identity_expired"), (None, "identity_term_missing")):
        claim = IdentityClaim(IdentityKind.PASSPORT, until)
        with pytest.raises(Denied) as denied:
            applying.hand_in_identity(
                application_id=application.id, content=PDF, identity=claim, by=hanako, at=NOON
            )
        assert denied.value.codes == (code,)
    claim = IdentityClaim(IdentityKind.PASSPORT, LICENCE_UNTIL)
    applying.hand_in_identity(application_id=application.id, content=PDF, identity=claim, by=hanako, at=NOON)
    application.refresh_from_db()
    assert application.identity_kind == "passport"


@pytest.mark.django_db
def test_nobody_hands_in_for_another_and_nothing_after_submission() -> None:
    sent = submitted()
    for role, code in ((cast.MALLORY, "not_the_applicant"), (cast.HANAKO, "part_closed")):
        with pytest.raises(Denied) as denied:
            applying.hand_in_licence(application_id=sent.id, content=PDF, by=cast.account(role), at=NOON)
        assert denied.value.codes == (code,)
