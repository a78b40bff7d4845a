"""A container's files: read with bounds and in pieces (EN 319 162-1 A.1; APPNOTE 6.3).

A container may have hundreds of megabytes: its files stay where they are and are read when they are asked for.
"""

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.content import CHUNK, HashedContent, octets_of

MIMETYPE: Final = "mimetype"
META: Final = "META-INF/"
_KNOWN_META: Final = re.compile(
    r"META-INF/(?:[^/]*(?:signature|manifest|timestamp|evidencerecord)[^/]*\.(?:xml|p7s|tst|ers)|(?:container|metadata|rights|encryption)\.xml)",
    re.IGNORECASE,
)
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
# APPNOTE 4.3.9: what may stand behind an entry's octets, with its mark and in the long form.
_MOST_DESCRIPTOR: Final = 24
# The list at the end: a thousand files with long names need less than a megabyte.
_MOST_LISTED: Final = 2 << 20
# APPNOTE 4.4.5: stored and deflated, what every reader of containers takes; others unpack without a bound here.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MOST_MIMETYPE: Final = 200


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
    own: int = 64 << 20
    """of each file of the container itself, such as one with signatures, which is read whole"""


LIMITS: Final = ContainerLimits()


@contextmanager
def _bounded() -> Iterator[None]:
    """Turns whatever the ZIP reader stumbles over into MalformedInput."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        # What `zipfile` raises for a packing or an encryption that it does not know.
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise MalformedInput("container", str(error)[:200]) from error


@dataclass(frozen=True, eq=False)
class Entry(HashedContent):
    """One file of a container, as content that is unpacked chunk by chunk.  `source` is what the container lies in."""

    archive: zipfile.ZipFile = field(repr=False)
    source: BinaryIO = field(repr=False)
    info: zipfile.ZipInfo
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    def chunks(self) -> Iterator[bytes]:
        """The octets, unpacked, in order.  Raises MalformedInput when they are not what the list says."""
        with _bounded(), self.archive.open(self.info) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def passed(self, left: int) -> int:
        """How many octets it has, read once to its end, with the hash that everybody asks for; `left` bounds them.

        Raises MalformedInput.
        """
        made, size = hashlib.new(SHA_256.name), 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > left:
                break
            made.update(chunk)
        else:
            self._digests[SHA_256.name] = made.digest()
        return size

    def packed(self) -> Iterator[bytes]:
        """The octets as they lie in the container.  Raises MalformedInput when it ends before."""
        start = _behind_header(self.source, self.info)
        left = self.info.compress_size
        while left:
            # The reader of the list moves about in the same file.
            self.source.seek(start + self.info.compress_size - left)
            chunk = self.source.read(min(left, CHUNK))
            if not chunk:
                raise MalformedInput("container", "it ends within a file")
            left -= len(chunk)
            yield chunk


@dataclass(frozen=True, eq=False)
class Octets(Mapping[str, bytes]):
    """Files by name, each read whole when it is asked for and not kept."""

    entries: Mapping[str, Entry] = field(repr=False)

    def __getitem__(self, name: str) -> bytes:
        """A file.  Raises KeyError, MalformedInput."""
        return octets_of(self.entries[name])

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self.entries)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.entries)


@dataclass(frozen=True)
class Container:
    """The files by name, in their order, as long as what they lie in is open.

    `mimetype` is "" when it is missing or not the first, stored plainly.
    """

    mimetype: str
    entries: Mapping[str, Entry] = field(repr=False)

    @property
    def files(self) -> Octets:
        """The octets of each file: for those of the container itself, which are bounded."""
        return Octets(self.entries)

    @property
    def documents(self) -> dict[str, Entry]:
        """What people signed: everything outside META-INF."""
        return {name: entry for name, entry in self.entries.items() if not is_meta(name)}

    @property
    def data(self) -> Octets:
        """The octets of what people signed."""
        return Octets(self.documents)

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


class _Listed(io.RawIOBase):
    """What a container lies in, for the reader of its list, which would otherwise read a list of any size at once."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Octets.  Raises MalformedInput for more than a list, or a chunk, has."""
        octets = self._source.read(min(size, _MOST_LISTED + 1) if size >= 0 else _MOST_LISTED + 1)
        if len(octets) > _MOST_LISTED:
            raise MalformedInput("container", f"its list has over {_MOST_LISTED} octets")
        return octets

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an octet."""
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        """At which octet."""
        return self._source.tell()

    def seekable(self) -> bool:
        """As files are."""
        return True


def read_container(source: bytes | BinaryIO, limits: ContainerLimits = LIMITS) -> Container:
    """The files of a container, each of which has been read once to its end.

    source: the octets, or a seekable file, which has to stay open as long as the files are read.
    Raises MalformedInput for what is no ZIP, holds a name twice or one that leads outside, is encrypted, or unpacks to more
    than the limits.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    with _bounded():
        archive = zipfile.ZipFile(_Listed(stream))
        listed = archive.infolist()
        _require_bounded(listed, limits)
        _require_no_gaps(stream, listed, archive.start_dir)
        entries: dict[str, Entry] = {}
        left = limits.octets
        for info in listed:
            if info.filename.endswith("/"):
                if info.file_size:
                    raise MalformedInput(
                        "container", f"the folder {info.filename[:80]} has octets of its own"
                    )
                continue
            name = _checked_name(info, entries, limits)
            entry = Entry(archive, stream, info)
            most = min(left, limits.own) if is_meta(name) else left
            size = entry.passed(most)
            if size > left:
                raise MalformedInput("container", f"unpacks to over {limits.octets} octets")
            if size > most:
                raise MalformedInput("container", f"{name[:80]} unpacks to over {limits.own} octets")
            left -= size
            entries[name] = entry
        mimetype = _mimetype(listed, entries)
        return Container(mimetype, {name: each for name, each in entries.items() if name != MIMETYPE})


