"""`hpki extend FILE --level LEVEL` and `hpki timestamp FILE`: more proof for later years.

Exit codes: 0 done, 1 it did not work or was refused, 3 the command is written wrongly.
"""

import argparse
import datetime as dt
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from hpki.certs.wording import Words
from hpki.cli import evidence_options, page, signing_options
from hpki.cli.card_words import terminal_language
from hpki.cli.sign import CLOCKS_APART, tell_doubts, whole_file, write_whole
from hpki.cli.validate_document import detached_files, fitting_policy
from hpki.signatures.algorithms import HASHES
from hpki.signatures.cms.extending import LEVELS
from hpki.signatures.content import FileContent
from hpki.signatures.extending import DocumentExtension, ExtendedDocument, extend_and_judge
from hpki.signatures.facts import Level
from hpki.signatures.formats import MOST_OCTETS, read_signed_document
from hpki.signatures.freshness import REFUSING
from hpki.signatures.judge import signers_of
from hpki.signatures.policy import SHIPPED
from hpki.signatures.report import outcome_words
from hpki.validation.evidence import Evidence

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

_EXTENDED: Final = Words("{level} にしました：{path}", "Extended to {level}: {path}")
_JUDGED: Final = Words("いまの検証結果（{policy}）：{outcome}", "Judged now ({policy}): {outcome}")
_REFUSED: Final = Words(
    "何も書きませんでした。それでも延長するなら --despite {codes}",
    "Nothing was written; to extend it all the same: --despite {codes}",
)
_STAMPED: Final = Words("タイムスタンプを得ました：{path}", "Stamped: {path}")


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `extend` and `timestamp` to the command's parser."""
    more = subparsers.add_parser(
        "extend", help="add time-stamps and validation data to a signature, or renew its archive time-stamp"
    )
    more.add_argument("file", type=Path, metavar="FILE", help="the signed document, or its signature")
    more.add_argument("--level", choices=[str(level) for level in LEVELS], required=True)
    more.add_argument(
        "--detached",
        action="extend",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="what was signed, where it is not in FILE",
    )
    more.add_argument("--out", type=Path, metavar="FILE", help="default: FILE itself")
    more.add_argument(
        "--archive",
        choices=("inside", "manifest"),
        default="inside",
        help="where the archive time-stamps of an ASiC-E container with CAdES go: into each signature, or beside them "
        "over a list of all files (ASiCArchiveManifest); one that has such lists is renewed by another",
    )
    more.add_argument(
        "--policy",
        choices=sorted(SHIPPED),
        help="the policy under which the result is judged; default: by the signers' certificates",
    )
    more.add_argument(
        "--despite",
        action="append",
        default=[],
        choices=REFUSING,
        metavar="CODE",
        help="extend although this would make the document useless in later years: " + ", ".join(REFUSING),
    )
    signing_options.add_stamping(more, is_needed=True)
    evidence_options.add_evidence(more, needs_trust=False)
    more.set_defaults(run=_extend)
    stamp = subparsers.add_parser("timestamp", help="have a file time-stamped (RFC 3161)")
    stamp.add_argument(
        "file", type=Path, metavar="FILE", help="any file; it stays here, only its hash is sent"
    )
    stamp.add_argument("--hash", choices=("sha256", "sha384", "sha512"), default="sha256")
    stamp.add_argument("--out", type=Path, metavar="FILE", help="default: FILE.tst")
    signing_options.add_stamping(stamp, is_needed=True)
    stamp.set_defaults(run=_timestamp)
    for command in (more, stamp):
        command.add_argument(
            "--lang", choices=("ja", "en"), default=terminal_language(), help="default: from LANG"
        )


def _extend(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    out: Path = arguments.out or arguments.file
    try:
        with _opened(arguments.file) as message, whole_file(out) as target:
            extended = _extended(message, target, arguments, now)
    except _Useless as useless:
        words = _REFUSED.in_language(arguments.lang)
        sys.stderr.write(words.format(codes=" --despite ".join(useless.codes)) + "\n")
        return 1
    words = _EXTENDED.in_language(arguments.lang)
    sys.stdout.write(words.format(level=arguments.level, path=out) + "\n")
    if extended.report is not None:
        report = extended.report
        outcome = outcome_words(report.indication, report.sub_indication, arguments.lang)
        words = _JUDGED.in_language(arguments.lang)
        sys.stdout.write(words.format(policy=report.policy, outcome=outcome) + "\n")
    return 0


def _extended(
    message: BinaryIO, target: BinaryIO, arguments: argparse.Namespace, now: dt.datetime
) -> ExtendedDocument:
    """What was made and judged; its octets are in `target`.  Raises _Useless when they should not be kept."""
    given = evidence_options.at_hand(arguments, now)
    evidence = given.evidence.joined(Evidence(tuple(anchor.certificate for anchor in given.anchors)))
    detached = detached_files(arguments.detached)
    signers = signers_of(read_signed_document(message, detached), evidence)
    policy = SHIPPED[arguments.policy or fitting_policy(signers)]
    how = DocumentExtension(
        signing_options.time_stamper(arguments),
        evidence,
        detached,
        by_manifest=arguments.archive == "manifest",
        target=target,
    )
    level, at = Level(arguments.level), now + CLOCKS_APART
    extended = extend_and_judge(message, level, how, policy, given.anchors, at)
    codes = tell_doubts(extended, arguments.lang)
    if refused := [code for code in codes if code not in arguments.despite]:
        raise _Useless(refused)
    return extended


class _Useless(Exception):
    """What was made would be worth nothing in later years, and nobody asked for it all the same."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(*codes)
        self.codes = codes


def _opened(path: Path) -> BinaryIO:
    """A file to be read in pieces; what cannot be sought in, such as standard input, whole.  Raises MalformedInput, OSError."""
    if path.is_file():
        return path.open("rb")
    return io.BytesIO(page.read_bounded(path, MOST_OCTETS))


def _timestamp(arguments: argparse.Namespace) -> int:
    kind = HASHES[arguments.hash]
    token = signing_options.time_stamper(arguments).stamp(kind, FileContent(arguments.file).digest(kind.name))
    out: Path = arguments.out or arguments.file.with_name(arguments.file.name + ".tst")
    write_whole(out, token)
    sys.stdout.write(_STAMPED.in_language(arguments.lang).format(path=out) + "\n")
    return 0
