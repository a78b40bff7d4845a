"""The presence application: a key that answers a tap without PIN and can do nothing else."""

from hpki.card.apdu import Command, Refused, Response, StatusWord, expect
from hpki.card.application import CardSession
from hpki.card.files import FileCursor, application_template
from hpki.card.layouts import Layout, files_of, plan_of
from hpki.card.objects import PRESENCE_CHALLENGE_OCTETS, CardApplication

_OF = CardApplication.PRESENCE


class PresenceApplication:
    """SELECT, READ BINARY and INTERNAL AUTHENTICATE (implements `Application`); no standard's, our own."""

    def __init__(self, layout: Layout) -> None:
        self._plan = plan_of(layout, _OF)
        self._files = FileCursor()

    @property
    def aid(self) -> bytes:
        """Its DF name."""
        return self._plan.aid

    def select(self, session: CardSession) -> bytes:
        """Begin with no current file."""
        self._files = FileCursor(files_of(self._plan, _OF, session))
        return application_template(self.aid)

    def process(self, command: Command, session: CardSession) -> Response:
        """Answer one command."""
        expect(command.cla == 0, StatusWord.CLASS_NOT_SUPPORTED)
        match command.ins:
            case 0xA4:
                return self._files.select(command)
            case 0xB0:
                return self._files.read_binary(command)
            case 0x88:
                return self._authenticate(command, session)
        raise Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _authenticate(self, command: Command, session: CardSession) -> Response:
        """INTERNAL AUTHENTICATE (7816-4:2020, 11.6.2): the algorithm and the only key are known implicitly."""
        expect(command.parameters == 0, StatusWord.WRONG_PARAMETERS)
        expect(len(command.data) == PRESENCE_CHALLENGE_OCTETS, StatusWord.WRONG_LENGTH)
        return Response(session.answer_presence(command.data), StatusWord.SUCCESS)
