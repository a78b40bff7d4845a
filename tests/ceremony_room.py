"""A room for ceremonies in tests: the shipped files with faster keys, people with their shares, a clock that ticks."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from hpki_server.authority.ceremony.books import Books, DatabaseBooks
from hpki_server.authority.ceremony.custodians import Share
from hpki_server.authority.ceremony.file import ReviewedFile, read_text
from hpki_server.authority.ceremony.run import Room
from hpki_server.authority.ceremony.stopped import ShareRefused

FILES = Path(__file__).resolve().parents[1] / "deploy" / "ceremony"
# A Wednesday morning in Japan.
CEREMONY_DAY = dt.datetime(2026, 11, 4, 1, 0, tzinfo=dt.UTC)


def shipped(name: str, **replacements: str) -> ReviewedFile:
    """A file of deploy/ceremony with a P-256 key and `old=new` texts replaced."""
    text = (FILES / f"{name}.yaml").read_text(encoding="utf-8").replace("rsa-2048", "p-256")
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return read_text(text)


@dataclass
class Clock:
    """A second passes with every look."""

    at: dt.datetime = CEREMONY_DAY

    def __call__(self) -> dt.datetime:
        self.at += dt.timedelta(seconds=1)
        return self.at


@dataclass
class People:
    """Custodians: they keep what they are given and present it, first to last."""

    shares: dict[str, str] = field(default_factory=dict)
    presenting: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.said.append(line)

    def next_share(self, number: int, threshold: int) -> str:
        if not self.presenting:
            raise ShareRefused(f"{number - 1} of the {threshold} shares that are needed were given")
        return self.presenting.pop(0)

    def refused(self, error: ShareRefused) -> None:
        self.refusals.append(str(error))

    def hand_over(self, ceremony: str, custodian: str, share: Share) -> None:
        assert ceremony
        self.shares[custodian] = share.as_text()

    def present(self, *custodians: int) -> None:
        """The next shares come from these custodians, counted from 0."""
        texts = list(self.shares.values())
        self.presenting = [texts[custodian] for custodian in custodians]


def room(folder: Path, people: People, books: Books | None = None) -> Room:
    return Room(folder=folder, desk=people, books=books or DatabaseBooks(), clock=Clock())
