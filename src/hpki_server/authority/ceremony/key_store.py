"""An issuer's `key_store`: where its key lives and which secret file opens it, as stored with the issuer."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from hpki.errors import KeyUnavailable, MalformedInput
from hpki.keys.pin_file import read_pin_file
from hpki.keys.reference import (
    KeyReference,
    SoftwareKey,
    TokenKey,
    read_reference,
)
from hpki.keys.reference import (
    open_signer as open_reference,
)
from hpki.keys.secret import Secret
from hpki.keys.signer import Signer


def open_signer(key_store: Mapping[str, str]) -> Signer:
    """The signer of an issuer that works without people: its secret is in a file that only the server reads.

    Raises KeyUnavailable when the key is opened by custodians only, and as `hpki.keys.reference.open_signer`.
    """
    reference, secret = read_key_store(key_store, Path(settings.VAR))
    if secret is None and not (isinstance(reference, TokenKey) and reference.pin_file):
        raise KeyUnavailable("this key is opened by its custodians in a ceremony, not by the server")
    return open_reference(reference, None if secret is None else read_pin_file(secret))


def open_with(key_store: Mapping[str, str], folder: Path, secret: Secret) -> Signer:
    """The signer of an issuer: by the secret of its custodians, or by its own secret file if it has one."""
    reference, secret_file = read_key_store(key_store, folder)
    if isinstance(reference, TokenKey) and reference.pin_file:
        return open_reference(reference, None)
    return open_reference(reference, secret if secret_file is None else read_pin_file(secret_file))


def read_key_store(key_store: Mapping[str, str], folder: Path) -> tuple[KeyReference, Path | None]:
    """The reference and the passphrase file; relative paths begin at `folder`.  Raises MalformedInput."""
    stored = dict(key_store)
    passphrase_file = stored.pop("passphrase_file", None)
    reference = read_reference(stored)
    if isinstance(reference, SoftwareKey):
        secret = None if passphrase_file is None else folder / passphrase_file
        return SoftwareKey(folder / reference.path), secret
    if passphrase_file is not None:
        raise MalformedInput("key reference", "a token key has a PIN file, not a passphrase file")
    pin_file = None if reference.pin_file is None else folder / reference.pin_file
    return TokenKey(reference.module, reference.token_label, reference.key_label, pin_file), None
