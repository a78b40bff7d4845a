"""`hpki sign cms | xml | pdf | asic | prescription | queue`: documents signed with a key file, a token or a card.

Several documents are a batch: one line for each, and an interrupt stops before the next one.
Exit codes: 0 all signed, 1 it did not work (what was signed before stays), 3 the command is written wrongly.
"""

import argparse
import contextlib
import datetime as dt
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hpki.certs.wording import Words
from hpki.cli import evidence_options, sign_formats, sign_queue, signing_options
from hpki.cli.card_words import terminal_language
from hpki.cli.sign_formats import Maker
from hpki.cli.validate_document import fitting_policy
from hpki.errors import MalformedInput
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.extending import LEVELS
from hpki.signatures.extending import DocumentExtension, ExtendedDocument, extend_and_judge
from hpki.signatures.facts import Level
from hpki.signatures.policy import SHIPPED
from hpki.validation.evidence import Evidence

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

# A pile that one person answers for; a card that wants its PIN each time is given it each time.
MOST_DOCUMENTS: Final = 250
# A time-stamp authority's clock may be a little ahead of ours; what it stamped exists when the result is judged.
CLOCKS_APART: Final = dt.timedelta(minutes=2)
_SIGNED: Final = Words("署名しました：{path}", "Signed: {path}")
_COUNTED: Final = Words("[{number}/{count}] ", "[{number}/{count}] ")
_STOPPED: Final = Words(
    "中断しました。{number} 件に署名し、残りには署名していません。",
    "Stopped: {number} signed, the rest not.",
)


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sign` to the command's parser."""
    sign = subparsers.add_parser("sign", help="sign documents")
    commands = sign.add_subparsers(title="formats", required=True, metavar="FORMAT")
    for kind in sign_formats.FORMATS:
        command = commands.add_parser(kind.name, help=kind.meaning)
        kind.add_options(command)
        command.add_argument(
            "--level",
            choices=["B", "ES", *(str(level) for level in LEVELS)],
            default="B",
            help="more than B or ES needs --tsa; from LT and ES-XL on --trust, --untrusted and --crl too (default: B)",
        )
        command.add_argument("--out", type=Path, metavar="FILE", help="default: beside the document")
        command.add_argument("--out-dir", type=Path, metavar="FOLDER", help="where a batch goes")
        signing_options.add_key(command)
        signing_options.add_claims(command)
        signing_options.add_stamping(command)
        evidence_options.add_evidence(command, needs_trust=False)
        command.add_argument(
            "--lang", choices=("ja", "en"), default=terminal_language(), help="default: from LANG"
        )
        command.set_defaults(run=_run, maker=kind.make, gathers=kind.gathers)
    sign_queue.register(commands)


def _run(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    paths: Sequence[Path] = arguments.files
    piles = [list(paths)] if arguments.gathers else [[path] for path in paths]
    if len(piles) > MOST_DOCUMENTS:
        raise MalformedInput("batch", f"{len(piles)} documents, at most {MOST_DOCUMENTS} at once")
    if arguments.out is not None and len(piles) > 1:
        raise MalformedInput("--out", "it is for one document; a batch has --out-dir")
    for path in paths:
        path.stat()
    if arguments.out_dir is not None:
        arguments.out_dir.mkdir(parents=True, exist_ok=True)
    done = 0
    with signing_options.signing_unit(arguments) as unit:
        try:
            for pile in piles:
                out = _sign_one(pile, unit, arguments, now)
                done += 1
                counted = _COUNTED.in_language(arguments.lang) if len(piles) > 1 else ""
                words = counted + _SIGNED.in_language(arguments.lang)
                sys.stdout.write(words.format(path=out, number=done, count=len(piles)) + "\n")
                sys.stdout.flush()
        except KeyboardInterrupt:
            sys.stderr.write(_STOPPED.in_language(arguments.lang).format(number=done) + "\n")
            return 1
    return 0


def _sign_one(pile: list[Path], unit: SigningUnit, arguments: argparse.Namespace, now: dt.datetime) -> Path:
    maker: Maker = arguments.maker
    made = maker(pile, unit, signing_options.claims(arguments, now.replace(microsecond=0)), arguments)
    folder: Path = arguments.out_dir or pile[0].parent
    out: Path = arguments.out or folder / made.name
    with whole_file(out) as target:
        if arguments.level in {"B", "ES"}:
            made.write(target)
            return out
        given = evidence_options.at_hand(arguments, now)
        evidence = given.evidence.joined(Evidence(tuple(anchor.certificate for anchor in given.anchors)))
        how = DocumentExtension(
            signing_options.time_stamper(arguments), evidence, made.detached, target=target
        )
        policy, at = SHIPPED[fitting_policy([unit.certificate])], now + CLOCKS_APART
        # What was signed lies beside its place in between: it may have hundreds of megabytes.
        with tempfile.TemporaryFile(dir=out.parent) as signed:
            made.write(signed)
            extended = extend_and_judge(signed, Level(arguments.level), how, policy, given.anchors, at)
        # What somebody has signed is kept whatever it lacks: it can be extended again.
        tell_doubts(extended, arguments.lang)
    return out


def tell_doubts(extended: ExtendedDocument, lang: str) -> list[str]:
    """Tells all that may make an extended document useless in later years; the codes of what could have been avoided."""
    for doubt in extended.doubts:
        sys.stderr.write(f"{doubt.sentence(lang)} [{doubt.code}; {doubt.clause}]\n")
    return list(dict.fromkeys(doubt.code for doubt in extended.doubts if doubt.is_refusing))


def write_whole(path: Path, content: bytes) -> None:
    """The file holds what it held or all of the new octets, whatever happens in between.

    Raises MalformedInput where a folder stands in its place, OSError.
    """
    with whole_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file to be written and read, which takes its place when the block ends well, and is gone when it does not.

    Raises as `write_whole`.
    """
    if path.is_dir():
        raise MalformedInput(str(path), "it is a folder")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.fchmod(descriptor, 0o644)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
