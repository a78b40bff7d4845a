"""Where a ceremony puts its key: one class for each kind of store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hpki.errors import WrongPassphrase
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.pin_file import read_pin_file
from hpki.keys.pkcs11 import Pkcs11Token
from hpki.keys.secret import Secret
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key, load_software_key, save_software_key
from hpki_server.authority.ceremony.file import CeremonyFile, SoftwareStore, TokenStore
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.config.secret_files import secret_file


class KeyPlace(Protocol):
    """A place for one key.  `secret` is the custodians'; a place that the server opens does not use it."""

    def describe(self) -> str: ...

    def refuse_taken(self) -> None:
        """Stop when a key is there already that this ceremony did not make; asks for no secret."""
        ...

    def take_over(self, secret: Secret) -> None:
        """Make the place answer to the secret, before a key is in it."""
        ...

    def is_taken(self, secret: Secret) -> bool: ...

    def make(self, secret: Secret) -> Signer: ...

    def open(self, secret: Secret) -> Signer: ...

    def as_key_store(self) -> dict[str, str]:
        """What is stored with the issuer: see `key_store`."""
        ...


def key_place(file: CeremonyFile, folder: Path) -> KeyPlace:
    """The place that the file names; relative paths begin at `folder`."""
    by_server = file.key.opened_by == "server"
    if isinstance(file.key.store, SoftwareStore):
        passphrase_file = f"secrets/{file.authority}.passphrase" if by_server else None
        return _KeyFile(file.key.algorithm, folder, file.key.store.path, passphrase_file)
    return _TokenKey(file.key.algorithm, folder, file.key.store)


@dataclass(frozen=True)
class _KeyFile:
    algorithm: KeyAlgorithm
    folder: Path
    path: str
    passphrase_file: str | None

    def describe(self) -> str:
        return f"key file {self.path}"

    def refuse_taken(self) -> None:
        if (self.folder / self.path).exists():
            raise CeremonyStopped(
                f"{self.path} exists and no ceremony of this name made it: a key without a certificate, perhaps of a "
                "ceremony whose folder was removed. Move it away, or name another file, and begin again"
            )

    def take_over(self, secret: Secret) -> None:
        """An encrypted file needs no preparation."""

    def is_taken(self, secret: Secret) -> bool:  # noqa: ARG002 - a token needs it
        return (self.folder / self.path).exists()

    def make(self, secret: Secret) -> Signer:
        signer = generate_software_key(self.algorithm, label=self.path)
        save_software_key(signer, self.folder / self.path, self._passphrase(secret))
        # What the server will open later is what is used now: a file that does not open is found here.
        return self.open(secret)

    def open(self, secret: Secret) -> Signer:
        return load_software_key(self.folder / self.path, self._passphrase(secret), label=self.path)

    def as_key_store(self) -> dict[str, str]:
        stored = {"kind": "software", "path": self.path}
        return stored | ({"passphrase_file": self.passphrase_file} if self.passphrase_file else {})

    def _passphrase(self, secret: Secret) -> Secret:
        return secret_file(self.folder / self.passphrase_file) if self.passphrase_file else secret


@dataclass(frozen=True)
class _TokenKey:
    algorithm: KeyAlgorithm
    folder: Path
    store: TokenStore

    def describe(self) -> str:
        return f"token {self.store.token_label}, key {self.store.key_label}"

    def refuse_taken(self) -> None:
        """Whether a label is free is asked when the PIN is there: see `make`."""

    def take_over(self, secret: Secret) -> None:
        if self.store.transport_pin_file is None:
            return
        transport = read_pin_file(self.folder / self.store.transport_pin_file)
        try:
            self._token(transport).change_pin(secret)
        except WrongPassphrase:
            # A run that was interrupted right after the change: then the new PIN is good already.
            self._token(secret).holds(self.store.key_label)

    def is_taken(self, secret: Secret) -> bool:
        return self._token(self._pin(secret)).holds(self.store.key_label)

    def make(self, secret: Secret) -> Signer:
        return self._token(self._pin(secret)).generate(self.algorithm, self.store.key_label)

    def open(self, secret: Secret) -> Signer:
        return self._token(self._pin(secret)).signer(self.store.key_label)

    def as_key_store(self) -> dict[str, str]:
        stored = {
            "kind": "pkcs11",
            "module": self.store.module,
            "token_label": self.store.token_label,
            "key_label": self.store.key_label,
        }
        return stored | ({"pin_file": self.store.pin_file} if self.store.pin_file else {})

    def _pin(self, secret: Secret) -> Path | Secret:
        return self.folder / self.store.pin_file if self.store.pin_file else secret

    def _token(self, pin: Path | Secret) -> Pkcs11Token:
        return Pkcs11Token(Path(self.store.module), self.store.token_label, pin)
