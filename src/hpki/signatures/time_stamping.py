"""The port through which time-stamps are had: a hash goes in, a token comes out, whoever the authority is."""

from typing import Protocol

from hpki.signatures.algorithms import HashKind


class TimeStamper(Protocol):
    """One time-stamp authority (RFC 3161)."""

    def stamp(self, kind: HashKind, imprint: bytes) -> bytes:
        """A token (DER) that says that this hash existed now.

        Raises TimeStampRefused when the authority says no, FetchError when it is out of reach, MalformedInput when what
        it sends is no token of this hash.
        """
        ...
