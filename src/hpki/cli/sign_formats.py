"""The formats of `hpki sign`: the options of each, and how a document of it is made."""

import argparse
import mimetypes
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from hpki.cli import page
from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.cms.making import add_signature, counter_sign, sign_cms
from hpki.signatures.content import Content, FileContent, OctetContent
from hpki.signatures.facts import DocumentFacts
from hpki.signatures.formats import read_signed_document, require

if TYPE_CHECKING:
    from hpki.signatures.pdf.appearance import Appearance

_MOST_IN_MEMORY: Final = 128 * 1024 * 1024
# A series of pictures in a container: beside it its signatures have room within what is judged.
_MOST_CONTAINED: Final = 240 * 1024 * 1024
_POINTS_PER_MILLIMETRE: Final = 72 / 25.4
_SMALLEST_PICTURE: Final = 10
_MOST_PRESCRIPTION: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class Made:
    """A signed document, the name of its file, and what stands beside it."""

    octets: bytes = field(repr=False)
    name: str
    detached: Mapping[str, Content] = field(default_factory=dict)
    # Where it is so large that it should go from file to file: what writes it; then `octets` is empty.
    written_by: Callable[[BinaryIO], object] | None = field(default=None, repr=False)

    def write(self, target: BinaryIO) -> None:
        """Into a file.  Raises what making it raises."""
        if self.written_by is None:
            target.write(self.octets)
        else:
            self.written_by(target)


Maker = Callable[[Sequence[Path], SigningUnit, Claims, argparse.Namespace], Made]


@dataclass(frozen=True)
class SigningFormat:
    """One format; `gathers` when several files become one document."""

    name: str
    meaning: str
    add_options: Callable[[argparse.ArgumentParser], None]
    make: Maker
    gathers: bool = False


