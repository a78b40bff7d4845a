"""The file of a software key: PEM "ENCRYPTED PRIVATE KEY".

PKCS#8 (RFC 5958) under PBES2 (RFC 8018 6.2) with scrypt (RFC 7914 7) and AES-256-CBC, so `openssl pkey` opens it
as well as we do.  The encoder stands here because cryptography's own writes PBKDF2 with 2,048 rounds only.
"""

import base64
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.x509 import ObjectIdentifier

from hpki.keys.secret import DrawnSecret, Secret

_PBES2: Final = ObjectIdentifier("1.2.840.113549.1.5.13")
_SCRYPT: Final = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
_AES_256_CBC: Final = ObjectIdentifier("2.16.840.1.101.3.4.1.42")

_PEM_BEGIN, _PEM_END = "-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----END ENCRYPTED PRIVATE KEY-----"

# RFC 7914 2: cost, block size, lanes.  16 MiB: the most that OpenSSL's default memory limit opens; five lanes make up
# for it in time.  A service opens the files of its own keys many times a day, under secrets that nobody can guess.
_AGAINST_GUESSING: Final = (2**14, 8, 5)
_NOTHING_TO_GUESS: Final = (2**10, 8, 1)


@asn1.sequence
class _ScryptParams:
    salt: bytes
    cost: int
    block_size: int
    lanes: int
    key_length: int


@asn1.sequence
class _Scrypt:
    algorithm: ObjectIdentifier
    parameters: _ScryptParams


@asn1.sequence
class _AesCbc:
    algorithm: ObjectIdentifier
    iv: bytes


@asn1.sequence
class _Pbes2Params:
    derivation: _Scrypt
    encryption: _AesCbc


@asn1.sequence
class _Pbes2:
    algorithm: ObjectIdentifier
    parameters: _Pbes2Params


@asn1.sequence
class _EncryptedPrivateKeyInfo:
    algorithm: _Pbes2
    encrypted: bytes


def encrypted_key_pem(pkcs8_der: bytes, passphrase: Secret) -> bytes:
    """PEM (RFC 7468 11) of an EncryptedPrivateKeyInfo (RFC 5958 3) around a PrivateKeyInfo in DER."""
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    cost, block_size, lanes = _NOTHING_TO_GUESS if isinstance(passphrase, DrawnSecret) else _AGAINST_GUESSING
    key = Scrypt(salt=salt, length=32, n=cost, r=block_size, p=lanes).derive(passphrase.reveal().encode())
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(pkcs8_der) + padder.finalize()) + encryptor.finalize()
    scheme = _Pbes2Params(
        derivation=_Scrypt(
            algorithm=_SCRYPT,
            parameters=_ScryptParams(salt=salt, cost=cost, block_size=block_size, lanes=lanes, key_length=32),
        ),
        encryption=_AesCbc(algorithm=_AES_256_CBC, iv=iv),
    )
    der = asn1.encode_der(
        _EncryptedPrivateKeyInfo(algorithm=_Pbes2(algorithm=_PBES2, parameters=scheme), encrypted=encrypted)
    )
    text = base64.b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((_PEM_BEGIN, *lines, _PEM_END, "")).encode()


def write_durably(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file that only its owner reads, all of it or nothing, and still there after a power cut.

    Raises FileExistsError when `path` exists and `replace` is not set: a key is never overwritten by accident.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            fresh.replace(path)
        else:
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
