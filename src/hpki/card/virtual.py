"""A virtual HPKI card: bytes in, bytes out, its memory in one sealed file."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hpki.card.administration import AdministrationApplication
from hpki.card.apdu import Command, Refused, Response, StatusWord, expect, read_command
from hpki.card.application import Application
from hpki.card.conversation import Conversation, expect_known_class
from hpki.card.files import MASTER_FILE
from hpki.card.hpki_application import HpkiApplication
from hpki.card.layouts import Layout
from hpki.card.memory import Memory
from hpki.card.objects import CardApplication
from hpki.card.pins import ADMIN_MAX, ADMIN_MIN, ADMIN_TRIES, new_password
from hpki.card.presence_application import PresenceApplication
from hpki.card.private_keys import KeyFactory, generate_key
from hpki.card.session import Session
from hpki.card.state import CardState
from hpki.card.store import SealedFile, StateStore
from hpki.card.tlv import encode_tlv
from hpki.errors import CardStateCorrupt, MalformedInput, PinBlocked, WrongPin
from hpki.keys.secret import Secret

# Historical bytes that a public program compares with to recognise an HPKI card.
_HISTORICAL: Final = bytes.fromhex("004E0000F781D100")
_SELECT, _READ_BINARY = 0xA4, 0xB0
_BY_NAME: Final = 0x04
_FIRST, _NEXT = 0x00, 0x02
_WANT_METADATA: Final = 0x08
_NAME_MAX: Final = 16
CARD_ID_MAX: Final = 32


def answer_to_reset() -> bytes:
    """3B 88 80 01, the historical bytes, a check byte: a contactless card of type B as PC/SC (part 3) shows it."""
    body = bytes((0x80 | len(_HISTORICAL), 0x80, 0x01)) + _HISTORICAL
    check = 0
    for octet in body:
        check ^= octet
    return b"\x3b" + body + bytes((check,))


def fresh_state(*, layout: Layout, card_id: str, admin: Secret) -> CardState:
    """A card as it comes from the factory: a number and the issuer's secret, no keys.

    Raises MalformedInput when the number is not 1 to 32 printable ASCII characters or the secret not 8 to 64 bytes.
    """
    if not (1 <= len(card_id) <= CARD_ID_MAX and card_id.isascii() and card_id.isprintable()):
        raise MalformedInput("card number", f"1 to {CARD_ID_MAX} printable ASCII characters are wanted")
    secret = admin.reveal().encode()
    if not ADMIN_MIN <= len(secret) <= ADMIN_MAX:
        raise MalformedInput("issuer's secret", f"{ADMIN_MIN} to {ADMIN_MAX} bytes are wanted")
    return CardState(card_id, layout, new_password(secret, ADMIN_TRIES))


class VirtualCard:
    """One card in the reader: an in-process `CardTransport`.

    It holds its file for itself until `close` (or the end of a `with` block): a card lies in one reader.
    """

    def __init__(self, store: StateStore, *, generate: KeyFactory = generate_key) -> None:
        """Put the card that `store` keeps into a reader; `generate` makes its key pairs.  Raises CardStateCorrupt."""
        self._memory = Memory(store, generate)
        layout = self._memory.state.layout
        self._own: tuple[Application, ...] = (
            HpkiApplication(layout, CardApplication.SIGNING),
            HpkiApplication(layout, CardApplication.AUTHENTICATION),
            PresenceApplication(layout),
            AdministrationApplication(self._memory),
        )
        self._applications: list[Application] = list(self._own)
        self._default: Application | None = None
        self.reset()

    @classmethod
    def create(cls, path: Path, *, layout: Layout, card_id: str, passphrase: Secret, admin: Secret) -> Self:
        """A fresh card in a new file; `admin` is the issuer's secret for personalisation.

        Raises MalformedInput (see `fresh_state`), CardUnavailable when the file exists already.
        """
        state = fresh_state(layout=layout, card_id=card_id, admin=admin)
        return cls(SealedFile.create(path, passphrase, state.encode()))

    @classmethod
    def open(cls, path: Path, passphrase: Secret) -> Self:
        """The card in that file.  Raises CardUnavailable (none, or in another reader), CardStateCorrupt."""
        store = SealedFile.open(path, passphrase)
        try:
            return cls(store)
        except CardStateCorrupt:
            store.close()
            raise

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return answer_to_reset()

    @property
    def card_id(self) -> str:
        """The number printed on the card."""
        return self._memory.state.card_id

    @property
    def is_operational(self) -> bool:
        """Whether it was activated."""
        return self._memory.is_operational

    def register(self, application: Application, *, default: bool = False) -> None:
        """Offer one more application, after the card's own; a `default` one is selected by reset and by 3F00."""
        self._applications.append(application)
        if default:
            self._default = application
            self.reset()

    def power_on(self) -> None:
        """Power on: no application but the default one, no PIN proven, nothing under way."""
        self.reset()

    def reset(self) -> None:
        """The same for a card under power."""
        self._conversation = Conversation()
        self._session = Session(self._memory)
        self._current = self._default
        if self._default is not None:
            self._default.select(self._session)

    def close(self) -> None:
        """Take the card out of the reader; what comes later is refused with 6581."""
        self.reset()
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, one response APDU out; any bytes are answered, none raise."""
        if self._memory.is_uncertain:
            self.reset()
            if not self._memory.recover():
                return Response(b"", StatusWord.MEMORY_FAILURE).encode()
        try:
            return self._answer(command).encode()
        except Refused as refused:
            return Response(b"", refused.status_word).encode()
        except WrongPin as wrong:
            return Response(b"", 0x63C0 | wrong.tries_left).encode()
        except PinBlocked:
            return Response(b"", StatusWord.PIN_BLOCKED).encode()
        except MalformedInput:
            return Response(b"", StatusWord.WRONG_DATA).encode()

    def _answer(self, raw: bytes) -> Response:
        try:
            link = read_command(raw)
        except MalformedInput as error:
            raise Refused(StatusWord.WRONG_LENGTH) from error
        expect_known_class(link.cla)
        command = self._conversation.joined(link)
        if command is None:
            return Response(b"", StatusWord.SUCCESS)
        rest = self._conversation.rest(command)
        if rest is not None:
            return rest
        return self._conversation.delivered(command, self._dispatch(command))

    def _dispatch(self, command: Command) -> Response:
        if command.ins == _SELECT and command.cla == 0:
            if command.p1 == _BY_NAME:
                return self._select_by_name(command)
            if self._leaves_for_master_file(command):
                return self._select_master_file(command)
        if self._current is not None:
            return self._current.process(command, self._session)
        if command.ins == _READ_BINARY:
            raise Refused(StatusWord.NO_CURRENT_FILE)
        raise Refused(
            StatusWord.FILE_NOT_FOUND if command.ins == _SELECT else StatusWord.INSTRUCTION_NOT_SUPPORTED
        )

    def _select_by_name(self, command: Command) -> Response:
        """SELECT by a whole or partial DF name, first or next occurrence (7816-4, 11.2.2; G31 A.2)."""
        occurrence = command.p2 & 0x03
        expect(not command.p2 & 0xF0, StatusWord.WRONG_PARAMETERS)
        expect(occurrence in {_FIRST, _NEXT}, StatusWord.WRONG_PARAMETERS)
        expect(command.p2 & 0x0C != _WANT_METADATA, StatusWord.WRONG_PARAMETERS)
        expect(1 <= len(command.data) <= _NAME_MAX, StatusWord.WRONG_LENGTH)
        after = self._applications.index(self._current) + 1 if occurrence and self._current is not None else 0
        for application in self._applications[after:]:
            if application.aid.startswith(command.data):
                information = self._enter(application)
                return Response(b"" if command.p2 & 0x0C == 0x0C else information, StatusWord.SUCCESS)
        raise Refused(StatusWord.FILE_NOT_FOUND)

    def _enter(self, application: Application) -> bytes:
        """Make an application current; PINs proven in another one are forgotten."""
        if application is not self._current:
            self._session = Session(self._memory)
            self._current = application
        return application.select(self._session)

    def _leaves_for_master_file(self, command: Command) -> bool:
        is_own = self._current is None or any(self._current is application for application in self._own)
        return is_own and command.p1 == 0 and command.data in {b"", MASTER_FILE.to_bytes(2, "big")}

    def _select_master_file(self, command: Command) -> Response:
        """The MF holds nothing of HPKI (G31 B.2: no EF.DIR); the default view, if any, answers for it."""
        if self._default is not None:
            self._enter(self._default)
            return self._default.process(command, self._session)
        self._session = Session(self._memory)
        self._current = None
        expect(command.p2 in {0x00, 0x04, 0x0C}, StatusWord.WRONG_PARAMETERS)
        template = encode_tlv(0x6F, encode_tlv(0x83, MASTER_FILE.to_bytes(2, "big")))
        return Response(b"" if command.p2 == 0x0C else template, StatusWord.SUCCESS)
