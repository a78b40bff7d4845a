"""Small secrets and uploaded papers at rest: AES-256-GCM with a key of this installation."""

import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from hpki_server.config.secret_files import secret_file

_VERSION = b"\x01"
_NONCE_OCTETS = 12


class SealBroken(Exception):
    """Sealed bytes do not open: changed, cut, sealed for another purpose, or under another key."""


@lru_cache(maxsize=4)
def _cipher(path: Path) -> AESGCM:
    return AESGCM(bytes.fromhex(secret_file(path).reveal()))


def _installation_cipher() -> AESGCM:
    return _cipher(Path(settings.VAR) / "secrets" / "sealing.key")


def seal(plain: bytes, *, purpose: str = "") -> bytes:
    """`plain`, encrypted; opens only with the same `purpose`, so a sealed value cannot be moved elsewhere."""
    nonce = os.urandom(_NONCE_OCTETS)
    return _VERSION + nonce + _installation_cipher().encrypt(nonce, plain, purpose.encode())


def open_sealed(sealed: bytes, *, purpose: str = "") -> bytes:
    """What was sealed; raises `SealBroken`."""
    version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE_OCTETS], sealed[1 + _NONCE_OCTETS :]
    if version != _VERSION or len(nonce) != _NONCE_OCTETS:
        raise SealBroken("not a sealed value of this version")
    try:
        return _installation_cipher().decrypt(nonce, rest, purpose.encode())
    except InvalidTag as error:
        raise SealBroken("the sealed value was changed, or sealed under another key or purpose") from error
