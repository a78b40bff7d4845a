"""Cards in real readers, through PC/SC.  The only file that knows pyscard, which is an optional dependency."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from hpki.errors import CardUnavailable


@dataclass(frozen=True)
class Reader:
    """A reader that PC/SC knows, and the answer to reset of the card in it (None: empty)."""

    name: str
    atr: bytes | None


def readers() -> tuple[Reader, ...]:
    """Every reader of this machine, in PC/SC's order; raises CardUnavailable without a smart card service."""
    scard = _scard()
    context = _context(scard)
    try:
        result, names = scard.SCardListReaders(context, [])
        if result in {scard.SCARD_E_NO_READERS_AVAILABLE, scard.SCARD_E_SERVICE_STOPPED}:
            return ()
        _must(scard, result, "listing the readers")
        states = [(name, scard.SCARD_STATE_UNAWARE) for name in names]
        result, answers = scard.SCardGetStatusChange(context, 0, states) if states else (0, [])
        _must(scard, result, "looking into the readers")
        return tuple(
            Reader(name, bytes(atr) if event & scard.SCARD_STATE_PRESENT else None)
            for name, event, atr in answers
        )
    finally:
        scard.SCardReleaseContext(context)


class PcscCard:
    """The card in a reader, held for us alone while the `with` block lasts; a `CardTransport`.

    Raises CardUnavailable, with a sentence for people, when there is no service, reader or card, or when the card
    is pulled.  On leaving the card is reset, so that no PIN stays verified for the next program.
    """

    def __init__(self, reader: str | None = None) -> None:
        self._scard = scard = _scard()
        self.reader = _reader_with_card(reader)
        self._context = _context(scard)
        result, self._card, self._protocol = scard.SCardConnect(
            self._context,
            self.reader,
            scard.SCARD_SHARE_SHARED,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        try:
            _must(scard, result, f"connecting to the card in {self.reader}")
            _must(scard, scard.SCardBeginTransaction(self._card), "taking the card for ourselves")
        except CardUnavailable:
            scard.SCardReleaseContext(self._context)
            raise

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, one response APDU out (ISO/IEC 7816-4 5)."""
        result, response = self._scard.SCardTransmit(self._card, self._protocol, list(command))
        _must(self._scard, result, "talking to the card")
        return bytes(byte & 0xFF for byte in response)

    def close(self) -> None:
        """Reset the card and let it go."""
        self._scard.SCardEndTransaction(self._card, self._scard.SCARD_RESET_CARD)
        self._scard.SCardDisconnect(self._card, self._scard.SCARD_RESET_CARD)
        self._scard.SCardReleaseContext(self._context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _scard() -> Any:  # noqa: ANN401 - pyscard is generated code without types
    try:
        from smartcard import scard
    except ImportError as error:
        raise CardUnavailable("card readers need pyscard: pip install 'openhpki[pcsc]'") from error
    return scard


def _context(scard: Any) -> Any:  # noqa: ANN401 - a handle of the untyped pyscard
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if result != scard.SCARD_S_SUCCESS:
        raise CardUnavailable(f"no smart card service: is pcscd running? ({_reason(scard, result)})")
    return context


def _reader_with_card(wanted: str | None) -> str:
    """The full name of the reader whose name contains `wanted`, or of the first one with a card in it."""
    known = readers()
    if not known:
        raise CardUnavailable("no card reader is connected")
    if wanted is None:
        named = next((reader for reader in known if reader.atr is not None), None)
        if named is None:
            raise CardUnavailable(f"no card in any reader ({', '.join(reader.name for reader in known)})")
        return named.name
    named = next((reader for reader in known if wanted in reader.name), None)
    if named is None:
        raise CardUnavailable(
            f"no reader named {wanted!r}; there are: {', '.join(reader.name for reader in known)}"
        )
    if named.atr is None:
        raise CardUnavailable(f"no card in {named.name}")
    return named.name


def _must(scard: Any, result: int, doing: str) -> None:  # noqa: ANN401 - the untyped pyscard module
    if result == scard.SCARD_S_SUCCESS:
        return
    gone = {
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_E_READER_UNAVAILABLE,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_E_NOT_TRANSACTED,
    }
    why = "the card was pulled or another program took it" if result in gone else _reason(scard, result)
    raise CardUnavailable(f"{doing}: {why}")


def _reason(scard: Any, result: int) -> str:  # noqa: ANN401 - the untyped pyscard module
    return str(scard.SCardGetErrorMessage(result))
