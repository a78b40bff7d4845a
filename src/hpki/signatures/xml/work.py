"""How much is canonicalised and hashed for one document.

A Reference takes a few hundred octets and may be to all of a document, so a small one can ask for hours of work.
"""

from dataclasses import dataclass
from typing import Final

from hpki.errors import MalformedInput

# A document of 20 MB with scans, signed twice and renewed twenty times; some ten seconds at worst.
MOST_WORK: Final = 1 << 30
# What an element or an attribute takes beside its octets, and what the shortest reference takes, in octets.
_PART: Final = 128
_REFERENCE: Final = 4096


@dataclass
class Work:
    """What is left of it, in octets."""

    left: int = MOST_WORK

    def spend(self, octets: bytes = b"", *, times: int = 1, more: int = 0) -> None:
        """These octets were made or hashed, and `more` looked through.  Raises MalformedInput when that is too much."""
        parts = octets.count(b"</") + octets.count(b'="')
        self.left -= _REFERENCE + times * (len(octets) + _PART * parts) + more
        if self.left < 0:
            raise MalformedInput("XML", "its signatures refer to more than is judged")
