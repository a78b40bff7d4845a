"""`hpki validate document FILE`: every signature of a document judged, in words or as JSON.

Exit codes: 0 passed, 1 failed, 2 indeterminate, 3 the command or a file given beside the document cannot be read.
"""

import argparse
import datetime as dt
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from hpki.certs.policies import KNOWN_POLICIES, Use
from hpki.certs.qualifications import qualifications
from hpki.certs.wording import Words
from hpki.cli import evidence_options, page
from hpki.cli.card_words import terminal_language
from hpki.errors import HpkiError, MalformedInput
from hpki.signatures.content import Content, FileContent, OctetContent
from hpki.signatures.facts import DocumentFacts
from hpki.signatures.formats import MOST_OCTETS, read_signed_document, require
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document, signers_of, unreadable_document
from hpki.signatures.policy import SHIPPED
from hpki.signatures.records_beside import MOST_OCTETS as MOST_RECORD
from hpki.signatures.records_beside import with_records
from hpki.signatures.report import DocumentReport
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.gather import Gatherer, Missed
from hpki.validation.policies import TEST_SUFFIX
from hpki.validation.report import environment_of

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

EXIT_CODES: Final[Mapping[Indication, int]] = MappingProxyType(
    {Indication.TOTAL_PASSED: 0, Indication.TOTAL_FAILED: 1, Indication.INDETERMINATE: 2}
)
USAGE: Final = 3
_TITLE: Final = Words("署名文書の検証", "Validation of a signed document")
_NOTE: Final = Words("注記", "Note")
_OFFLINE: Final = Words(
    "取得には openhpki[online] が必要です。手元の資料だけで判定しました",
    "fetching needs openhpki[online]; judged with what was at hand",
)
_MOST_GATHERED: Final = 16


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `document` to the commands of `validate`."""
    command = commands.add_parser(
        "document",
        help="judge the signatures of a document",
        epilog="exit code: 0 passed, 1 failed, 2 indeterminate, 3 usage",
    )
    command.add_argument(
        "file", type=Path, metavar="FILE", help="the signed document or its signature; `-` reads input"
    )
    command.add_argument(
        "--detached",
        action="extend",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="what was signed, where it is not in FILE",
    )
    command.add_argument(
        "--record",
        action="extend",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="evidence records of FILE (RFC 4998, RFC 6283)",
    )
    evidence_options.add_evidence(command, needs_trust=False)
    command.add_argument("--policy", choices=sorted(SHIPPED), help="default: by the signers' certificates")
    command.add_argument(
        "--require-qualification",
        action="append",
        default=[],
        choices=sorted(each.code for each in qualifications()),
        metavar="CODE",
        help="each signer must have one of these, such as physician",
    )
    evidence_options.add_moment(command)
    evidence_options.add_fetching(command)
    evidence_options.add_words(command)
    command.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="put what was gone by there, so that the same can be judged again offline",
    )
    command.add_argument("--xml", action="store_true", help="print the report of ETSI TS 119 102-2")
    command.add_argument("--pdf", type=Path, metavar="OUT", help="write the report as a PDF to file")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    try:
        given = evidence_options.at_hand(arguments, now)
        document = _Document(arguments.file)
        detached = detached_files(arguments.detached)
        records = {path.name: page.read_bounded(path, MOST_RECORD) for path in arguments.record}
    except HpkiError as refused:
        sys.stderr.write(f"hpki: {refused}\n")
        return USAGE
    except OSError as refused:
        sys.stderr.write(f"hpki: {refused.filename or 'input'}: {refused.strerror or refused}\n")
        return USAGE
    at = arguments.at or now
    try:
        facts = with_records(document.facts(detached), document.content, records)
    except MalformedInput as refused:
        policy = SHIPPED[arguments.policy or "hpki-signing"]
        _tell(unreadable_document(str(refused), policy, at), document, arguments)
        return EXIT_CODES[Indication.TOTAL_FAILED]
    anchored = Evidence(certificates=tuple(anchor.certificate for anchor in given.anchors))
    signers = signers_of(facts, given.evidence.joined(anchored))
    evidence, missed, notes = _gathered(arguments, facts, signers, given, now)
    if arguments.keep is not None:
        keep_evidence(evidence, arguments.keep)
    policy = SHIPPED[arguments.policy or policy_name(signers)]
    report = judge_document(
        facts, evidence, policy, given.anchors, at, require_qualification=arguments.require_qualification
    )
    _tell(report, document, arguments, missed, notes)
    return EXIT_CODES[report.indication]


class _Document:
    """What is to be judged: a file, which is not held where its format lets it be read in pieces, or standard input."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, MalformedInput."""
        self._path = path
        is_file = str(path) != "-" and path.is_file()
        self._octets = None if is_file else page.read_bounded(path, MOST_OCTETS)
        self.content: Content = FileContent(path) if self._octets is None else OctetContent(self._octets)
        if is_file:
            # A file that may not be read is an error of the command and no verdict.
            path.open("rb").close()

    def facts(self, detached: Mapping[str, Content]) -> DocumentFacts:
        """Its signatures.  Raises MalformedInput."""
        if self._octets is not None:
            return read_signed_document(self._octets, detached)
        with self._path.open("rb") as file:
            return read_signed_document(file, detached)


