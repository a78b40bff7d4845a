"""`hpki validate certificate FILE`: a certificate judged at a moment under a policy, in words or as JSON.

Exit codes: 0 passed, 1 failed, 2 indeterminate, 3 the command or a file given beside the certificate cannot be read.
"""

import argparse
import datetime as dt
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from hpki.certs.policies import KNOWN_POLICIES, Use
from hpki.certs.wording import Words
from hpki.cli import evidence_options, inputs, page, validate_document
from hpki.cli.card_words import terminal_language
from hpki.errors import HpkiError, MalformedInput
from hpki.validation.evidence import Evidence
from hpki.validation.facts import read_certificate
from hpki.validation.gather import Gathered, Gatherer
from hpki.validation.indication import Indication
from hpki.validation.judge import judge_octets
from hpki.validation.policies import SHIPPED
from hpki.validation.policy import TrustAnchor, ValidationPolicy
from hpki.validation.report import Report

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

EXIT_CODES: Final[Mapping[Indication, int]] = MappingProxyType(
    {Indication.PASSED: 0, Indication.FAILED: 1, Indication.INDETERMINATE: 2}
)
USAGE: Final = 3
_TITLE: Final = Words("証明書の検証", "Validation of a certificate")
_NOTE: Final = Words("注記", "Note")
_OFFLINE: Final = Words(
    "取得には openhpki[online] が必要です。手元の資料だけで判定しました",
    "fetching needs openhpki[online]; judged with what was at hand",
)
# Without --policy: what the certificate says it is for, in the production form, so that no test card passes by itself.
_POLICY_OF_USE: Final[Mapping[Use, str]] = MappingProxyType(
    {
        Use.SIGNING: "hpki-signing",
        Use.AUTHENTICATION: "hpki-authentication",
        Use.ORGANISATION: "hpki-organisation",
        Use.PRESENCE: "hpki-presence",
        Use.JPKI_SIGNING: "jpki-signing",
        Use.JPKI_AUTHENTICATION: "jpki-authentication",
    }
)


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `validate` to the command's parser."""
    validate = subparsers.add_parser("validate", help="judge certificates and signed documents")
    commands = validate.add_subparsers(title="commands", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "certificate",
        help="judge a certificate against trust anchors and revocation data",
        epilog="exit code: 0 passed, 1 failed, 2 indeterminate, 3 usage",
    )
    command.add_argument(
        "file", type=Path, metavar="FILE", help="the certificate (DER or PEM); `-` reads input"
    )
    evidence_options.add_evidence(command)
    command.add_argument("--policy", choices=sorted(SHIPPED), help="default: by what the certificate is for")
    evidence_options.add_moment(command)
    command.add_argument(
        "--accept-later",
        action="store_true",
        help="take revocation data issued after TIME too (for a moment in the past)",
    )
    evidence_options.add_fetching(command)
    evidence_options.add_words(command)
    command.set_defaults(run=_run)
    validate_document.register(commands)


def _run(arguments: argparse.Namespace) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    try:
        given = evidence_options.at_hand(arguments, now)
        certificate_der, *beside = inputs.certificate_ders(arguments.file)
        evidence = given.evidence.joined(Evidence.of(beside))
    except HpkiError as refused:
        sys.stderr.write(f"hpki: {refused}\n")
        return USAGE
    except OSError as refused:
        sys.stderr.write(f"hpki: {refused.filename or 'input'}: {refused.strerror or refused}\n")
        return USAGE
    policy = _policy(arguments, certificate_der)
    at = arguments.at or now
    gathered, notes = _gathered(arguments, certificate_der, evidence, given.anchors, policy, now)
    report = judge_octets(certificate_der, gathered.evidence, policy, given.anchors, at)
    _print(report, gathered, notes, arguments)
    return EXIT_CODES[report.indication]


def _policy(arguments: argparse.Namespace, certificate_der: bytes) -> ValidationPolicy:
    policy = SHIPPED[arguments.policy or _name_of_policy(certificate_der)]
    if not arguments.accept_later:
        return policy
    return replace(policy, revocation=replace(policy.revocation, accept_later=True))


def _name_of_policy(certificate_der: bytes) -> str:
    try:
        stated = read_certificate(certificate_der).policies or frozenset()
    except MalformedInput:
        stated = frozenset()
    uses = {KNOWN_POLICIES[oid].use for oid in stated if oid in KNOWN_POLICIES}
    names = {_POLICY_OF_USE[use] for use in uses if use in _POLICY_OF_USE}
    return names.pop() if len(names) == 1 else "hpki-signing"


def _gathered(
    arguments: argparse.Namespace,
    certificate_der: bytes,
    evidence: Evidence,
    anchors: Sequence[TrustAnchor],
    policy: ValidationPolicy,
    now: dt.datetime,
) -> tuple[Gathered, tuple[Words, ...]]:
    if arguments.offline:
        return Gathered(evidence), ()
    if importlib.util.find_spec("httpcore") is None:
        return Gathered(evidence), (_OFFLINE,)
    from hpki.http import HttpFetcher

    try:
        certificate = read_certificate(certificate_der)
    except MalformedInput:
        return Gathered(evidence), ()
    gatherer = Gatherer(HttpFetcher(reachable=arguments.reach), policy.revocation, now)
    return gatherer.gather(certificate, evidence, anchors, arguments.at or now), ()


def _print(report: Report, gathered: Gathered, notes: Sequence[Words], arguments: argparse.Namespace) -> None:
    if arguments.json:
        described = {**report.as_json(), "not_fetched": [missed.as_json() for missed in gathered.missed]}
        sys.stdout.write(json.dumps(described, ensure_ascii=False, indent=2) + "\n")
        return
    lang = arguments.lang or terminal_language()
    label = _NOTE.in_language(lang)
    rows = [
        *report.words(lang),
        *((label, missed.sentence(lang)) for missed in gathered.missed),
        *((label, note.in_language(lang)) for note in notes),
    ]
    sys.stdout.write(page.table(_TITLE.in_language(lang), rows))
