"""Keys in a PKCS#11 token: born there, used there, never out.

The only file that knows python-pkcs11.  Any vendor's module works by its path; SoftHSM2 judges it in the tests.
Source: OASIS PKCS #11 Cryptographic Token Interface Base Specification 2.40 (names starting with C_, CKM_, CKA_).
"""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import pkcs11
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ObjectIdentifier

from hpki.errors import KeyRefused, KeyUnavailable, WrongPassphrase
from hpki.keys.algorithms import RSA_EXPONENT, KeyAlgorithm, algorithm_of, curve_of, rsa_bits
from hpki.keys.pin_file import read_pin_file
from hpki.keys.secret import Secret
from hpki.keys.token_keys import TokenEcKey, TokenRsaKey, digest_info

_Answer = TypeVar("_Answer")

# Errors that say "the way to the key is broken", not "the token does not want to": worth one reconnection.
_LOST: Final = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.UserNotLoggedIn,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.OperationActive,
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
    pkcs11.SlotIDInvalid,
    pkcs11.GeneralError,
    pkcs11.FunctionFailed,
)

_SECONDS_BETWEEN_STARTS: Final = 1.0
_CURVES: Final = (
    # RFC 5480 2.1.1.1
    (ec.SECP256R1(), ObjectIdentifier("1.2.840.10045.3.1.7")),
    (ec.SECP384R1(), ObjectIdentifier("1.3.132.0.34")),
)
_SIGN_AND_VERIFY: Final = pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY
_STAYS_INSIDE: Final = {
    pkcs11.Attribute.SENSITIVE: True,
    pkcs11.Attribute.EXTRACTABLE: False,
    pkcs11.Attribute.MODIFIABLE: False,
}


def _is_lost(error: pkcs11.PKCS11Error) -> bool:
    # python-pkcs11 has no class of its own for CKR_CRYPTOKI_NOT_INITIALIZED and vendor codes: the bare base class.
    return isinstance(error, _LOST) or type(error) is pkcs11.PKCS11Error


class _NoToken(KeyUnavailable):
    """The module does not show the token now; a fresh C_Initialize may."""


