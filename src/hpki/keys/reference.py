"""Where a key is, as a value that can be stored; `open_signer` goes there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hpki.errors import KeyUnavailable, MalformedInput, WrongPassphrase
from hpki.keys.secret import Secret
from hpki.keys.signer import Signer
from hpki.keys.software import load_software_key


@dataclass(frozen=True)
class SoftwareKey:
    """An encrypted key file (see `hpki.keys.key_file`)."""

    path: Path

    def as_json(self) -> dict[str, str]:
        """The reference as JSON object of strings; holds no secret."""
        return {"kind": "software", "path": str(self.path)}


@dataclass(frozen=True)
class TokenKey:
    """A key in a PKCS#11 token.  `pin_file` may be None where the PIN is always given by hand (a ceremony)."""

    module: Path
    token_label: str
    key_label: str
    pin_file: Path | None = None

    def as_json(self) -> dict[str, str]:
        """The reference as JSON object of strings; holds no secret, only the path of the PIN file."""
        stored = {
            "kind": "pkcs11",
            "module": str(self.module),
            "token_label": self.token_label,
            "key_label": self.key_label,
        }
        return stored if self.pin_file is None else stored | {"pin_file": str(self.pin_file)}


KeyReference = SoftwareKey | TokenKey


def read_reference(stored: Mapping[str, object]) -> KeyReference:
    """The value that `as_json` gave.  Raises MalformedInput for anything else."""
    texts = {name: value for name, value in stored.items() if isinstance(value, str)}
    match texts:
        case {"kind": "software", "path": path, **rest} if not rest and len(texts) == len(stored):
            return SoftwareKey(Path(path))
        case {
            "kind": "pkcs11",
            "module": module,
            "token_label": token_label,
            "key_label": key_label,
            **rest,
        } if rest.keys() <= {"pin_file"} and len(texts) == len(stored):
            pin_file = rest.get("pin_file")
            return TokenKey(Path(module), token_label, key_label, Path(pin_file) if pin_file else None)
    raise MalformedInput("key reference", f"{sorted(stored)} is neither a software nor a token key")


def open_signer(reference: KeyReference, passphrase: Secret | None) -> Signer:
    """The signer behind a reference.

    `passphrase` opens a software key; for a token it is the PIN, and None means the reference's PIN file.
    Raises KeyUnavailable, WrongPassphrase, KeyRefused, MalformedInput as the two kinds of key do.
    """
    if isinstance(reference, SoftwareKey):
        if passphrase is None:
            raise WrongPassphrase(f"key file {reference.path.name} needs a passphrase")
        return load_software_key(reference.path, passphrase)
    try:
        # python-pkcs11 is optional: a vendor who signs with software keys does not need it.
        from hpki.keys.pkcs11 import Pkcs11Token
    except ImportError as error:
        raise KeyUnavailable("token keys need python-pkcs11: pip install openhpki[pkcs11]") from error
    pin = passphrase if passphrase is not None else reference.pin_file
    if pin is None:
        raise WrongPassphrase(f"token {reference.token_label!r} needs a PIN")
    return Pkcs11Token(reference.module, reference.token_label, pin).signer(reference.key_label)
