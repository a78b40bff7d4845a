"""What one selected application may do: keys behind proven PINs (implements `CardSession`)."""

import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from hpki.card import private_keys
from hpki.card.apdu import StatusWord, expect
from hpki.card.application import ChainLink
from hpki.card.memory import Memory
from hpki.card.objects import CardApplication
from hpki.card.pins import PIN_TRIES, new_password, read_candidate, read_new
from hpki.errors import PinBlocked, WrongPin

RANDOM_MAX = 256


class Session:
    """From one SELECT by DF name of another application to the next; proofs of PINs live and die here."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._proven: set[CardApplication] = set()

    @property
    def card_id(self) -> str:
        return self._memory.state.card_id

    def public_key(self, of: CardApplication) -> PublicKeyTypes | None:
        key = self._memory.key(of)
        return None if key is None else key.public_key()

    def certificate(self, of: CardApplication, link: ChainLink = ChainLink.END_ENTITY) -> bytes | None:
        return self._memory.state.certificates.get((of, link))

    def tries_left(self, of: CardApplication) -> int:
        return self._memory.pin(of).tries_left

    def is_proven(self, of: CardApplication) -> bool:
        return of in self._proven

    def prove_pin(self, of: CardApplication, pin: bytes) -> None:
        self.forget_pin(of)
        self._memory.check_pin(of, read_candidate(pin))
        self._proven.add(of)

    def prove_any_pin(self, among: Sequence[CardApplication], pin: bytes) -> frozenset[CardApplication]:
        candidate = read_candidate(pin)
        stored = {of: self._memory.pin(of) for of in among}
        self._proven -= set(among)
        usable = {of: password for of, password in stored.items() if not password.is_blocked}
        if not usable:
            raise PinBlocked("no tries are left")
        counted = {of: password.counted() for of, password in usable.items()}
        self._memory.write(pins={**self._memory.state.pins, **counted})
        fitting = frozenset(of for of, password in usable.items() if password.matches(candidate))
        if not fitting:
            raise WrongPin(min(password.tries_left for password in counted.values()))
        # A PIN that is right for one key says nothing wrong about the other: its try is given back.
        returned = {of: pw.restored() if of in fitting else pw for of, pw in usable.items()}
        self._memory.write(pins={**self._memory.state.pins, **returned})
        self._proven |= fitting
        return fitting

    def forget_pin(self, of: CardApplication) -> None:
        self._proven.discard(of)

    def change_pin(self, of: CardApplication, old: bytes, new: bytes) -> None:
        self.forget_pin(of)
        text = read_new(new)
        self._memory.check_pin(of, read_candidate(old))
        self._memory.set_pin(of, new_password(text, PIN_TRIES))

    def unblock_pin(self, of: CardApplication, puk: bytes, new: bytes | None) -> None:
        self.forget_pin(of)
        text = None if new is None else read_new(new)
        self._memory.check_puk(of, read_candidate(puk))
        pin = self._memory.pin(of)
        self._memory.set_pin(of, pin.restored() if text is None else new_password(text, PIN_TRIES))

    def sign_block(self, of: CardApplication, block: bytes) -> bytes:
        key = self._usable_key(of)
        return self._used(of, private_keys.sign_block(key, block))

    def sign_digest_info(self, of: CardApplication, digest_info: bytes) -> bytes:
        key = self._usable_key(of)
        return self._used(of, private_keys.sign_digest_info(key, digest_info))

    def sign_digest(self, of: CardApplication, digest: bytes) -> bytes:
        key = self._usable_key(of)
        return self._used(of, private_keys.sign_digest(key, digest))

    def answer_presence(self, challenge: bytes) -> bytes:
        return private_keys.answer_presence(self._usable_key(CardApplication.PRESENCE), challenge)

    def random_bytes(self, count: int) -> bytes:
        return secrets.token_bytes(min(count, RANDOM_MAX))

    def _usable_key(self, of: CardApplication) -> private_keys.CardKey:
        key = self._memory.need_key(of)
        expect(self._memory.is_operational, StatusWord.CONDITIONS_NOT_SATISFIED)
        is_free = of is CardApplication.PRESENCE
        expect(is_free or self.is_proven(of), StatusWord.SECURITY_NOT_SATISFIED)
        return key

    def _used(self, of: CardApplication, signature: bytes) -> bytes:
        # G31 4.3: the signing application asks its PIN for every signature, the other one once per session.
        if of is CardApplication.SIGNING:
            self.forget_pin(of)
        return signature
