"""What a card's authentication key signs to sign in to a server.  Own definition."""

from typing import Final

from hpki.errors import MalformedInput

NONCE_OCTETS: Final = 32
_PREFIX: Final = b"openhpki card sign-in 1\x00"


def sign_in_message(server: str, nonce: bytes) -> bytes:
    """The message over a server's own address (scheme, host and port, as in `https://example.jp`) and its nonce.

    The card's side takes the address that it has dialled, never one that the server told: an answer that was given to a
    false server is worth nothing at the true one.  The prefix keeps it from being a signature of any other protocol.
    Raises MalformedInput for a nonce of another length or an address that is not plain ASCII.
    """
    if len(nonce) != NONCE_OCTETS:
        raise MalformedInput("sign-in nonce", f"{len(nonce)} octets; {NONCE_OCTETS} are needed")
    if not server.isascii() or not server.isprintable():
        raise MalformedInput("server", "its address is not plain ASCII")
    return _PREFIX + server.lower().encode("ascii") + b"\x00" + nonce