def _require_bounded(entries: list[zipfile.ZipInfo], limits: ContainerLimits) -> None:
    if len(entries) > limits.files:
        raise MalformedInput("container", f"over {limits.files} files")
    if sum(entry.file_size for entry in entries) > limits.octets:
        raise MalformedInput("container", f"unpacks to over {limits.octets} octets")


def _require_no_gaps(source: BinaryIO, entries: list[zipfile.ZipInfo], end: int) -> None:
    """Readers go by the list at the end or from the first octet on; both must find the same entries.  Raises MalformedInput."""
    expected = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        start = entry.header_offset
        if not expected <= start <= expected + (_MOST_DESCRIPTOR if expected else 0):
            raise MalformedInput(
                "container", f"something stands before {entry.filename[:80]} that its list does not name"
            )
        expected = _behind_header(source, entry) + entry.compress_size
    if not expected <= end <= expected + _MOST_DESCRIPTOR:
        raise MalformedInput("container", "something stands before its list that it does not name")


def _behind_header(source: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """The octet at which what was packed begins.  Raises struct.error where the file ends before."""
    source.seek(entry.header_offset)
    name, extra = _LOCAL_HEADER.unpack(source.read(_LOCAL_HEADER.size))
    return int(entry.header_offset + _LOCAL_HEADER.size + name + extra)


def _checked_name(entry: zipfile.ZipInfo, known: Mapping[str, Entry], limits: ContainerLimits) -> str:
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
    if entry.compress_type not in _METHODS:
        raise MalformedInput("container", f"{name[:80]} is packed in a way that is not read")
    return name


def _mimetype(listed: list[zipfile.ZipInfo], entries: Mapping[str, Entry]) -> str:
    first = min(listed, key=lambda entry: entry.header_offset, default=None)
    if first is None or first.orig_filename != MIMETYPE or first.compress_type != zipfile.ZIP_STORED:
        return ""
    octets = next(entries[MIMETYPE].chunks(), b"")
    return octets[: 4 * _MOST_MIMETYPE].decode("ascii", "replace").strip()[:_MOST_MIMETYPE]