class _Module:
    """One loaded PKCS#11 library of this process; all tokens behind it share its state.

    `lock` lets one thread in at a time: python-pkcs11 calls C_Initialize with NULL, which promises the module just
    that (PKCS #11 base 5.4), and SoftHSM then drops its own locks.  More signatures per second need more processes.
    """

    _loaded: ClassVar[dict[Path, "_Module"]] = {}
    _loading: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        # Login is a state of token and process, not of a session (PKCS #11 base 5.6.8).
        self.logged_in: set[str] = set()
        self.refused: dict[str, Secret] = {}
        self.epoch = 0
        self._started_for: dict[str, float] = {}
        self._process = os.getpid()

    @classmethod
    def at(cls, path: Path) -> "_Module":
        with cls._loading:
            return cls._loaded.setdefault(path, cls(path))

    def library(self) -> Any:  # noqa: ANN401 - python-pkcs11's library object carries no types
        try:
            return pkcs11.lib(str(self.path))
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise KeyUnavailable(f"PKCS#11 module {self.path} cannot be loaded: {_reason(error)}") from error

    def start_anew(self, token_label: str) -> None:
        """C_Finalize and C_Initialize.

        It costs every token behind the module its session, so a missing one is looked for once a second at most.
        """
        if time.monotonic() < self._started_for.get(token_label, 0.0) + _SECONDS_BETWEEN_STARTS:
            return
        self._started_for[token_label] = time.monotonic()
        library = self.library()
        with contextlib.suppress(pkcs11.PKCS11Error):
            library.finalize()
        self.logged_in.clear()
        self.epoch += 1
        try:
            library.initialize()
        except pkcs11.PKCS11Error as error:
            raise KeyUnavailable(f"PKCS#11 module {self.path}: {_reason(error)}") from error

    def note_fork(self) -> None:
        """A child of fork() has to initialise for itself (PKCS #11 base 6.6.3)."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._started_for.clear()
            self.start_anew("")


@dataclass
class _Connection:
    """A session and the private keys found through it (a handle of python-pkcs11 belongs to its session)."""

    session: Any
    epoch: int
    keys: dict[str, Any] = field(default_factory=dict)


class Pkcs11Token:
    """One token behind one PKCS#11 module, safe to use from any thread; calls into a module queue up.

    `pin` is a file that only its owner can read, or a Secret put together by custodians.  Nothing is opened before
    the first use.  A lost session (token reset, module finalised underneath) is opened again and the operation
    tried once more; a PIN that the token refused is not offered again, so no loop can lock the token.
    """

    def __init__(self, module: Path, token_label: str, pin: Path | Secret) -> None:
        self.token_label = token_label
        self._module = _Module.at(module)
        self._pin = pin
        self._connected: _Connection | None = None

    def __repr__(self) -> str:
        return f"Pkcs11Token({self._module.path.name!r}, {self.token_label!r})"

    def generate(self, algorithm: KeyAlgorithm, label: str) -> "Pkcs11Signer":
        """A key pair born in the token: CKA_SENSITIVE, not CKA_EXTRACTABLE, good for signing alone.

        Raises KeyRefused when the label is taken or the token does not offer the algorithm, and the errors of `use`.
        """
        with self._module.lock:
            self.use(lambda connection: self._refuse_taken(connection, label))
            # Asked once: a repetition after a lost answer could leave two keys of one name.
            with self._told(f"making {label!r}"):
                _generate(self._connection().session, algorithm, label)
            self.use(lambda connection: _refuse_unless_born_here(_private_key(connection, label), label))
            return self.signer(label)

    def signer(self, label: str) -> "Pkcs11Signer":
        """The key pair of that label.

        Raises KeyUnavailable (no such key, or no way to it), KeyRefused (two of that label, or it may leave the
        token), WrongPassphrase (the PIN).
        """
        public_key = self.use(lambda connection: _public_key(connection.session, label, self.token_label))
        self.use(lambda connection: _refuse_extractable(_private_key(connection, label), label))
        return Pkcs11Signer(self, label, public_key)

    def holds(self, label: str) -> bool:
        """Whether a private key of that label is in the token."""
        return bool(
            self.use(lambda connection: _find(connection.session, pkcs11.ObjectClass.PRIVATE_KEY, label))
        )

    def destroy(self, label: str) -> None:
        """Remove both halves of a key pair for good (a destruction ceremony; throw-away keys)."""

        def remove(connection: _Connection) -> None:
            with _writing(connection.session) as session:
                for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY):
                    for key in _find(session, kind, label):
                        key.destroy()
            connection.keys.pop(label, None)

        self.use(remove)

    def change_pin(self, new_pin: Secret) -> None:
        """Replace the PIN that this object was given (C_SetPIN); asked once, never repeated.

        Raises KeyRefused when the token wants another form of PIN, and the errors of `use`.
        """
        with self._module.lock:
            old_pin = self._current_pin()
            # Lets the PIN be proven and a lost session be found before the one call that is not repeated.
            self.use(lambda connection: connection.session.token.label)
            with self._told("changing the PIN"), _writing(self._connection().session) as session:
                session.set_pin(old_pin.reveal(), new_pin.reveal())
            self._pin = new_pin
            self._module.refused.pop(self.token_label, None)

    def _current_pin(self) -> Secret:
        return self._pin if isinstance(self._pin, Secret) else read_pin_file(self._pin)

    def use(self, operation: Callable[[_Connection], _Answer]) -> _Answer:
        """Run one repeatable operation on a session, once more after reconnecting if the session was lost.

        Raises KeyUnavailable (no module, token or way back), KeyRefused (the token says no), WrongPassphrase.
        """
        with self._module.lock:
            self._module.note_fork()
            try:
                return operation(self._connection())
            except pkcs11.PKCS11Error as error:
                if not _is_lost(error):
                    raise self._as_ours("use", error) from error
                self._forget()
            with self._told("use after reconnecting"):
                return operation(self._connection())

    @contextlib.contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except pkcs11.PKCS11Error as error:
            raise self._as_ours(doing, error) from error

    def _as_ours(
        self, doing: str, error: pkcs11.PKCS11Error
    ) -> KeyUnavailable | KeyRefused | WrongPassphrase:
        if isinstance(error, pkcs11.PinIncorrect):
            return WrongPassphrase(f"token {self.token_label!r} refuses the PIN")
        kind = KeyUnavailable if _is_lost(error) else KeyRefused
        return kind(f"token {self.token_label!r}, {doing}: {_reason(error)}")

    def _connection(self) -> _Connection:
        if self._connected is None or self._connected.epoch != self._module.epoch:
            self._connected = self._opened()
        return self._connected

    def _opened(self) -> _Connection:
        try:
            return self._open_session()
        except (_NoToken, pkcs11.PKCS11Error) as error:
            if isinstance(error, pkcs11.PKCS11Error) and not _is_lost(error):
                raise
        # A token that came, went or was reset since C_Initialize is often seen only by a fresh one.
        self._module.start_anew(self.token_label)
        with self._told("opening a session"):
            return self._open_session()

    def _open_session(self) -> _Connection:
        module = self._module
        tokens = list(module.library().get_tokens(token_label=self.token_label))
        if not tokens:
            raise _NoToken(f"no token {self.token_label!r} behind {module.path}: is it connected?")
        if len(tokens) > 1:
            raise KeyRefused(f"{len(tokens)} tokens are named {self.token_label!r} behind {module.path}")
        if self.token_label in module.logged_in:
            return _Connection(tokens[0].open(), module.epoch)
        return _Connection(self._logged_in(tokens[0]), module.epoch)

    def _logged_in(self, token: Any) -> Any:  # noqa: ANN401 - python-pkcs11's objects carry no types
        pin = self._current_pin()
        refused = self._module.refused.get(self.token_label)
        if refused is not None and secrets.compare_digest(refused.reveal().encode(), pin.reveal().encode()):
            raise WrongPassphrase(
                f"token {self.token_label!r} refused this PIN before; it is not tried again until it changes"
            )
        try:
            session = token.open(user_pin=pin.reveal())
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
            self._module.refused[self.token_label] = pin
            raise WrongPassphrase(f"token {self.token_label!r} refuses the PIN") from None
        except pkcs11.PinLocked:
            raise KeyRefused(
                f"token {self.token_label!r} is locked; its security officer sets a new PIN"
            ) from None
        except pkcs11.UserAlreadyLoggedIn:
            session = token.open()
        self._module.refused.pop(self.token_label, None)
        self._module.logged_in.add(self.token_label)
        return session

    def _forget(self) -> None:
        self._module.logged_in.discard(self.token_label)
        if self._connected is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._connected.session.close()
            self._connected = None

    def _refuse_taken(self, connection: _Connection, label: str) -> None:
        for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY):
            if _find(connection.session, kind, label):
                raise KeyRefused(f"token {self.token_label!r} already holds a key {label!r}")


class Pkcs11Signer:
    """A `Signer` whose key is in a token; every signature is one call into it."""

    __slots__ = ("_builder_key", "_public_key", "_token", "algorithm", "label")

    def __init__(
        self, token: Pkcs11Token, label: str, public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    ) -> None:
        self._token = token
        self._public_key = public_key
        self.label = label
        self.algorithm = algorithm_of(public_key)
        self._builder_key = (
            TokenRsaKey(public_key, self._sign_rsa)
            if isinstance(public_key, rsa.RSAPublicKey)
            else TokenEcKey(public_key, self._sign_ec)
        )

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self.label!r}, {self.algorithm})"

    def public_key(self) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def builder_key(self) -> TokenRsaKey | TokenEcKey:
        """A private-key object for cryptography's builders whose `sign` calls the token."""
        return self._builder_key

    def sign(self, message: bytes) -> bytes:
        """The signatureValue over `message` (see `Signer.sign`).

        Raises KeyUnavailable, KeyRefused, WrongPassphrase as `Pkcs11Token.use` does.
        """
        return self._builder_key.sign_message(message)

    def _sign_rsa(self, digest: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        return self._in_token(digest_info(digest, algorithm), pkcs11.Mechanism.RSA_PKCS)

    def _sign_ec(self, digest: bytes) -> bytes:
        return self._in_token(digest, pkcs11.Mechanism.ECDSA)

    def _in_token(self, data: bytes, mechanism: pkcs11.Mechanism) -> bytes:
        def operation(connection: _Connection) -> bytes:
            key = connection.keys.get(self.label) or _private_key(connection, self.label)
            return bytes(key.sign(data, mechanism=mechanism))

        return self._token.use(operation)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _find(session: Any, kind: pkcs11.ObjectClass, label: str) -> list[Any]:  # noqa: ANN401 - see _Module.library
    # A search that begins on a lost session leaves python-pkcs11 an operation it cannot end; this asks first.
    with contextlib.suppress(pkcs11.RandomNoRNG, pkcs11.FunctionNotSupported):
        session.generate_random(64)
    return list(session.get_objects({pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: label}))


def _private_key(connection: _Connection, label: str) -> Any:  # noqa: ANN401 - see _Module.library
    found = _find(connection.session, pkcs11.ObjectClass.PRIVATE_KEY, label)
    if len(found) != 1:
        kind = KeyRefused if found else KeyUnavailable
        raise kind(f"token {connection.session.token.label!r} holds {len(found)} private keys {label!r}")
    connection.keys[label] = found[0]
    return found[0]


def _public_key(
    session: Any,  # noqa: ANN401 - see _Module.library
    label: str,
    token_label: str,
) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    found = _find(session, pkcs11.ObjectClass.PUBLIC_KEY, label)
    if len(found) != 1:
        kind = KeyRefused if found else KeyUnavailable
        raise kind(f"token {token_label!r} holds {len(found)} public keys {label!r}")
    key = found[0]
    if key.key_type == pkcs11.KeyType.RSA:
        modulus = int.from_bytes(key[pkcs11.Attribute.MODULUS], "big")
        exponent = int.from_bytes(key[pkcs11.Attribute.PUBLIC_EXPONENT], "big")
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if key.key_type == pkcs11.KeyType.EC:
        named = bytes(key[pkcs11.Attribute.EC_PARAMS])
        # PKCS #11 base 2.3.3: "CKA_EC_POINT: DER-encoding of ANSI X9.62 ECPoint value Q", an OCTET STRING around it.
        point = asn1.decode_der(bytes, bytes(key[pkcs11.Attribute.EC_POINT]))
        for curve, oid in _CURVES:
            if named == asn1.encode_der(oid):
                return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    raise KeyRefused(f"token {token_label!r}: {label!r} is a key of a kind not in use here")


@contextlib.contextmanager
def _writing(session: Any) -> Iterator[Any]:  # noqa: ANN401 - see _Module.library
    writable = session.token.open(rw=True)
    try:
        yield writable
    finally:
        with contextlib.suppress(pkcs11.PKCS11Error):
            writable.close()


def _generate(session: Any, algorithm: KeyAlgorithm, label: str) -> None:  # noqa: ANN401 - see _Module.library
    born = {"id": secrets.token_bytes(16), "label": label, "store": True, "capabilities": _SIGN_AND_VERIFY}
    bits, curve = rsa_bits(algorithm), curve_of(algorithm)
    with _writing(session) as writable:
        if bits is not None:
            public = {pkcs11.Attribute.PUBLIC_EXPONENT: RSA_EXPONENT.to_bytes(3, "big")}
            writable.generate_keypair(
                pkcs11.KeyType.RSA, bits, public_template=public, private_template=_STAYS_INSIDE, **born
            )
        elif curve is not None:
            oid = next(oid for known, oid in _CURVES if known.name == curve.name)
            named = {pkcs11.Attribute.EC_PARAMS: asn1.encode_der(oid)}
            parameters = writable.create_domain_parameters(pkcs11.KeyType.EC, named, local=True)
            parameters.generate_keypair(private_template=_STAYS_INSIDE, **born)
        else:
            raise KeyRefused(
                f"{algorithm} keys are not made in tokens yet; choose an RSA or elliptic-curve key"
            )


def _refuse_extractable(key: Any, label: str) -> None:  # noqa: ANN401 - see _Module.library
    if not key[pkcs11.Attribute.SENSITIVE] or key[pkcs11.Attribute.EXTRACTABLE]:
        raise KeyRefused(f"key {label!r} may leave its token (not CKA_SENSITIVE, or CKA_EXTRACTABLE)")


def _refuse_unless_born_here(key: Any, label: str) -> None:  # noqa: ANN401 - see _Module.library
    _refuse_extractable(key, label)
    history = (pkcs11.Attribute.LOCAL, pkcs11.Attribute.ALWAYS_SENSITIVE, pkcs11.Attribute.NEVER_EXTRACTABLE)
    if missing := [attribute.name for attribute in history if not key[attribute]]:
        raise KeyRefused(f"key {label!r} was not born in its token for good: {', '.join(missing)} is not set")
