"""The people's side of a ceremony: who hands shares out and takes them in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from hpki.keys.key_file import write_durably
from hpki_server.authority.ceremony.custodians import Share, read_share
from hpki_server.authority.ceremony.stopped import ShareRefused

_TRIES: Final = 5


class Desk(Protocol):
    """What a ceremony asks of the people in the room."""

    def say(self, line: str) -> None:
        """Tell everybody."""
        ...

    def next_share(self, number: int, threshold: int) -> str:
        """The text of the next share.  Raises ShareRefused when there is none."""
        ...

    def refused(self, error: ShareRefused) -> None:
        """A share was not good; return to be asked again, or raise."""
        ...

    def hand_over(self, ceremony: str, custodian: str, share: Share) -> None:
        """Give a custodian their share, once; nothing of it stays here."""
        ...


def collect_shares(desk: Desk, threshold: int, total: int) -> list[Share]:
    """Shares of one set from as many different custodians as needed.  Raises ShareRefused."""
    shares: list[Share] = []
    refusals = 0
    while len(shares) < threshold:
        text = desk.next_share(len(shares) + 1, threshold)
        try:
            shares.append(_fitting(read_share(text), shares, threshold, total))
        except ShareRefused as error:
            refusals += 1
            if refusals >= _TRIES:
                raise
            desk.refused(error)
    return shares


def _fitting(share: Share, before: Sequence[Share], threshold: int, total: int) -> Share:
    if (share.threshold, share.total) != (threshold, total):
        raise ShareRefused(
            f"this share is of a set of {share.threshold} of {share.total}; the file says {threshold} of {total}"
        )
    if any(share.set_name != other.set_name for other in before):
        raise ShareRefused("this share belongs to another set than the shares before it")
    if any(share.index == other.index for other in before):
        raise ShareRefused("this share was given already; another custodian gives theirs")
    return share


@dataclass
class FileDesk:
    """Shares from files and into files: for the demonstration and for scripts.

    `share_files` are read in their order; new shares go into `share_folder`, each in a file of its own, mode 0600.
    """

    share_files: Sequence[Path] = ()
    share_folder: Path | None = None
    tell: Callable[[str], None] = print
    _given: int = field(default=0, init=False)

    def say(self, line: str) -> None:
        self.tell(line)

    def next_share(self, number: int, threshold: int) -> str:
        if self._given >= len(self.share_files):
            raise ShareRefused(f"{number - 1} of the {threshold} shares that are needed were given")
        path = self.share_files[self._given]
        self._given += 1
        try:
            return path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ShareRefused(f"share file {path}: {error}") from error

    def refused(self, error: ShareRefused) -> None:
        path = self.share_files[self._given - 1]
        raise ShareRefused(f"share file {path}: {error}") from error

    def hand_over(self, ceremony: str, custodian: str, share: Share) -> None:
        if self.share_folder is None:
            raise ShareRefused("nowhere to put the shares: give --share-folder, or run at a terminal")
        path = self.share_folder / f"{ceremony}-{share.index}.share"
        write_durably(path, f"{share.as_text()}\n".encode(), replace=True)
        self.tell(f"share {share.index} of {share.total} for {custodian}: {path}")


@dataclass
class TerminalDesk:
    """People at a terminal: shares are typed unseen and shown once, each to its custodian alone."""

    ask_unseen: Callable[[str], str]
    ask: Callable[[str], str]
    tell: Callable[[str], None]
    clear: Callable[[], None]

    def say(self, line: str) -> None:
        self.tell(line)

    def next_share(self, number: int, threshold: int) -> str:
        return self.ask_unseen(f"Share {number} of {threshold}, typed by its custodian: ")

    def refused(self, error: ShareRefused) -> None:
        self.tell(f"Not accepted: {error}")

    def hand_over(self, ceremony: str, custodian: str, share: Share) -> None:
        text = share.as_text()
        while True:
            self.ask(
                f"{custodian} alone at the screen; press Enter to see share {share.index} of {share.total} "
            )
            self.tell(f"\n  {ceremony}, share {share.index} of {share.total}, for {custodian}\n\n  {text}\n")
            self.ask("Written down? Press Enter; the screen is cleared ")
            self.clear()
            if self._typed_again(share):
                return

    def _typed_again(self, share: Share) -> bool:
        try:
            typed = read_share(self.ask_unseen("Type it from your paper: "))
        except ShareRefused as error:
            self.tell(f"Not accepted: {error}")
            return False
        if typed != share:
            self.tell("That is another share.")
        return typed == share
