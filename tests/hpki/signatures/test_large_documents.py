"""Large documents are signed, extended and judged from their files: the memory that it takes does not grow with them."""

import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject, StreamObject

from hpki.errors import MalformedInput
from hpki.signatures.asic.container import ContainerLimits, Kind, read_container
from hpki.signatures.asic.making import Inside, add_signature, sign_container
from hpki.signatures.content import FileContent, OctetContent, octets_up_to
from hpki.signatures.extending import DocumentExtension, extend_and_judge
from hpki.signatures.facts import Level
from hpki.signatures.formats import read_signed_document
from hpki.signatures.pdf.making import sign_pdf
from hpki.signatures.pdf.opening import data_of, open_pdf
from tests import signing_scene
from tests.signing_scene import CLAIMS, DAY, MINUTE, SIGNED_AT

SCENE = signing_scene.scene()
LARGE = 48 << 20
# Chunks, what unpacks them, certificates and lists.
MOST_HELD = 24 << 20


@contextmanager
def little_memory() -> Iterator[None]:
    """What is held at any time in the block is a fraction of the document."""
    tracemalloc.start()
    try:
        yield
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held < MOST_HELD, f"{held >> 20} MiB were held"


def extend(path: Path) -> str:
    """Bring a document to LTA, from file to file; how it is judged then."""
    at = SIGNED_AT + DAY
    with path.open("rb") as source, path.with_suffix(".lta").open("w+b") as target:
        how = DocumentExtension(SCENE.authority(at), SCENE.evidence(at), target=target)
        made = extend_and_judge(source, Level.LTA, how, signing_scene.POLICY, SCENE.anchors, at + MINUTE)
    assert made.octets == b""
    assert made.report is not None
    assert made.report.signatures[0].facts.level is Level.LTA
    return made.report.indication


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A file that is large, and takes no room on the disk."""
    path = tmp_path / "pictures.raw"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


@pytest.mark.parametrize("inside", list(Inside))
def test_a_large_container_is_never_held(pictures: Path, inside: Inside) -> None:
    box = pictures.with_suffix(".asice")
    with little_memory():
        with box.open("w+b") as target:
            files = {pictures.name: FileContent(pictures)}
            sign_container(files, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=inside, target=target)
        assert extend(box) == "TOTAL_PASSED"
    with box.open("rb") as source:
        assert read_container(source).entries[pictures.name].info.file_size == LARGE


@pytest.fixture(params=[48, 1])
def scans(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A PDF of one page with 48 pictures of a megabyte, or a single one as large."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    pictures = ArrayObject()
    for number in range(request.param):
        picture = StreamObject()
        picture.set_data(bytes([number]) * (LARGE // request.param))
        pictures.append(writer._add_object(picture))
    page[NameObject("/Pictures")] = pictures
    path = tmp_path / "scans.pdf"
    writer.write(path)
    return path


def test_a_large_pdf_is_never_held(scans: Path) -> None:
    signed = scans.with_suffix(".signed")
    with little_memory():
        with scans.open("rb") as source, signed.open("w+b") as target:
            sign_pdf(source, SCENE.unit(), CLAIMS, target=target)
        assert extend(signed) == "TOTAL_PASSED"
    assert signed.read_bytes().startswith(scans.read_bytes())


def test_what_is_not_held_is_no_content_and_is_not_read_without_end() -> None:
    """Twelve streams of a PDF, each of which has all that follow as its own octets."""
    large, numbers = bytes(17 << 20), range(10, 22)
    document, places = b"%PDF-1.7\n", []
    for number in numbers:
        places.append(b"%010d 00000 n \n" % len(document))
        behind = (numbers.stop - 1 - number) * len(b"10 0 obj<</Length 17825792>>stream\n")
        document += b"%d 0 obj<</Length %d>>stream\n" % (number, len(large) + behind)
    document += large + b"\nendstream\nendobj\n"
    places.append(b"%010d 00000 n \n" % len(document))
    document += b"22 0 obj\n<</Type/Catalog>>\nendobj\n"
    end = b"trailer\n<</Size 23/Root 22 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(document)
    document += b"xref\n0 1\n0000000000 65535 f \n10 13\n" + b"".join(places) + end

    def read(number: int) -> generic.StreamObject:
        found = reader.get_object(generic.Reference(number, 0, reader))
        assert isinstance(found, generic.StreamObject)
        return found

    reader = open_pdf(document).reader
    for _ in range(9):
        with pytest.raises(MalformedInput, match="PDF stream: over"):
            data_of(read(21))
    assert read(20).encoded_data != read(21).encoded_data
    with pytest.raises(MalformedInput, match="overlap"):
        [read(number) for number in numbers]


def test_a_file_that_was_stored_plainly_stays_so_and_is_copied_in_pieces(pictures: Path) -> None:
    box, again = pictures.with_suffix(".asice"), pictures.with_suffix(".again")
    files = {"a.txt": b"a"}
    box.write_bytes(sign_container(files, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=Inside.XADES))
    with zipfile.ZipFile(box, "a") as archive:
        archive.write(pictures, pictures.name, zipfile.ZIP_STORED)
    with little_memory(), box.open("rb") as source, again.open("w+b") as target:
        add_signature(source, SCENE.unit("taro"), CLAIMS, inside=Inside.CADES, target=target)
        facts = read_signed_document(target)
    assert [each.leaves_out for each in facts.signatures] == [(pictures.name,), ()]
    assert again.stat().st_size > LARGE


def test_of_a_file_that_is_taken_for_xml_no_more_is_held_than_xml_may_have(pictures: Path) -> None:
    with little_memory():
        assert len(octets_up_to(FileContent(pictures), 2_000_000)) == 2 << 20
    assert octets_up_to(OctetContent(b"<a/>"), 10) == b"<a/>"


def test_a_file_that_changes_while_it_is_signed_is_refused(tmp_path: Path) -> None:
    class Changing(OctetContent):
        def digest(self, name: str) -> bytes:
            found = super().digest(name)
            self.octets = b"another letter"
            return found

    with (tmp_path / "box.asice").open("w+b") as target, pytest.raises(MalformedInput, match="changed"):
        sign_container(
            {"a.txt": Changing(b"a letter")},
            SCENE.unit(),
            CLAIMS,
            kind=Kind.EXTENDED,
            inside=Inside.XADES,
            target=target,
        )


def test_what_would_not_stay_bounded_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "box.asice"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", Kind.EXTENDED.value)
        archive.writestr("a.txt", bytes(1 << 20), zipfile.ZIP_BZIP2)
    with path.open("rb") as source, pytest.raises(MalformedInput, match="packed in a way"):
        read_container(source)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/signatures.xml", bytes(3_000_000), zipfile.ZIP_DEFLATED)
    with path.open("rb") as source, pytest.raises(MalformedInput, match=r"signatures\.xml unpacks to over"):
        read_container(source, ContainerLimits(own=2_000_000))
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(40):
            described = zipfile.ZipInfo(f"{number}")
            described.comment = bytes(60_000)
            archive.writestr(described, b"")
    with path.open("rb") as source, little_memory(), pytest.raises(MalformedInput, match="its list has over"):
        read_container(source)
