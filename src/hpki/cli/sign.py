"""`hpki sign cms | …`: a document signed with a key file, a token or a card.

Exit codes: 0 signed, 1 it did not work, 3 the command is written wrongly.
"""

import argparse
import datetime as dt
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hpki.certs.wording import Words
from hpki.cli import evidence_options, page, signing_options
from hpki.cli.card_words import terminal_language
from hpki.errors import MalformedInput
from hpki.signatures.cms.extending import LEVELS, Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import FileContent, OctetContent
from hpki.signatures.facts import Level
from hpki.validation.evidence import Evidence

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

_SIGNED: Final = Words("署名しました：{path}", "Signed: {path}")
_MOST_ATTACHED: Final = 128 * 1024 * 1024


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sign` to the command's parser."""
    sign = subparsers.add_parser("sign", help="sign documents")
    commands = sign.add_subparsers(title="formats", required=True, metavar="FORMAT")
    cms = commands.add_parser("cms", help="a CAdES signature (EN 319 122), beside the document or around it")
    cms.add_argument("file", type=Path, metavar="FILE", help="the document")
    cms.add_argument("--attached", action="store_true", help="put the document into the signature")
    cms.add_argument(
        "--level",
        choices=["B", *(str(level) for level in LEVELS)],
        default="B",
        help="more than B needs --tsa; from LT and ES-XL on --trust, --untrusted and --crl (default: B)",
    )
    cms.add_argument("--out", type=Path, metavar="FILE", help="default: FILE.p7s, attached FILE.p7m")
    signing_options.add_key(cms)
    signing_options.add_claims(cms)
    signing_options.add_stamping(cms)
    evidence_options.add_evidence(cms, needs_trust=False)
    cms.add_argument("--lang", choices=("ja", "en"), default=terminal_language(), help="default: from LANG")
    cms.set_defaults(run=_sign_cms)


def _sign_cms(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    path: Path = arguments.file
    if arguments.attached:
        content: FileContent | OctetContent = OctetContent(page.read_bounded(path, _MOST_ATTACHED))
    else:
        path.stat()
        content = FileContent(path)
    with signing_options.signing_unit(arguments) as unit:
        claims = signing_options.claims(arguments, now.replace(microsecond=0))
        message = sign_cms(content, unit, claims, attached=arguments.attached)
    if arguments.level != "B":
        evidence = evidence_with_anchors(arguments, now)
        extension = Extension(signing_options.time_stamper(arguments), evidence, content)
        message = extend(message, Level(arguments.level), extension)
    suffix = ".p7m" if arguments.attached else ".p7s"
    out: Path = arguments.out or path.with_name(path.name + suffix)
    write_whole(out, message)
    sys.stdout.write(_SIGNED.in_language(arguments.lang).format(path=out) + "\n")
    return 0


def evidence_with_anchors(arguments: argparse.Namespace, now: dt.datetime) -> Evidence:
    """What the options gave, the anchors' own certificates with it: for the long term the whole path is kept."""
    given = evidence_options.at_hand(arguments, now)
    return given.evidence.joined(Evidence(tuple(anchor.certificate for anchor in given.anchors)))


def write_whole(path: Path, octets: bytes) -> None:
    """The file holds what it held or all of the new octets, whatever happens in between.

    Raises MalformedInput where a folder stands in its place, OSError.
    """
    if path.is_dir():
        raise MalformedInput(str(path), "it is a folder")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.fchmod(descriptor, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
