"""PINs, PUKs and the issuer's secret as the card keeps them: never the text, always a counter."""

import hmac
import secrets
from dataclasses import dataclass, field, replace
from typing import Final, Self

from hpki.card.apdu import StatusWord, expect

# MEDIS and the guideline's cards: fifteen wrong PINs in a row block.
PIN_TRIES: Final = 15
PUK_TRIES: Final = 10
ADMIN_TRIES: Final = 5

# G31 Annex B, EF.AOD: minLength 4, maxLength 16, storedLength 16.
PIN_MIN: Final = 4
PUK_MIN: Final = 8
PIN_MAX: Final = 16
ADMIN_MIN: Final = 8
ADMIN_MAX: Final = 64
_PAD: Final = b"\x00"


@dataclass(frozen=True)
class Password:
    """A stored secret: a salted HMAC-SHA-256 of its text, and how many wrong tries remain."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    tries_left: int
    tries_max: int

    @property
    def is_blocked(self) -> bool:
        """No try is left."""
        return self.tries_left == 0

    def matches(self, candidate: bytes) -> bool:
        """Compare in constant time; the caller has already counted the try and written it down."""
        return hmac.compare_digest(_digest(self.salt, candidate), self.digest)

    def counted(self) -> Self:
        """One try fewer."""
        return replace(self, tries_left=max(0, self.tries_left - 1))

    def restored(self) -> Self:
        """All tries again."""
        return replace(self, tries_left=self.tries_max)


def new_password(text: bytes, tries: int) -> Password:
    """Store a secret with its full number of tries."""
    salt = secrets.token_bytes(16)
    return Password(salt, _digest(salt, text), tries, tries)


def _digest(salt: bytes, text: bytes) -> bytes:
    return hmac.digest(salt, text, "sha256")


def read_candidate(data: bytes) -> bytes:
    """The PIN that VERIFY carries: 4 to 16 bytes, padding of '00' up to 16 taken off.  Else refuses with 6700."""
    expect(PIN_MIN <= len(data) <= PIN_MAX, StatusWord.WRONG_LENGTH)
    candidate = data.rstrip(_PAD) if len(data) == PIN_MAX else data
    expect(len(candidate) >= PIN_MIN, StatusWord.WRONG_LENGTH)
    return candidate


def read_new(data: bytes, *, minimum: int = PIN_MIN) -> bytes:
    """A new PIN or PUK, padded to 16 or not: printable ASCII without blanks.  Else refuses with 6700 or 6A80.

    The guideline's pwdType is utf8, in practice ASCII; we take nothing else, so that every keyboard can type it.
    """
    expect(len(data) <= PIN_MAX, StatusWord.WRONG_LENGTH)
    text = data.rstrip(_PAD) if len(data) == PIN_MAX else data
    expect(len(text) >= minimum, StatusWord.WRONG_LENGTH)
    expect(all(0x21 <= octet <= 0x7E for octet in text), StatusWord.WRONG_DATA)
    return text


def split_padded(data: bytes) -> tuple[bytes, bytes]:
    """The two halves of CHANGE REFERENCE DATA and RESET RETRY COUNTER, 16 bytes each.  Else refuses with 6700.

    ISO/IEC 7816-4:2020, 11.6.7: old and new stand "without delimitation".  A PIN of variable length would be
    split in the wrong place by one mistyped character, so both are padded to the stored length of 16.
    """
    expect(len(data) == 2 * PIN_MAX, StatusWord.WRONG_LENGTH)
    return data[:PIN_MAX], data[PIN_MAX:]


def padded(text: bytes) -> bytes:
    """A PIN or PUK padded with '00' to the stored length, as CHANGE REFERENCE DATA wants it."""
    return text.ljust(PIN_MAX, _PAD)
