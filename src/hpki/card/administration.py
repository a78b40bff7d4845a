"""The administration application: personalisation by the issuer, closed for ever by activation.

Commands (class 00; KK is 01 signing, 02 authentication, 03 presence; L is a `ChainLink`):

=================================  ==============================================================================
``CA 01 01``                       card number, ASCII; always readable
``CA 01 02``                       lifecycle: 01 fresh, 05 operational; always readable
``20 00 01 <secret>``              the issuer's secret, 8 to 64 bytes, five tries (63Cx, then 6984 for good)
``47 80 00 B6 03 84 01 KK``        make a key pair (RSA-2048, presence P-256); answers 7F49 (ISO/IEC 7816-8)
``47 81 00 B6 03 84 01 KK``        the same public key again
``22 41 B6 84 01 KK``              choose a key for the proof of possession …
``2A 9E 9A <block or digest>``     … and sign with it: a padded block (RSA), a SHA-256 digest (P-256)
``DA 02 LK <certificate>``         store a certificate; an end entity's must carry this card's public key
``CA 02 LK``                       read it back
``24 01 8K <PIN>``, ``9K <PUK>``   set the first PIN (4-16) and PUK (8-16) of key K
``44 00 00``                       activate: needs all keys, end-entity certificates, PINs and PUKs
=================================  ==============================================================================

Everything but the two always readable answers needs the issuer's secret in the same selection (6982) and a card
that is not yet activated (6985).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cryptography import x509

from hpki.card import private_keys
from hpki.card.apdu import Command, Refused, Response, StatusWord, expect
from hpki.card.application import CardSession, ChainLink
from hpki.card.files import application_template
from hpki.card.memory import Memory
from hpki.card.objects import ADMINISTRATION_AID, CardApplication
from hpki.card.pins import (
    ADMIN_MAX,
    ADMIN_MIN,
    PIN_TRIES,
    PUK_MIN,
    PUK_TRIES,
    new_password,
    read_new,
)
from hpki.card.state import Lifecycle
from hpki.card.tlv import read_tlvs
from hpki.certs.reading import REFUSALS

_KEY_NUMBERS: Final = MappingProxyType(
    {1: CardApplication.SIGNING, 2: CardApplication.AUTHENTICATION, 3: CardApplication.PRESENCE}
)
_WITH_PIN: Final = frozenset({CardApplication.SIGNING, CardApplication.AUTHENTICATION})
_CARD_NUMBER, _LIFECYCLE = 0x0101, 0x0102
_CERTIFICATES: Final = 0x02
_ADMIN_REFERENCE: Final = 0x01
CERTIFICATE_MAX: Final = 8192


class AdministrationApplication:
    """The issuer's door (implements `Application`)."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._is_issuer = False
        self._chosen: CardApplication | None = None

    @property
    def aid(self) -> bytes:
        """Its DF name."""
        return ADMINISTRATION_AID

    def select(self, session: CardSession) -> bytes:  # noqa: ARG002 - an Application is given its session
        """Begin with nothing proven."""
        self._is_issuer = False
        self._chosen = None
        return application_template(self.aid)

    def process(self, command: Command, session: CardSession) -> Response:
        """Answer one command of the table above."""
        expect(command.cla == 0, StatusWord.CLASS_NOT_SUPPORTED)
        if command.ins == 0xCA and command.parameters in {_CARD_NUMBER, _LIFECYCLE}:
            return self._tell(command, session)
        answer = _COMMANDS.get(command.ins)
        if answer is None:
            raise Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        expect(not self._memory.is_operational, StatusWord.CONDITIONS_NOT_SATISFIED)
        expect(self._is_issuer or command.ins == 0x20, StatusWord.SECURITY_NOT_SATISFIED)
        return Response(answer(self, command), StatusWord.SUCCESS)

    def _tell(self, command: Command, session: CardSession) -> Response:
        number = session.card_id.encode()
        data = number if command.parameters == _CARD_NUMBER else bytes((self._memory.state.lifecycle,))
        return Response(data, StatusWord.SUCCESS)

    def verify(self, command: Command) -> bytes:
        """The issuer's secret."""
        expect(command.p1 == 0, StatusWord.WRONG_PARAMETERS)
        expect(command.p2 == _ADMIN_REFERENCE, StatusWord.REFERENCE_NOT_FOUND)
        if not command.data and not self._is_issuer:
            left = self._memory.state.admin.tries_left
            raise Refused(0x63C0 | left if left else StatusWord.PIN_BLOCKED)
        if command.data:
            self._is_issuer = False
            expect(ADMIN_MIN <= len(command.data) <= ADMIN_MAX, StatusWord.WRONG_LENGTH)
            self._memory.check_admin(command.data)
            self._is_issuer = True
        return b""

    def key_pair(self, command: Command) -> bytes:
        """GENERATE ASYMMETRIC KEY PAIR, or with P1 = 81 the public key of the pair that is there."""
        expect(command.p1 in {0x80, 0x81} and command.p2 == 0, StatusWord.WRONG_PARAMETERS)
        templates = read_tlvs(command.data)
        expect(len(templates) == 1 and templates[0].tag == 0xB6, StatusWord.WRONG_DATA)
        of = _key_of_reference(templates[0].value)
        made = command.p1 == 0x80
        key = self._memory.make_key(of) if made else self._memory.need_key(of)
        return private_keys.encode_public_key(key.public_key())

    def choose_key(self, command: Command) -> bytes:
        """MSE SET for the proof of possession."""
        expect(command.parameters == 0x41B6, StatusWord.WRONG_PARAMETERS)
        self._chosen = _key_of_reference(command.data)
        return b""

    def prove_possession(self, command: Command) -> bytes:
        """PSO by the issuer, before the holder's PINs exist."""
        expect(command.parameters == 0x9E9A, StatusWord.WRONG_PARAMETERS)
        if self._chosen is None:
            raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
        key = self._memory.need_key(self._chosen)
        sign = (
            private_keys.sign_digest if self._chosen is CardApplication.PRESENCE else private_keys.sign_block
        )
        return sign(key, command.data)

    def put_certificate(self, command: Command) -> bytes:
        """PUT DATA 02 LK."""
        of, link = _certificate_place(command)
        expect(0 < len(command.data) <= CERTIFICATE_MAX, StatusWord.WRONG_LENGTH)
        public_key = _public_key_in(command.data)
        if link is ChainLink.END_ENTITY:
            # The slip that would send a holder home with somebody else's certificate ends here.
            expect(public_key == self._memory.need_key(of).public_key(), StatusWord.WRONG_DATA)
        self._memory.write(certificates={**self._memory.state.certificates, (of, link): command.data})
        return b""

    def get_certificate(self, command: Command) -> bytes:
        """GET DATA 02 LK."""
        found = self._memory.state.certificates.get(_certificate_place(command))
        if found is None:
            raise Refused(StatusWord.REFERENCE_NOT_FOUND)
        return found

    def set_password(self, command: Command) -> bytes:
        """CHANGE REFERENCE DATA with P1 = 01, "new reference data only": first PIN or PUK."""
        expect(command.p1 == 1, StatusWord.WRONG_PARAMETERS)
        of = _KEY_NUMBERS.get(command.p2 & 0x0F)
        if of is None or of not in _WITH_PIN or command.p2 & 0xF0 not in {0x80, 0x90}:
            raise Refused(StatusWord.REFERENCE_NOT_FOUND)
        if command.p2 & 0xF0 == 0x80:
            self._memory.set_pin(of, new_password(read_new(command.data), PIN_TRIES))
        else:
            self._memory.set_puk(of, new_password(read_new(command.data, minimum=PUK_MIN), PUK_TRIES))
        return b""

    def activate(self, command: Command) -> bytes:
        """ACTIVATE FILE (ISO/IEC 7816-9): from now on the card is the holder's."""
        expect(command.parameters == 0, StatusWord.WRONG_PARAMETERS)
        expect(not command.data, StatusWord.WRONG_LENGTH)
        state = self._memory.state
        is_complete = (
            set(state.keys) == set(CardApplication)
            and set(state.pins) == set(state.puks) == _WITH_PIN
            and all((of, ChainLink.END_ENTITY) in state.certificates for of in CardApplication)
        )
        expect(is_complete, StatusWord.CONDITIONS_NOT_SATISFIED)
        self._memory.write(lifecycle=Lifecycle.OPERATIONAL)
        self._is_issuer = False
        return b""


