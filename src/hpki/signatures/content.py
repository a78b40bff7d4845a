"""What was signed, as octets that can be hashed without being held: a document may have hundreds of megabytes."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from hpki.errors import MalformedInput

CHUNK: Final = 1 << 20


class Feedable(Protocol):
    """A hash in the making."""

    def update(self, octets: bytes, /) -> None:
        """Take more octets."""
        ...


class Content(Protocol):
    """Octets in chunks, as often as asked."""

    def chunks(self) -> Iterator[bytes]:
        """All octets, in order.  Raises OSError when they are gone."""
        ...

    def digest(self, name: str) -> bytes:
        """The hash of all octets, by `hashlib`'s name; worked out once."""
        ...


class HashedContent(ABC):
    """A content that remembers its hashes: whoever inherits it says where the octets come from, and has a place for them."""

    _digests: dict[str, bytes]

    @abstractmethod
    def chunks(self) -> Iterator[bytes]:
        """All octets, in order."""

    def digest(self, name: str) -> bytes:
        """The hash of all octets, by `hashlib`'s name; worked out once.  Raises what `chunks` raises."""
        if name not in self._digests:
            made = hashlib.new(name, usedforsecurity=False)
            for chunk in self.chunks():
                made.update(chunk)
            self._digests[name] = made.digest()
        return self._digests[name]


@dataclass
class OctetContent(HashedContent):
    """Octets that are in memory anyway."""

    octets: bytes = field(repr=False)
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    def chunks(self) -> Iterator[bytes]:
        """All octets at once."""
        yield self.octets


@dataclass
class FileContent(HashedContent):
    """A file that is read chunk by chunk; `most_octets` bounds what is read of one that grows."""

    path: Path
    most_octets: int = 1 << 40
    _digests: dict[str, bytes] = field(default_factory=dict, repr=False)

    def chunks(self) -> Iterator[bytes]:
        """Chunks of a megabyte.  Raises MalformedInput beyond the bound, OSError as files do."""
        seen = 0
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                seen += len(chunk)
                if seen > self.most_octets:
                    raise MalformedInput(str(self.path), f"more than {self.most_octets} octets are not read")
                yield chunk


def content_of(given: bytes | Content) -> Content:
    """Octets as content; content as it is."""
    return OctetContent(given) if isinstance(given, bytes) else given


def octets_of(given: bytes | Content) -> bytes:
    """All octets at once, for what is known to be small."""
    return given if isinstance(given, bytes) else b"".join(given.chunks())


def octets_up_to(given: bytes | Content, most: int) -> bytes:
    """All octets at once, or more than `most` of them where there are more, for whoever then refuses them."""
    if isinstance(given, bytes):
        return given
    held, size = [], 0
    for chunk in given.chunks():
        held.append(chunk)
        size += len(chunk)
        if size > most:
            break
    return b"".join(held)
