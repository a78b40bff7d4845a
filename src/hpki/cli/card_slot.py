"""Where `hpki card` finds its card and its secrets: a reader or a card file; files or a terminal."""

import argparse
import contextlib
import getpass
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

from hpki.card.pcsc import PcscCard
from hpki.card.transport import CardTransport, LoggedTransport
from hpki.card.virtual import VirtualCard
from hpki.cli import card_words as words
from hpki.cli.card_words import Sentence
from hpki.errors import MalformedInput
from hpki.keys.secret import Secret


def add_slot_options(parser: argparse.ArgumentParser, *, card_file_only: bool = False) -> None:
    """Which card, and in which language."""
    parser.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        required=card_file_only,
        help="a virtual card's file instead of a reader",
    )
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="the card file's passphrase (default: FILE.passphrase beside the card file, else asked)",
    )
    if not card_file_only:
        parser.add_argument(
            "--reader", metavar="NAME", help="part of a reader's name (default: the first with a card)"
        )
        parser.add_argument(
            "--trace", action="store_true", help="show every APDU on standard error, PINs hidden"
        )
    parser.add_argument(
        "--lang", choices=("ja", "en"), default=words.terminal_language(), help="default: from LANG"
    )


@contextlib.contextmanager
def slot(arguments: argparse.Namespace) -> Iterator[CardTransport]:
    """The card that the options name, for the length of a `with` block."""
    with contextlib.ExitStack() as stack:
        if arguments.card is not None:
            # Before anything is asked: a card file that is not there is told by its own name.
            arguments.card.stat()
            card: CardTransport = stack.enter_context(VirtualCard.open(arguments.card, passphrase(arguments)))
        else:
            card = stack.enter_context(PcscCard(arguments.reader))
        yield stack.enter_context(_traced(card)) if arguments.trace else card


def passphrase(arguments: argparse.Namespace) -> Secret:
    """The passphrase of the card file: from the option, from the file beside the card, or asked."""
    beside = beside_card(arguments.card, "passphrase")
    file = arguments.passphrase_file or (beside if beside.exists() else None)
    return secret(file, words.ASK_PASSPHRASE.say(arguments.lang), "--passphrase-file", arguments.lang)


def beside_card(card: Path, suffix: str) -> Path:
    """A file that belongs to a card file: demo.card has demo.card.passphrase, demo.card.puk …"""
    return card.with_name(f"{card.name}.{suffix}")


def secret(file: Path | None, prompt: str, option: str, lang: str) -> Secret:
    """A secret from the first line of a file, or typed unseen; raises MalformedInput where nobody can type."""
    if file is not None:
        return secret_in(file)
    if not sys.stdin.isatty():
        raise MalformedInput(option, words.NO_TERMINAL.say(lang, option=option))
    return Secret(getpass.getpass(prompt))


def secret_in(file: Path) -> Secret:
    """The secret that stands in the first line of a file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return Secret(lines[0] if lines else "")


def new_secret(file: Path | None, ask: str, option: str, lang: str) -> Secret:
    """A new secret: from a file, or typed twice; raises MalformedInput when the two differ."""
    first = secret(file, ask, option, lang)
    if file is None:
        second = secret(None, words.ASK_AGAIN.say(lang), option, lang)
        if first.reveal() != second.reveal():
            raise MalformedInput("PIN", words.NOT_THE_SAME.say(lang))
    return first


def say(sentence: Sentence, lang: str, **facts: object) -> None:
    """One line on standard output."""
    sys.stdout.write(sentence.say(lang, **facts) + "\n")


@contextlib.contextmanager
def _traced(card: CardTransport) -> Iterator[CardTransport]:
    log = logging.getLogger("hpki.card")
    log.setLevel(logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    log.addHandler(handler)
    try:
        yield LoggedTransport(card, log)
    finally:
        log.removeHandler(handler)
