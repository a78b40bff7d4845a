"""The signing and the authentication application: the commands of the guideline's Annex C."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hpki.card.apdu import Command, Refused, Response, StatusWord, expect
from hpki.card.application import CardSession
from hpki.card.files import FileCursor, application_template
from hpki.card.layouts import Layout, files_of, plan_of
from hpki.card.objects import CardApplication
from hpki.card.pins import split_padded
from hpki.card.tlv import read_tlvs

_FORGET_PROOF: Final = 0xFF
_SET_FOR_COMPUTATION: Final = 0x41
_SIGNATURE_TEMPLATE: Final = 0xB6
_PROPRIETARY_CLASS: Final = 0x80


class HpkiApplication:
    """One of the two applications, in one of the layouts (implements `Application`)."""

    def __init__(self, layout: Layout, of: CardApplication) -> None:
        self._plan = plan_of(layout, of)
        self._of = of
        self._files = FileCursor()
        self._key_chosen = False

    @property
    def aid(self) -> bytes:
        """Its DF name."""
        return self._plan.aid

    def select(self, session: CardSession) -> bytes:
        """Begin with no current file and no key chosen."""
        self._files = FileCursor(files_of(self._plan, self._of, session))
        self._key_chosen = False
        return application_template(self.aid)

    def process(self, command: Command, session: CardSession) -> Response:
        """Answer one command of Annex C, or GET CHALLENGE, CHANGE REFERENCE DATA, RESET RETRY COUNTER."""
        if command.cla == _PROPRIETARY_CLASS:
            return self._sign_digest_info(command, session)
        answer = _COMMANDS.get(command.ins)
        if answer is None:
            raise Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        return answer(self, command, session)

    def select_file(self, command: Command, _session: CardSession) -> Response:
        """SELECT by file identifier."""
        return self._files.select(command)

    def read_binary(self, command: Command, _session: CardSession) -> Response:
        """READ BINARY, without PIN (G31 5.1.2: certificates and directories are free to read)."""
        return self._files.read_binary(command)

    def verify(self, command: Command, session: CardSession) -> Response:
        """VERIFY: compare; without data tell the tries left; with P1 = FF forget (7816-4:2020, 11.6.6)."""
        self._expect_pin_reference(command)
        if command.p1 == _FORGET_PROOF:
            expect(not command.data, StatusWord.WRONG_LENGTH)
            session.forget_pin(self._of)
            return _done()
        expect(command.p1 == 0, StatusWord.WRONG_PARAMETERS)
        if command.data:
            session.prove_pin(self._of, command.data)
            return _done()
        left = session.tries_left(self._of)
        expect(left, StatusWord.PIN_BLOCKED)
        return _done() if session.is_proven(self._of) else Response(b"", 0x63C0 | left)

    def change_pin(self, command: Command, session: CardSession) -> Response:
        """CHANGE REFERENCE DATA with P1 = 00: old and new PIN, each padded with '00' to 16 bytes."""
        self._expect_pin_reference(command)
        expect(command.p1 == 0, StatusWord.WRONG_PARAMETERS)
        session.change_pin(self._of, *split_padded(command.data))
        return _done()

    def unblock(self, command: Command, session: CardSession) -> Response:
        """RESET RETRY COUNTER: P1 = 00 PUK and new PIN, padded; P1 = 01 the PUK alone (7816-4:2020, 11.6.10)."""
        self._expect_pin_reference(command)
        expect(command.p1 in {0, 1}, StatusWord.WRONG_PARAMETERS)
        puk, new = split_padded(command.data) if command.p1 == 0 else (command.data, None)
        session.unblock_pin(self._of, puk, new)
        return _done()

    def set_environment(self, command: Command, _session: CardSession) -> Response:
        """MSE SET for signatures: the key by file reference (81, the guideline) or key reference (84, in use)."""
        expect(command.p1 == _SET_FOR_COMPUTATION, StatusWord.WRONG_PARAMETERS)
        expect(command.p2 == _SIGNATURE_TEMPLATE, StatusWord.WRONG_PARAMETERS)
        references = read_tlvs(command.data)
        expect(len(references) == 1, StatusWord.WRONG_DATA)
        expect(references[0].tag in {0x81, 0x84}, StatusWord.WRONG_DATA)
        expect(1 <= len(references[0].value) <= 2, StatusWord.WRONG_DATA)
        chosen = int.from_bytes(references[0].value, "big") == self._plan.key_file
        expect(chosen, StatusWord.WRONG_DATA)
        self._key_chosen = True
        return _done()

    def sign(self, command: Command, session: CardSession) -> Response:
        """PSO COMPUTE DIGITAL SIGNATURE over a complete padded block (G31 C.6)."""
        expect(command.parameters == 0x9E9A, StatusWord.WRONG_PARAMETERS)
        expect(self._key_chosen, StatusWord.CONDITIONS_NOT_SATISFIED)
        return Response(session.sign_block(self._of, command.data), StatusWord.SUCCESS)

    def get_challenge(self, command: Command, session: CardSession) -> Response:
        """GET CHALLENGE: CIAInfo says prnGeneration."""
        expect(command.parameters == 0, StatusWord.WRONG_PARAMETERS)
        expect(command.le is not None and not command.data, StatusWord.WRONG_LENGTH)
        return Response(session.random_bytes(command.le or 0), StatusWord.SUCCESS)

    def _sign_digest_info(self, command: Command, session: CardSession) -> Response:
        """`80 2A 00 80`: a DigestInfo that the card pads, with the key file selected (one public tool does so)."""
        expect(self._plan.accepts_digest_info, StatusWord.CLASS_NOT_SUPPORTED)
        expect(command.ins == 0x2A, StatusWord.INSTRUCTION_NOT_SUPPORTED)
        expect(command.parameters == 0x0080, StatusWord.WRONG_PARAMETERS)
        current = self._files.current
        has_key_file = current is not None and current.file_id == self._plan.key_file
        expect(has_key_file or self._key_chosen, StatusWord.CONDITIONS_NOT_SATISFIED)
        return Response(session.sign_digest_info(self._of, command.data), StatusWord.SUCCESS)

    def _expect_pin_reference(self, command: Command) -> None:
        expect(command.p2 == self._plan.pin_reference, StatusWord.REFERENCE_NOT_FOUND)


_Answer = Callable[[HpkiApplication, Command, CardSession], Response]
_COMMANDS: Final[Mapping[int, _Answer]] = MappingProxyType(
    {
        0x20: HpkiApplication.verify,
        0x22: HpkiApplication.set_environment,
        0x24: HpkiApplication.change_pin,
        0x2A: HpkiApplication.sign,
        0x2C: HpkiApplication.unblock,
        0x84: HpkiApplication.get_challenge,
        0xA4: HpkiApplication.select_file,
        0xB0: HpkiApplication.read_binary,
    }
)


def _done() -> Response:
    return Response(b"", StatusWord.SUCCESS)
