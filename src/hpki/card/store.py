"""The card's state on disk: sealed, and replaced whole or not at all.

File: ``OHPKICARD1`` · log2 N, r, p of scrypt (one byte each) · salt (16) · nonce (12) · AES-256-GCM ciphertext and
tag.  Everything before the ciphertext is authenticated with it.  The key is made from the passphrase once, when the
card is opened; a write costs one encryption and two fsyncs.

Whatever moment the power fails, the name leads to the old bytes or to the new ones (`hpki.card.disk`).

What this cannot do: who can copy the file can put an old copy back, counters included.  A virtual card is for
tests, demonstrations and desks we trust; a real card resists its owner.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hpki.card.disk import Disk, PosixDisk, replace_durably
from hpki.errors import CardStateCorrupt, CardUnavailable
from hpki.keys.secret import DrawnSecret, Secret

_MAGIC: Final = b"OHPKICARD1"
_SALT_OCTETS: Final = 16
_NONCE_OCTETS: Final = 12
# log2 N, r, p (RFC 7914 2): 16 MiB, about 50 ms per opening; next to nothing where nothing can be guessed.
_AGAINST_GUESSING: Final = bytes((14, 8, 1))
_NOTHING_TO_GUESS: Final = bytes((10, 8, 1))
_FIXED: Final = len(_MAGIC) + len(_AGAINST_GUESSING) + _SALT_OCTETS
_DISK: Final = PosixDisk()


class StateStore(Protocol):
    """Where a card keeps its state: the last bytes whose `save` returned, or those whose `save` was cut short."""

    def load(self) -> bytes:
        """The state.  Raises CardStateCorrupt or OSError."""

    def save(self, state: bytes) -> None:
        """Replace the state durably before returning.  Raises OSError."""

    def close(self) -> None:
        """Let go of what is held."""


class SealedFile:
    """A state store in one encrypted file, held by one process at a time (a card lies in one reader)."""

    def __init__(self, path: Path, fixed: bytes, passphrase: Secret, lock: "_Lock", disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._fixed = fixed
        self._cipher = _cipher(fixed, passphrase)
        self._lock = lock

    @classmethod
    def create(cls, path: Path, passphrase: Secret, state: bytes, *, disk: Disk = _DISK) -> Self:
        """A new file, readable by its owner only.  Raises CardUnavailable when the file exists or is held."""
        with _released_on_failure(_Lock(path)) as lock:
            if path.exists():
                raise CardUnavailable(f"there is a card in {path.name} already")
            stretch = _NOTHING_TO_GUESS if isinstance(passphrase, DrawnSecret) else _AGAINST_GUESSING
            fixed = _MAGIC + stretch + secrets.token_bytes(_SALT_OCTETS)
            made = cls(path, fixed, passphrase, lock, disk)
            made.save(state)
            return made

    @classmethod
    def open(cls, path: Path, passphrase: Secret, *, disk: Disk = _DISK) -> Self:
        """An existing file.  Raises CardUnavailable (none there, or held) and CardStateCorrupt (does not open)."""
        if not path.is_file():
            raise CardUnavailable(f"there is no card in {path.name}")
        with _released_on_failure(_Lock(path)) as lock:
            opened = cls(path, disk.read(path)[:_FIXED], passphrase, lock, disk)
            opened.load()
            return opened

    def load(self) -> bytes:
        """Decrypt what the file holds now."""
        content = self._disk.read(self._path)
        nonce = content[_FIXED : _FIXED + _NONCE_OCTETS]
        if content[:_FIXED] != self._fixed or len(nonce) < _NONCE_OCTETS:
            raise CardStateCorrupt("the card's file is damaged")
        try:
            return self._cipher.decrypt(nonce, content[_FIXED + _NONCE_OCTETS :], self._fixed)
        except InvalidTag as error:
            raise CardStateCorrupt("the passphrase is wrong or the card's file is damaged") from error

    def save(self, state: bytes) -> None:
        """Seal under a fresh nonce and replace the file."""
        if not self._lock.is_held:
            raise OSError("this card was taken out of its reader")
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        sealed = self._fixed + nonce + self._cipher.encrypt(nonce, state, self._fixed)
        replace_durably(self._disk, self._path, sealed)

    def close(self) -> None:
        """Release the file for another process."""
        self._lock.release()


class _Lock:
    """An exclusive lock that lasts until it is released, forgotten, or its process dies.

    It stands on a file beside the card's: a rename would leave it on the bytes that were replaced.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = None
        beside = path.with_name(f"{path.name}.lock")
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise CardUnavailable(f"the card {path.name} lies in another reader") from error
        self._descriptor = descriptor

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()


@contextmanager
def _released_on_failure(lock: _Lock) -> Iterator[_Lock]:
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _cipher(fixed: bytes, passphrase: Secret) -> AESGCM:
    if not fixed.startswith(_MAGIC) or len(fixed) != _FIXED:
        raise CardStateCorrupt("this is no card file")
    log_n, r, p = fixed[len(_MAGIC) : -_SALT_OCTETS]
    # Bounded, so that a forged file cannot ask for all memory: 128 · N · r bytes, 128 MiB at most.
    if not 10 <= log_n <= 17 or not 1 <= r <= 8 or not 1 <= p <= 4:
        raise CardStateCorrupt("the card's file asks for unreasonable key derivation")
    derived = Scrypt(salt=fixed[-_SALT_OCTETS:], length=32, n=1 << log_n, r=r, p=p)
    return AESGCM(derived.derive(passphrase.reveal().encode()))