def _files(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the documents")


def _cms_options(command: argparse.ArgumentParser) -> None:
    _files(command)
    way = command.add_mutually_exclusive_group()
    way.add_argument("--attached", action="store_true", help="put the document into the signature")
    _add_more(way)
    _add_counter(way)
    command.add_argument(
        "--detached",
        type=Path,
        metavar="FILE",
        help="with --more or --counter: what was signed, where it is not in FILE",
    )


class _Ways(Protocol):
    """A parser, or a group of one."""

    def add_argument(self, *names: str, action: str, help: str) -> object:  # noqa: A002 - argparse's name
        """Take an option."""
        ...


def _add_more(command: _Ways) -> None:
    command.add_argument(
        "--more",
        action="store_true",
        help="FILE is signed already: one signature more, beside those in it",
    )


def _add_counter(command: _Ways) -> None:
    command.add_argument(
        "--counter",
        action="store_true",
        help="FILE is signed already: a counter-signature upon the first signature in it",
    )


def _unharmed(before: bytes, after: bytes, detached: Mapping[str, Content]) -> bytes:
    """The new document.  Raises as `_require_unharmed`."""
    _require_unharmed(before, after, detached)
    return after


def _require_unharmed(
    before: bytes | BinaryIO, after: bytes | BinaryIO, detached: Mapping[str, Content]
) -> None:
    """Raises NotExtended when something that held in the old document does not hold any more in the new one."""
    held, holds = (_what_holds(read_signed_document(each, detached)) for each in (before, after))
    if not held <= holds:
        raise NotExtended(
            "a signature or an archive time-stamp in it is over what would be added to: sign before it is archived"
        )


def _what_holds(found: DocumentFacts) -> set[bytes]:
    """The signatures and time-stamps all of whose digests hold."""
    signatures = (one for each in found.signatures for one in each.with_counter_signatures())
    whole = {each.identity for each in signatures if not any(digest.is_broken for digest in each.digests)}
    stamps = (each for each in found.all_time_stamps() if each.token is not None and each.imprint is not None)
    return whole | {
        each.token.identity for each in stamps if each.token and each.imprint and not each.imprint.is_broken
    }


def _cms_again(path: Path, unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> Made:
    held = page.read_bounded(path, _MOST_IN_MEMORY)
    given: Path | None = arguments.detached
    beside: dict[str, Content] = {} if given is None else {given.name: FileContent(given)}
    content = next(iter(beside.values()), None)
    made = (
        add_signature(held, unit, claims, content) if arguments.more else counter_sign(held, 1, unit, claims)
    )
    return Made(_unharmed(held, made, beside), path.name, beside)


def _cms(paths: Sequence[Path], unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> Made:
    [path] = paths
    if arguments.more or arguments.counter:
        return _cms_again(path, unit, claims, arguments)
    if arguments.attached:
        content = OctetContent(page.read_bounded(path, _MOST_IN_MEMORY))
        return Made(sign_cms(content, unit, claims, attached=True), f"{path.name}.p7m")
    beside = FileContent(path)
    return Made(sign_cms(beside, unit, claims), f"{path.name}.p7s", {path.name: beside})


def _xml_options(command: argparse.ArgumentParser) -> None:
    _files(command)
    command.add_argument(
        "--packaging",
        choices=("enveloped", "enveloping", "detached"),
        default="enveloped",
        help="the signature in the document, around it, or beside it (default: enveloped)",
    )
    _add_counter(command)


def _xml(paths: Sequence[Path], unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> Made:
    require("lxml", "XML signatures")
    from urllib.parse import quote

    from hpki.signatures.xml.making import sign_detached, sign_enveloped, sign_enveloping

    [path] = paths
    if arguments.counter:
        from hpki.signatures.xml.countersigning import counter_sign_xml

        given = page.read_bounded(path, _MOST_IN_MEMORY)
        return Made(_unharmed(given, counter_sign_xml(given, 1, unit, claims), {}), path.name)
    # JIS X 5093: its levels are told from the European ones by the missing DataObjectFormat.
    is_japanese = arguments.level.startswith("ES")
    media = "" if is_japanese else mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if arguments.packaging == "detached":
        content = FileContent(path)
        octets = sign_detached({quote(path.name): (content, media)}, unit, claims)
        return Made(octets, f"{path.name}.xades.xml", {path.name: content})
    held = page.read_bounded(path, _MOST_IN_MEMORY)
    if arguments.packaging == "enveloping":
        return Made(sign_enveloping(held, unit, claims, media_type=media), f"{path.name}.xades.xml")
    enveloped = sign_enveloped(held, unit, claims, media_type="" if is_japanese else "text/xml")
    return Made(enveloped, f"{path.stem}.signed.xml")


def _pdf_options(command: argparse.ArgumentParser) -> None:
    _files(command)
    command.add_argument("--reason", default="", metavar="TEXT", help="what a viewer shows as the reason")
    command.add_argument("--place", default="", metavar="TEXT", help="what a viewer shows as the place")
    command.add_argument(
        "--visible",
        metavar="PAGE,LEFT,BOTTOM,WIDTH,HEIGHT",
        type=_rectangle,
        help="show name, qualification and date on a page (counted from 1; millimetres from its lower left corner)",
    )
    command.add_argument("--field", default="", metavar="NAME", help="an empty signature field of the form")


def _pdf(paths: Sequence[Path], unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> Made:
    require("pyhanko", "PDF signatures")
    from hpki.signatures.pdf.making import PdfWishes, sign_pdf

    [path] = paths
    wishes = PdfWishes(
        reason=arguments.reason,
        place=arguments.place,
        field=arguments.field,
        appearance=None if arguments.visible is None else _appearance(unit, claims, arguments),
    )
    name = f"{path.stem}.signed.pdf"
    if not path.is_file():
        octets = page.read_bounded(path, _MOST_IN_MEMORY)
        return Made(sign_pdf(octets, unit, claims, wishes=wishes), name)

    def write(target: BinaryIO) -> None:
        with path.open("rb") as source:
            sign_pdf(source, unit, claims, wishes=wishes, target=target)

    return Made(b"", name, written_by=write)


def _rectangle(text: str) -> tuple[int, float, float, float, float]:
    """Page and place.  Raises ValueError, which argparse reports."""
    page_number, *numbers = text.split(",")
    left, bottom, width, height = (float(each) for each in numbers)
    if int(page_number) < 1 or min(left, bottom) < 0 or min(width, height) < _SMALLEST_PICTURE:
        raise ValueError(text)
    return int(page_number), left, bottom, width, height


def _appearance(unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> "Appearance":
    require("typst", "a visible signature")
    from hpki.signatures.pdf.appearance import Appearance
    from hpki.signatures.report_pdf import signature_picture

    number, left, bottom, width, height = arguments.visible
    if claims.signed_at is None:
        raise MalformedInput("--visible", "it shows the day of signing, which is not there")
    scaled = [each * _POINTS_PER_MILLIMETRE for each in (left, bottom, left + width, bottom + height)]
    low_x, low_y, high_x, high_y = scaled
    picture = signature_picture(
        unit.certificate, signed_at=claims.signed_at, width=high_x - low_x, height=high_y - low_y
    )
    return Appearance(picture, (low_x, low_y, high_x, high_y), number - 1)


def _asic_options(command: argparse.ArgumentParser) -> None:
    _files(command)
    command.add_argument("--inside", choices=("xades", "cades"), default="xades", help="default: xades")
    command.add_argument("--simple", action="store_true", help="ASiC-S: a container for one file")
    _add_more(command)


def _asic(paths: Sequence[Path], unit: SigningUnit, claims: Claims, arguments: argparse.Namespace) -> Made:
    require("lxml", "containers")
    from hpki.signatures.asic import making
    from hpki.signatures.asic.container import Kind

    inside = making.Inside(arguments.inside)
    if arguments.more:
        if len(paths) != 1:
            raise MalformedInput("--more", "it is for one container")

        def write_again(target: BinaryIO) -> None:
            with paths[0].open("rb") as held:
                making.add_signature(held, unit, claims, inside=inside, target=target)
                _require_unharmed(held, target, {})

        return Made(b"", paths[0].name, written_by=write_again)
    files: dict[str, bytes | Content] = {path.name: _content(path) for path in paths}
    if len(files) != len(paths):
        raise MalformedInput("container", "two files have the same name")
    if sum(path.stat().st_size for path in paths) > _MOST_CONTAINED:
        raise MalformedInput("container", f"its files have more than {_MOST_CONTAINED} octets")
    kind = Kind.SIMPLE if arguments.simple else Kind.EXTENDED

    def write(target: BinaryIO) -> None:
        making.sign_container(files, unit, claims, kind=kind, inside=inside, target=target)

    return Made(b"", f"{paths[0].stem}.{'asics' if arguments.simple else 'asice'}", written_by=write)


def _content(path: Path) -> Content:
    """A file to be read in pieces, as often as asked; what can be read once only, such as a pipe, whole."""
    if path.is_file():
        return FileContent(path, _MOST_CONTAINED)
    return OctetContent(page.read_bounded(path, _MOST_IN_MEMORY))


def _prescription_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files",
        type=Path,
        nargs=1,
        metavar="FILE",
        help="the CSV (SJ1…, CJ1…), or a document that is written and not signed",
    )
    command.add_argument(
        "--dispenses", type=Path, metavar="FILE", help="the signed prescription that was dispensed"
    )
    command.add_argument(
        "--id", type=uuid.UUID, metavar="UUID", help="the document's identifier (default: a new one)"
    )
    command.add_argument(
        "--additional", type=Path, metavar="FILE", help="the element of additional information"
    )


def _prescription(
    paths: Sequence[Path], unit: SigningUnit, claims: Claims, arguments: argparse.Namespace
) -> Made:
    require("lxml", "prescriptions")
    from hpki.signatures import prescription as forms

    [path] = paths
    given = page.read_bounded(path, _MOST_PRESCRIPTION)
    is_written = given.lstrip().startswith(b"<")
    if is_written:
        document, is_dispensing = given, b"<Dispensing" in given
    else:
        additional = b""
        if arguments.additional is not None:
            additional = page.read_bounded(arguments.additional, _MOST_PRESCRIPTION)
        content = forms.Content(arguments.id or uuid.uuid4(), given, additional)
        is_dispensing = arguments.dispenses is not None
        document = (
            forms.dispensing_document(page.read_bounded(arguments.dispenses, _MOST_PRESCRIPTION), content)
            if is_dispensing
            else forms.prescription_document(content)
        )
    sign = forms.sign_dispensing if is_dispensing else forms.sign_prescription
    return Made(sign(document, unit, claims), f"{path.stem}.signed.xml")


FORMATS: Final = (
    SigningFormat(
        "cms", "a CAdES signature (EN 319 122), beside the document or around it", _cms_options, _cms
    ),
    SigningFormat("xml", "a XAdES signature (EN 319 132)", _xml_options, _xml),
    SigningFormat("pdf", "a PAdES signature in a PDF (EN 319 142)", _pdf_options, _pdf),
    SigningFormat("asic", "a container with its signature (EN 319 162)", _asic_options, _asic, gathers=True),
    SigningFormat(
        "prescription",
        "an electronic prescription or dispensing record",
        _prescription_options,
        _prescription,
    ),
)