_COMMANDS: Final[Mapping[int, Callable[[AdministrationApplication, Command], bytes]]] = MappingProxyType(
    {
        0x20: AdministrationApplication.verify,
        0x22: AdministrationApplication.choose_key,
        0x24: AdministrationApplication.set_password,
        0x2A: AdministrationApplication.prove_possession,
        0x44: AdministrationApplication.activate,
        0x47: AdministrationApplication.key_pair,
        0xCA: AdministrationApplication.get_certificate,
        0xDA: AdministrationApplication.put_certificate,
    }
)


def _key_of_reference(template: bytes) -> CardApplication:
    references = read_tlvs(template)
    expect(len(references) == 1 and references[0].tag == 0x84, StatusWord.WRONG_DATA)
    of = _KEY_NUMBERS.get(int.from_bytes(references[0].value, "big"))
    if of is None:
        raise Refused(StatusWord.REFERENCE_NOT_FOUND)
    return of


def _certificate_place(command: Command) -> tuple[CardApplication, ChainLink]:
    of = _KEY_NUMBERS.get(command.p2 & 0x0F)
    if of is None or command.p1 != _CERTIFICATES or command.p2 >> 4 > max(ChainLink):
        raise Refused(StatusWord.REFERENCE_NOT_FOUND)
    return of, ChainLink(command.p2 >> 4)


def _public_key_in(certificate_der: bytes) -> object:
    try:
        return x509.load_der_x509_certificate(certificate_der).public_key()
    except REFUSALS as error:
        raise Refused(StatusWord.WRONG_DATA) from error
