"""The card's memory while it is powered: the stored state, every change written before anyone learns of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hpki.card.apdu import Refused, StatusWord
from hpki.card.objects import CardApplication
from hpki.card.pins import Password
from hpki.card.private_keys import CardKey, KeyFactory, encode_key, read_key
from hpki.card.state import Lifecycle, read_state
from hpki.card.store import StateStore
from hpki.errors import CardStateCorrupt, PinBlocked, WrongPin


class Memory:
    """The one holder of the state: a change is durable before it is believed, and believed before it is told."""

    def __init__(self, store: StateStore, generate: KeyFactory) -> None:
        self._store = store
        self._generate = generate
        self._keys: dict[CardApplication, CardKey] = {}
        self.is_uncertain = False
        self.state = read_state(store.load())

    @property
    def is_operational(self) -> bool:
        """Whether personalisation is over."""
        return self.state.lifecycle is Lifecycle.OPERATIONAL

    def write(self, **changes: Any) -> None:  # noqa: ANN401 - fields of CardState, checked by `replace`
        """Make a changed state durable, then current.  Refuses with 6581 when the disk does."""
        changed = replace(self.state, **changes)
        try:
            self._store.save(changed.encode())
        except OSError as error:
            # Old or new is on the disk, we cannot know which: nothing is answered before it was read again.
            self.is_uncertain = True
            raise Refused(StatusWord.MEMORY_FAILURE) from error
        self.state = changed

    def recover(self) -> bool:
        """After a failed write read what is there; True when that worked."""
        try:
            self.state = read_state(self._store.load())
        except (OSError, CardStateCorrupt):
            return False
        self._keys.clear()
        self.is_uncertain = False
        return True

    def close(self) -> None:
        """Let go of the stored state."""
        self._store.close()

    def key(self, of: CardApplication) -> CardKey | None:
        """The application's private key; None before it was made."""
        if of not in self._keys and of in self.state.keys:
            self._keys[of] = read_key(self.state.keys[of])
        return self._keys.get(of)

    def need_key(self, of: CardApplication) -> CardKey:
        """The application's private key.  Refuses with 6A88 when there is none."""
        key = self.key(of)
        if key is None:
            raise Refused(StatusWord.REFERENCE_NOT_FOUND)
        return key

    def make_key(self, of: CardApplication) -> CardKey:
        """Generate and store a key pair; the certificates of an earlier one go with it."""
        key = self._generate(of)
        kept = {place: der for place, der in self.state.certificates.items() if place[0] is not of}
        self.write(keys={**self.state.keys, of: encode_key(key)}, certificates=kept)
        self._keys[of] = key
        return key

    def pin(self, of: CardApplication) -> Password:
        """The application's PIN.  Refuses with 6A88 when it has none."""
        return _need(self.state.pins, of)

    def set_pin(self, of: CardApplication, pin: Password) -> None:
        """Store the application's PIN and counter."""
        self.write(pins={**self.state.pins, of: pin})

    def check_pin(self, of: CardApplication, candidate: bytes) -> None:
        """Count a try, compare, give the tries back when it fits.  Raises WrongPin, PinBlocked."""
        _check(self.pin(of), candidate, lambda pin: self.set_pin(of, pin))

    def check_puk(self, of: CardApplication, candidate: bytes) -> None:
        """The same with the PUK."""
        _check(_need(self.state.puks, of), candidate, lambda puk: self.set_puk(of, puk))

    def set_puk(self, of: CardApplication, puk: Password) -> None:
        """Store the application's PUK and counter."""
        self.write(puks={**self.state.puks, of: puk})

    def check_admin(self, candidate: bytes) -> None:
        """The same with the issuer's secret."""
        _check(self.state.admin, candidate, lambda admin: self.write(admin=admin))


def _need(passwords: Mapping[CardApplication, Password], of: CardApplication) -> Password:
    found = passwords.get(of)
    if found is None:
        raise Refused(StatusWord.REFERENCE_NOT_FOUND)
    return found


def _check(password: Password, candidate: bytes, store: Callable[[Password], None]) -> None:
    if password.is_blocked:
        raise PinBlocked("no tries are left")
    # Counted on the disk before it is compared: pulling the plug at the right moment wins no try.
    store(counted := password.counted())
    if not password.matches(candidate):
        raise WrongPin(counted.tries_left)
    store(password.restored())
