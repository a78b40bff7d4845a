"""The number of a photo ID becomes a keyed hash before anything else happens to it."""

import hashlib
import hmac
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from hpki.keys.secret import Secret
from hpki_server.config.secret_files import secret_file
from hpki_server.enrollment.rules import IdentityKind
from hpki_server.enrollment.rules.shown import normal_number

# A driving licence and the certificate of driving record that follows it bear the same number of the same person.
_SAME_NUMBERS = {IdentityKind.DRIVING_RECORD: IdentityKind.DRIVING_LICENCE}


@lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return bytes.fromhex(secret_file(path).reveal())


def keyed_hash(kind: IdentityKind, number: Secret) -> str:
    """HMAC-SHA-256 over kind and normalised number with this installation's key; "" for a document without number.

    The space of such numbers is small, so without the key's secrecy a hash would hide nothing: the key lies outside
    the database.  Raises `WrongNumber`.
    """
    normal = normal_number(kind, number.reveal())
    if not normal:
        return ""
    key = _key(Path(settings.VAR) / "secrets" / "identity-numbers.key")
    message = f"{_SAME_NUMBERS.get(kind, kind).value}\n{normal}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
