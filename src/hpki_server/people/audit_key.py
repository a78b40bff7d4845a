"""The key that signs tree heads: one file of this installation, made on first use."""

import contextlib
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner, generate_software_key, load_software_key, save_software_key
from hpki_server.config.secret_files import secret_file


def audit_signer() -> SoftwareSigner:
    """Raises KeyUnavailable, WrongPassphrase, MalformedInput."""
    return _opened(Path(settings.VAR))


# Opening a key file costs a tenth of a second, by intention.
@lru_cache(maxsize=4)
def _opened(folder: Path) -> SoftwareSigner:
    path, passphrase = folder / "keys" / "audit.key", secret_file(folder / "secrets" / "audit.passphrase")
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two processes that start at once agree: a key file is never overwritten, and the loser reads the winner's.
        with contextlib.suppress(FileExistsError):
            save_software_key(generate_software_key(KeyAlgorithm.P_256, label="audit"), path, passphrase)
    return load_software_key(path, passphrase, label="audit")


def audit_key_pem() -> bytes:
    """The public half, for whoever checks."""
    return audit_signer().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