def keep_evidence(evidence: Evidence, folder: Path) -> None:
    """Every certificate, list and answer as a file of its own, to be given again with --untrusted, --crl and --ocsp.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for certificate in evidence.certificates:
        (folder / f"{certificate.sha256.hex()}.cer").write_bytes(certificate.der)
    for found in evidence.crls:
        (folder / f"{found.sha256.hex()}.crl").write_bytes(found.crl.public_bytes(Encoding.DER))
    for answer in evidence.ocsp_answers:
        (folder / f"{answer.sha256.hex()}.ors").write_bytes(answer.response.public_bytes(Encoding.DER))


def detached_files(paths: Sequence[Path]) -> dict[str, Content]:
    """Files beside a signature by name, read when they are needed.  Raises OSError when one is not there."""
    for path in paths:
        # A folder, or a file that may not be read, is an error of the command and no verdict.
        path.open("rb").close()
    return {path.name: FileContent(path) for path in paths}


def policy_name(signers: Sequence[CertificateFacts]) -> str:
    """The policy for these signers, in its production form, so that no test card passes by itself."""
    uses = {
        KNOWN_POLICIES[oid].use
        for certificate in signers
        for oid in certificate.policies or ()
        if oid in KNOWN_POLICIES
    }
    return "jpki-signing" if Use.JPKI_SIGNING in uses and Use.SIGNING not in uses else "hpki-signing"


def fitting_policy(signers: Sequence[CertificateFacts]) -> str:
    """The policy for these signers in the form of their own environment: for whoever keeps a document, and trusts nobody."""
    is_test = any(environment_of(certificate) == "test" for certificate in signers)
    return policy_name(signers) + (TEST_SUFFIX if is_test else "")


def _gathered(
    arguments: argparse.Namespace,
    document: DocumentFacts,
    signers: Sequence[CertificateFacts],
    given: evidence_options.AtHand,
    now: dt.datetime,
) -> tuple[Evidence, Sequence[Missed], Sequence[Words]]:
    """What is at hand, and what the signers' certificates name and can be fetched."""
    if arguments.offline or not signers:
        return given.evidence, (), ()
    if importlib.util.find_spec("httpcore") is None:
        return given.evidence, (), (_OFFLINE,)
    from hpki.http import HttpFetcher

    demand = SHIPPED["hpki-signing"].signer.revocation
    gatherer = Gatherer(HttpFetcher(reachable=arguments.reach), demand, now)
    known = document.evidence.joined(given.evidence)
    for certificate in signers[:_MOST_GATHERED]:
        known = gatherer.gather(certificate, known, given.anchors, arguments.at or now).evidence
    return known, tuple(dict.fromkeys(gatherer.missed)), ()


def _tell(
    report: DocumentReport,
    document: "_Document",
    arguments: argparse.Namespace,
    missed: Sequence[Missed] = (),
    notes: Sequence[Words] = (),
) -> None:
    """The report, as the options want it."""
    lang = arguments.lang or terminal_language()
    if arguments.pdf is not None:
        require("typst", "the report as PDF")
        from hpki.signatures.report_pdf import report_pdf

        name: str = arguments.file.name
        arguments.pdf.write_bytes(
            report_pdf(report, name=name, sha256=document.content.digest("sha256"), lang=lang)
        )
    if arguments.xml:
        require("lxml", "the report in XML")
        from hpki.signatures.report_xml import report_xml

        sys.stdout.write(report_xml(report).decode() + "\n")
        return
    if arguments.json:
        described = {**report.as_json(), "not_fetched": [each.as_json() for each in missed]}
        sys.stdout.write(json.dumps(described, ensure_ascii=False, indent=2) + "\n")
        return
    label = _NOTE.in_language(lang)
    rows = [
        *report.words(lang),
        *((label, each.sentence(lang)) for each in missed),
        *((label, note.in_language(lang)) for note in notes),
    ]
    sys.stdout.write(page.table(_TITLE.in_language(lang), rows))
