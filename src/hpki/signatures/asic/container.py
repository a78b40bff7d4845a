"""A container's files: read with bounds, written with the mimetype first (EN 319 162-1 A.1; APPNOTE 6.3)."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hpki.errors import MalformedInput

MIMETYPE: Final = "mimetype"
META: Final = "META-INF/"
_KNOWN_META: Final = re.compile(
    r"META-INF/(?:[^/]*(?:signature|manifest|timestamp|evidencerecord)[^/]*\.(?:xml|p7s|tst|ers)|(?:container|metadata|rights|encryption)\.xml)",
    re.IGNORECASE,
)
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
# APPNOTE 4.3.9: what may stand behind an entry's octets, with its mark and in the long form.
_MOST_DESCRIPTOR: Final = 24


class Kind(StrEnum):
    """One data file, or many."""

    SIMPLE = "application/vnd.etsi.asic-s+zip"
    EXTENDED = "application/vnd.etsi.asic-e+zip"


@dataclass(frozen=True)
class ContainerLimits:
    """How much a container may hold; octets are those after unpacking."""

    files: int = 1000
    octets: int = 256 << 20
    name: int = 512


LIMITS: Final = ContainerLimits()


@dataclass(frozen=True)
class Container:
    """The files by name, in their order.  `mimetype` is "" when it is missing or not the first, stored plainly."""

    mimetype: str
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def data(self) -> dict[str, bytes]:
        """What people signed: everything outside META-INF."""
        return {name: octets for name, octets in self.files.items() if not is_meta(name)}

    @property
    def kind(self) -> Kind | None:
        """What it says it is."""
        return Kind(self.mimetype) if self.mimetype in set(Kind) else None


def is_meta(name: str) -> bool:
    """Whether a file belongs to the container itself; a folder spelled otherwise holds what people take for data."""
    return name.startswith(META) or is_known_meta(name)


def is_known_meta(name: str) -> bool:
    """Whether it is a file that the container's standards know (EN 319 162-1 A.1; OpenDocument; OCF)."""
    return name == MIMETYPE or _KNOWN_META.fullmatch(name) is not None


def read_container(octets: bytes, limits: ContainerLimits = LIMITS) -> Container:
    """The files of a container.

    Raises MalformedInput for what is no ZIP, holds a name twice or one that leads outside, is encrypted, or unpacks to more
    than the limits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            entries = archive.infolist()
            _require_bounded(entries, limits)
            files: dict[str, bytes] = {}
            left = limits.octets
            _require_no_gaps(octets, entries, archive.start_dir)
            for entry in entries:
                if entry.filename.endswith("/"):
                    if entry.file_size:
                        raise MalformedInput(
                            "container", f"the folder {entry.filename[:80]} has octets of its own"
                        )
                    continue
                name = _checked_name(entry, files, limits)
                with archive.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise MalformedInput("container", f"unpacks to over {limits.octets} octets")
                files[name] = content
            return Container(_mimetype(entries, files), {n: c for n, c in files.items() if n != MIMETYPE})
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise MalformedInput("container", str(error)[:200]) from error


def _require_bounded(entries: list[zipfile.ZipInfo], limits: ContainerLimits) -> None:
    if len(entries) > limits.files:
        raise MalformedInput("container", f"over {limits.files} files")
    if sum(entry.file_size for entry in entries) > limits.octets:
        raise MalformedInput("container", f"unpacks to over {limits.octets} octets")


def _require_no_gaps(octets: bytes, entries: list[zipfile.ZipInfo], end: int) -> None:
    """Readers go by the list at the end or from the first octet on; both must find the same entries.  Raises MalformedInput."""
    expected = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        start = entry.header_offset
        if not expected <= start <= expected + (_MOST_DESCRIPTOR if expected else 0):
            raise MalformedInput(
                "container", f"something stands before {entry.filename[:80]} that its list does not name"
            )
        name, extra = _LOCAL_HEADER.unpack_from(octets, start)
        expected = start + _LOCAL_HEADER.size + name + extra + entry.compress_size
    if not expected <= end <= expected + _MOST_DESCRIPTOR:
        raise MalformedInput("container", "something stands before its list that it does not name")


def _checked_name(entry: zipfile.ZipInfo, known: Mapping[str, bytes], limits: ContainerLimits) -> str:
    # `filename` is cut at a zero octet and has its separators changed; `orig_filename` is what stands there.
    name = entry.orig_filename
    parts = name.split("/")
    is_odd = "\x00" in name or "\\" in name or ":" in parts[0] or name.startswith("/") or ".." in parts
    if is_odd or not name or len(name) > limits.name:
        raise MalformedInput("container", f"the name {name[:80]!r} is not accepted")
    if name in known:
        raise MalformedInput("container", f"{name[:80]} stands there twice")
    if entry.flag_bits & 0x1:
        raise MalformedInput("container", f"{name[:80]} is encrypted")
    return name


def _mimetype(entries: list[zipfile.ZipInfo], files: Mapping[str, bytes]) -> str:
    first = min(entries, key=lambda entry: entry.header_offset, default=None)
    if first is None or first.orig_filename != MIMETYPE or first.compress_type != zipfile.ZIP_STORED:
        return ""
    return files[MIMETYPE].decode("ascii", "replace").strip()[:200]


def write_container(kind: Kind, files: Mapping[str, bytes]) -> bytes:
    """A container with its mimetype first and plain, the files behind it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(MIMETYPE), kind.value, zipfile.ZIP_STORED)
        for name, octets in files.items():
            archive.writestr(zipfile.ZipInfo(name), octets, zipfile.ZIP_DEFLATED)
    return out.getvalue()
