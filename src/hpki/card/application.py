"""What an application on the card is, and the narrow door through which it reaches keys, PINs and certificates.

The card keeps one set of keys, PINs and certificates.  An application is a *view* of them: its own DF name,
its own files and commands.  A view never holds a key and never compares a PIN; it asks its `CardSession`.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from hpki.card.apdu import Command, Response
from hpki.card.objects import CardApplication


class ChainLink(IntEnum):
    """The certificates that an application carries, in the guideline's order (Annex B)."""

    END_ENTITY = 0
    ROOT = 1  # the guideline's "MHLW CA CERTIFICATE"
    ISSUER = 2  # "HPKI ROOT CA CERTIFICATE": the provider's CA
    EXTRA = 3  # "HPKI CA CERTIFICATE", optional


class CardSession(Protocol):
    """What an application may ask of the card between one SELECT by DF name and the next.

    PINs that were proven live here: selecting another application, a reset or loss of power forgets them.
    Errors raised: `WrongPin`, `PinBlocked` (hpki.errors) by PIN operations; `Refused` (hpki.card.apdu) with
    6982 by a key whose PIN was not proven, with 6A88 when key or PIN do not exist, with 6A80 or 6700 when
    the bytes cannot be signed or cannot be a PIN, with 6985 before the card is activated.
    """

    @property
    def card_id(self) -> str:
        """The number printed on the card."""

    def public_key(self, of: CardApplication) -> PublicKeyTypes | None:
        """The public half of the application's key; None before it was generated."""

    def certificate(self, of: CardApplication, link: ChainLink = ChainLink.END_ENTITY) -> bytes | None:
        """A certificate as DER; None when that place is empty."""

    def tries_left(self, of: CardApplication) -> int:
        """How many wrong PINs remain before the lock (0: blocked)."""

    def is_proven(self, of: CardApplication) -> bool:
        """Whether the PIN was proven in this session and not yet used up."""

    def prove_pin(self, of: CardApplication, pin: bytes) -> None:
        """Compare the PIN: success is remembered; failure was counted on disk before this raises."""

    def prove_any_pin(self, among: Sequence[CardApplication], pin: bytes) -> frozenset[CardApplication]:
        """Compare one PIN with several, for a view that knows one PIN only; return those it proved.

        When it fits none of them, every one that was not blocked has lost a try and WrongPin tells the smallest
        number left; when all of them are blocked PinBlocked is raised.
        """

    def forget_pin(self, of: CardApplication) -> None:
        """Take the proof back."""

    def change_pin(self, of: CardApplication, old: bytes, new: bytes) -> None:
        """Replace the PIN, the old one being counted like any other attempt."""

    def unblock_pin(self, of: CardApplication, puk: bytes, new: bytes | None) -> None:
        """With the right PUK give back all tries and, unless None, set a new PIN."""

    def sign_block(self, of: CardApplication, block: bytes) -> bytes:
        """RSA's private operation on a complete padded block (EMSA-PKCS1-v1_5 type 1, or EMSA-PSS).

        The signing application's PIN is used up by each signature (G31 4.3: PIN for every signature).
        """

    def sign_digest_info(self, of: CardApplication, digest_info: bytes) -> bytes:
        """The same, the card putting EMSA-PKCS1-v1_5 padding around what it is given."""

    def sign_digest(self, of: CardApplication, digest: bytes) -> bytes:
        """ECDSA over a digest of 32 bytes as DER; only for elliptic curve keys."""

    def answer_presence(self, challenge: bytes) -> bytes:
        """The presence key's ECDSA signature (DER) over `presence_message(challenge)`; no PIN."""

    def random_bytes(self, count: int) -> bytes:
        """Random bytes for GET CHALLENGE."""


class Application(Protocol):
    """One application (or view) that the card offers.

    The card itself does SELECT by DF name, command chaining, GET RESPONSE and refusal of classes that no
    application here uses; everything else that arrives while the application is selected goes to `process`.
    An application keeps its own state (current file, security environment) and forgets it in `select`.
    """

    @property
    def aid(self) -> bytes:
        """Its DF name, at most 16 bytes."""

    def select(self, session: CardSession) -> bytes:
        """Begin anew; the answer is the FCI (a 6F template) given to the terminal."""

    def process(self, command: Command, session: CardSession) -> Response:
        """Answer one complete command.  May raise `Refused`, `WrongPin`, `PinBlocked`, `MalformedInput`:
        the card turns them into 63Cx, 6984 or the status word that `Refused` carries; MalformedInput into 6A80.
        """
